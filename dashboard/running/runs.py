"""Starts, queues, watches and commands runs, through their folders alone. Knows nothing of Streamlit.

One `Runs` serves the whole server. At most `most` of its runs train at the same time; the others wait in the order
in which they were wanted, and where they belong to different people, these take turns. A paused run makes room, and
waits for room when it is to go on.
"""

import contextlib
import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.running import room, trash
from dashboard.running.histories import Histories
from dashboard.running.ownership import Everybody, Visitor, new_id, owner_of, write_owner
from dashboard.running.processes import PROJECT
from dashboard.running.queueing import in_turn
from dashboard.running.troubles import last_words
from dashboard.running.wanted import control_of, goes_on_for_a_moment, is_given_up, rests
from dashboard.running.workers import WORKER, Workers
from engine.about import About, write_about
from engine.checkpoint import CheckpointError
from engine.config import TrainingConfig
from engine.files import locked
from engine.forking import fork
from engine.history import History
from engine.limits import WORKERS, LimitError
from engine.rundir import Control, RunError, RunFolder, Status
from engine.rundir import runs as run_folders
from engine.snapshots import at_or_before, snapshots
from engine.spec import SettingError
from engine.travel import receive

__all__ = ["PROJECT", "Runs"]


class Runs:
    """All runs under `root`; at most `most` of those started here train at the same time, the rest wait."""

    def __init__(
        self,
        root: Path,
        most: int | None = None,
        worker: tuple[str, ...] = WORKER,
        visitor: Visitor | None = None,
    ) -> None:
        """visitor: tells who asks, where runs belong to people; nobody asks from threads of this object's own."""
        self.root = root.resolve()
        self._visitor = visitor or Everybody()
        self._most = most or WORKERS.value() or os.cpu_count() or 1
        self._lock = threading.RLock()
        self._waiting: list[str] = []
        self._refused: dict[str, str] = {}  # why a run's worker could not be started
        self._workers = Workers(self._fill, worker)
        self._histories = Histories()

    def keep_spare(self) -> None:
        """Have a worker ready for the next run, from now on. `close` lets it go."""
        self._workers.keep_spare()

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
        self._fill()

    def start(
        self,
        config: TrainingConfig,
        until_step: int | None = None,
        about: About | None = None,
        planned: tuple[tuple[int, dict[str, Any]], ...] = (),
    ) -> RunFolder:
        """A new run of this config; it begins at once, or when there is room. Raises RunError.

        until_step: pause when so many steps are made. planned: live changes by the step at which they apply.
        """

        owner = self._visitor.owner()
        self._make_sure_of_room(config, owner)

        def fill(run: RunFolder) -> None:
            run.write_control(Control(until_step=until_step, planned=planned))
            write_owner(run, owner)
            if about is not None:
                write_about(run, about)

        try:
            run = RunFolder.create(self.root, config, new_id(owner), fill=fill)
        except OSError as error:
            raise RunError(f"no run can be written: {error.strerror}.") from None
        self._enqueue(run.id)
        return run

    def fork(self, run_id: str, step: int, config: TrainingConfig) -> RunFolder:
        """A new run that goes on from the newest snapshot at or before a step, under these settings; as `start`.

        Raises RunError; SettingError or ShapeError for settings under which it cannot go on.
        """
        parent = self.open(run_id)
        snapshot = at_or_before(snapshots(parent), step)
        if snapshot is None:
            raise RunError(f"run {run_id} kept no weights from step {step:,} or before; choose a later step.")
        owner = self._visitor.owner()
        self._make_sure_of_room(config, owner)
        step = snapshot.step

        def add(run: RunFolder) -> None:
            write_owner(run, owner)
            write_about(run, About(parent=run_id, parent_step=step))

        run = fork(self.root, parent, snapshot, config, new_id(owner), add)
        self._enqueue(run.id)
        return run

    def receiver(self) -> Callable[[Path, str, str], RunFolder]:
        """What brings a run in for whoever asks now: it may be called in a thread, where nobody asks.

        It takes the file, what that is called, and the data here that the run is to go on with ("" for none), and
        gives the new run, which nothing trains. It raises TravelError, also where there is no room on the disk.
        """
        owner = self._visitor.owner()

        def bring_in(file: Path, name: str, source: str) -> RunFolder:
            return receive(
                self.root,
                file,
                name,
                source,
                run_id=new_id(owner),
                weigh=lambda size: room.check_import(self.root, size, self._going()),
                add=lambda run: write_owner(run, owner),
            )

        return bring_in

    def resume(self, run_id: str) -> None:
        """Go on with a run whose worker is gone, or that none has taken yet. Raises RunError."""
        with self._lock:
            run = self.open(run_id)
            if self.status(run).busy or run_id in self._waiting:
                raise RunError(f"run {run_id} is being trained already.")
            self._make_sure_of_room(room.settings_of(run), owner_of(run), run)
            self.command(run_id, wish="running", until_step=None, until_epoch=None)
            self._enqueue(run_id)

    def delete(self, run_id: str) -> None:
        """Remove a run with all its files; one that waits leaves the queue. Raises RunError while it trains."""
        with self._lock:
            run = self.open(run_id)
            if self._workers.alive(run_id) or run.status().busy:
                raise RunError(f"run {run_id} is being trained; stop it first, then delete it.")
            try:
                trash.put_aside(run)
            except OSError as error:
                raise RunError(f"run {run_id} cannot be deleted: {error.strerror}.") from None
            self._leave_queue(run_id)
            self._refused.pop(run_id, None)
            self._histories.forget(run_id)
        trash.empty(self.root)

    def open(self, run_id: str) -> RunFolder:
        """The run of that name, which may come from a link. Raises RunError."""
        run = RunFolder.open(self.root, run_id)
        if not self._visitor.may_open(run):
            raise RunError(f"there is no run {run_id}; it may have been deleted.")
        return run

    def sees(self, run: RunFolder) -> bool:
        """Whether a run may be listed for whoever asks."""
        return self._visitor.sees(run)

    def command(self, run_id: str, **wishes: Any) -> None:
        """Change what is wanted of a run, by the names of Control's fields. Raises RunError."""
        with self._lock:
            run = self.open(run_id)
            try:
                with locked(run.path):  # another server, or a shell, may command it as well
                    control = self._turned(run, replace(control_of(run), **wishes), wishes.get("wish"))
                    run.put_control(control)
            except CheckpointError as error:
                raise RunError(str(error)) from None
            except OSError as error:
                raise RunError(f"run {run_id} cannot be commanded: {error.strerror}.") from None
            self._fill()  # a paused run makes room

    def _turned(self, run: RunFolder, control: Control, wish: str | None) -> Control:
        """What is to be written for a wish: a run that is to go on may have to wait for its turn."""
        if wish == "stopped" or (wish == "paused" and self._workers.alive(run.id)):
            self._leave_queue(run.id)
        if wish == "running" and self._is_waiting_at_a_pause(run):
            if self._needs_room(run, control):
                self._waiting += [] if run.id in self._waiting else [run.id]
                return replace(control, wish="paused")  # until it is its turn
            self._leave_queue(run.id)
        return control

    def change(self, run_id: str, settings: dict[str, Any]) -> None:
        """Live settings by path, applied from the next batch on. Raises RunError."""
        with self._lock:
            run = self.open(run_id)
            try:
                before = control_of(run).settings
            except CheckpointError as error:
                raise RunError(str(error)) from None
            with contextlib.suppress(SettingError):  # its worker says it
                if (old := room.settings_of(run)) is not None:
                    room.check_change(self.root, run, old, old.with_values(settings), self._going())
            self.command(run_id, settings=before | settings)

    def status(self, run: RunFolder) -> Status:
        """As the folder tells, and besides what only the process that starts workers can know."""
        with self._lock:
            alive = self._workers.alive(run.id)  # before the files: it may end in between
            status = run.status()
            if run.id in self._waiting:
                return Status("queued")
            if alive:
                return Status("starting") if status.state in ("queued", "interrupted") else status
            if status.state == "queued":  # nobody waits for it any longer
                return Status("ended", "stopped") if is_given_up(run) else Status("interrupted")
            return status

    def newest(self, count: int) -> list[RunFolder]:
        """The newest runs that whoever asks may see, those started in a shell included."""
        seen = (run for run in run_folders(self.root) if self.sees(run))
        return list(itertools.islice(seen, count))

    def history(self, run: RunFolder) -> History:
        """The run's curves, up to date; of one that is just beginning, with the first batch if it comes in a moment.

        A page that showed an empty chart first would be back with the first point a third of a second later.
        """
        while (history := self._histories.of(run)).step == 0 and not history.paused and not history.ended:
            if not self._workers.is_beginning(run.id):
                break
            time.sleep(0.005)
        return history

    def queue(self) -> list[str]:
        """The runs that wait, the next one first."""
        with self._lock:
            training = [run_id for run_id in self._workers.at_work() if not rests(self.root, run_id)]
            return in_turn(self._waiting, training, self._owner)

    def place_in_queue(self, run_id: str) -> int:
        """How many runs begin before this one; 0 for the next."""
        waiting = self.queue()
        return waiting.index(run_id) if run_id in waiting else 0

    def failure(self, run: RunFolder) -> str:
        """Why a worker ended without having ended its run, in a sentence; "" when it says nothing."""
        if run.id in self._refused:
            return self._refused[run.id]
        return last_words(run)

    def close(self) -> None:
        """Let all workers go: each writes its weights and leaves its run to be continued."""
        with self._lock:
            self._waiting.clear()
        self._workers.close()

    def _enqueue(self, run_id: str) -> None:
        with self._lock:
            if run_id not in self._waiting:
                self._waiting.append(run_id)
            self._fill()

    def _owner(self, run_id: str) -> str:
        return owner_of(RunFolder(self.root / run_id))

    def _make_sure_of_room(self, config: TrainingConfig | None, owner: str, run: RunFolder | None = None) -> None:
        """Raise RunError where another run in training would be more than this installation allows.

        run: this one, where it is there already; config: None where its settings are damaged, and will be mended.
        """
        if config is not None:
            room.check_training(config)
        with self._lock:
            going = self._going()
            resting = len(going) - self.training()  # or waiting: all that have no core
            waiting = resting if self.training() >= self._most else resting - 1  # it would begin at once
        of_owner = sum(1 for each in going if owner and owner_of(each) == owner)
        room.check_counts(waiting, of_owner)
        room.check_disk(self.root, config, going, run)

    def _going(self) -> list[RunFolder]:
        """The runs that train or wait."""
        with self._lock:
            return [
                RunFolder(self.root / run_id) for run_id in dict.fromkeys([*self._workers.at_work(), *self._waiting])
            ]

    def _leave_queue(self, run_id: str) -> None:
        with contextlib.suppress(ValueError):
            self._waiting.remove(run_id)

    def _fill(self) -> None:
        """Let waiting runs train while there is room, in order."""
        with self._lock:
            while self._waiting and self.training() < self._most:
                run_id = self.queue()[0]
                self._waiting.remove(run_id)
                try:
                    run = RunFolder.open(self.root, run_id)
                    self._refused.pop(run_id, None)
                    if self._workers.alive(run_id):
                        with locked(run.path):
                            run.put_control(replace(run.control(), wish="running"))
                    else:
                        self._workers.launch(run)
                except (RunError, OSError) as error:  # one run that cannot begin must not hold up the others
                    why = (isinstance(error, OSError) and error.strerror) or str(error)
                    self._refused[run_id] = f"Its worker could not be started: {why.rstrip('.')}."

    def training(self) -> int:
        """How many of the workers started here use a core: paused ones do not."""
        return sum(1 for run_id in self._workers.at_work() if not rests(self.root, run_id))

    def _is_waiting_at_a_pause(self, run: RunFolder) -> bool:
        return self._workers.alive(run.id) and rests(self.root, run.id)

    def _needs_room(self, run: RunFolder, control: Control) -> bool:
        """Whether a paused run that is to go on has to wait until others have ended or paused."""
        return not goes_on_for_a_moment(run, control) and (run.id in self._waiting or self.training() >= self._most)
