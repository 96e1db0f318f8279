"""Which runs train and which wait, and in which order those begin. Knows nothing of Streamlit."""

import contextlib
import os
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from dashboard.running.ownership import owner_of
from dashboard.running.wanted import goes_on_for_a_moment, rests
from dashboard.running.workers import Workers
from engine.files import locked
from engine.limits import WORKERS, LimitError
from engine.rundir import Control, RunError, RunFolder


class Queue:
    """At most `most` of the runs that were started here train at the same time; the others wait for their turn.

    They begin in the order in which they were wanted; where they belong to different people, these take turns. A paused
    run makes room, and waits for room when it is to go on.

    workers: the processes that train. lock: whoever asks and then changes something holds it in between.
    """

    def __init__(self, root: Path, most: int | None, worker: tuple[str, ...]) -> None:
        self._root = root
        self._most = most or WORKERS.value() or os.cpu_count() or 1
        self._waiting: list[str] = []
        self._refused: dict[str, str] = {}  # why a run's worker could not be started
        self.lock = threading.RLock()
        self.workers = Workers(self.fill, worker)

    @property
    def most(self) -> int:
        """How many train at the same time. More of them let those that wait begin at once; fewer stop none."""
        return self._most

    @most.setter
    def most(self, count: int) -> None:
        if count < 1:
            raise RunError(f"at least 1 run must be allowed to train; got {count}.")
        try:
            WORKERS.check(count, f"{count:,} runs would train at the same time", "The others wait for them.")
        except LimitError as error:
            raise RunError(str(error)) from None
        self._most = count
        self.fill()

    def __contains__(self, run_id: str) -> bool:
        """Whether a run waits."""
        return run_id in self._waiting

    def add(self, run_id: str) -> None:
        """Let a run train as soon as it is its turn."""
        with self.lock:
            self._join(run_id)
            self.fill()

    def forget(self, run_id: str) -> None:
        """Of a run that is gone."""
        self._leave(run_id)
        self._refused.pop(run_id, None)

    def turned(self, run: RunFolder, control: Control, wish: str | None) -> Control:
        """What is to be written for a wish: a run that is to go on may have to wait for its turn."""
        if wish == "stopped" or (wish == "paused" and self.workers.alive(run.id)):
            self._leave(run.id)
        if wish == "running" and self.workers.alive(run.id) and rests(self._root, run.id):
            if self._needs_room(run, control):
                self._join(run.id)
                return replace(control, wish="paused")  # until it is its turn
            self._leave(run.id)
        return control

    def fill(self) -> None:
        """Let waiting runs train while there is room, in order."""
        with self.lock:
            while self._waiting and len(self.training()) < self._most:
                run_id = self.in_order()[0]
                self._waiting.remove(run_id)
                try:
                    run = RunFolder.open(self._root, run_id)
                    self._refused.pop(run_id, None)
                    if self.workers.alive(run_id):
                        with locked(run.path):
                            run.put_control(replace(run.control(), wish="running"))
                    else:
                        self.workers.launch(run)
                except (RunError, OSError) as error:  # one run that cannot begin must not hold up the others
                    why = (isinstance(error, OSError) and error.strerror) or str(error)
                    self._refused[run_id] = f"Its worker could not be started: {why.rstrip('.')}."

    def why_refused(self, run_id: str) -> str:
        """Why a run's worker could not be started; "" where it was."""
        return self._refused.get(run_id, "")

    def training(self) -> list[str]:
        """The runs started here that use a core: paused ones do not."""
        return [run_id for run_id in self.workers.at_work() if not rests(self._root, run_id)]

    def in_order(self) -> list[str]:
        """The runs that wait, the next one first."""
        with self.lock:
            return in_turn(self._waiting, self.training(), lambda run_id: owner_of(RunFolder(self._root / run_id)))

    def going(self) -> list[RunFolder]:
        """The runs that train, rest or wait."""
        with self.lock:
            ids = dict.fromkeys([*self.workers.at_work(), *self._waiting])
        return [RunFolder(self._root / run_id) for run_id in ids]

    def others_without_core(self) -> int:
        """How many runs wait or rest, beside one more that would wait; less one where that would begin at once."""
        with self.lock:
            training = len(self.training())
            resting = len(self.going()) - training
            return resting if training >= self._most else resting - 1

    def close(self) -> None:
        """None begins any more, and all workers go: each writes its weights and leaves its run to be continued."""
        with self.lock:
            self._waiting.clear()
        self.workers.close()

    def _join(self, run_id: str) -> None:
        if run_id not in self._waiting:
            self._waiting.append(run_id)

    def _leave(self, run_id: str) -> None:
        with contextlib.suppress(ValueError):
            self._waiting.remove(run_id)

    def _needs_room(self, run: RunFolder, control: Control) -> bool:
        """Whether a paused run that is to go on has to wait until others have ended or paused."""
        return not goes_on_for_a_moment(run, control) and (run.id in self or len(self.training()) >= self._most)


def in_turn(waiting: Sequence[str], training: Sequence[str], owner: Callable[[str], str]) -> list[str]:
    """The runs that wait, the next one first: whoever has the fewest in training comes next, then who came first.

    Where runs belong to nobody, that is the order in which they came. waiting: in that order; training: runs that use
    a core now; owner: whose a run is.
    """
    count, left, found = Counter(owner(each) for each in training), list(waiting), []
    while left:
        place = min(range(len(left)), key=lambda index: (count[owner(left[index])], index))
        found.append(left.pop(place))
        count[owner(found[-1])] += 1
    return found
