"""Starts, queues, watches and commands runs, through their folders alone. Knows nothing of Streamlit.

One `Runs` serves the whole server. Which of its runs train and which wait is the Queue's to say (queueing.py).
"""

import contextlib
import itertools
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from dashboard.running import room, trash
from dashboard.running.histories import Histories
from dashboard.running.ownership import Everybody, Visitor, new_id, owner_of, write_owner
from dashboard.running.processes import PROJECT
from dashboard.running.queueing import Queue
from dashboard.running.troubles import last_words
from dashboard.running.wanted import control_of, is_given_up
from dashboard.running.workers import WORKER
from engine.about import About, write_about
from engine.checkpoint import CheckpointError
from engine.config import TrainingConfig
from engine.files import locked
from engine.forking import fork
from engine.history import History
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
        self._queue = Queue(self.root, most, worker)
        self._workers = self._queue.workers
        self._histories = Histories()

    def keep_spare(self) -> None:
        """Have a worker ready for the next run, from now on. `close` lets it go."""
        self._workers.keep_spare()

    @property
    def most(self) -> int:
        """How many train at the same time. More of them let those that wait begin at once; fewer stop none."""
        return self._queue.most

    @most.setter
    def most(self, count: int) -> None:
        self._queue.most = count

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
        self._queue.add(run.id)
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
        self._queue.add(run.id)
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
                weigh=lambda size: room.check_import(self.root, size, self._queue.going()),
                add=lambda run: write_owner(run, owner),
            )

        return bring_in

    def resume(self, run_id: str) -> None:
        """Go on with a run whose worker is gone, or that none has taken yet. Raises RunError."""
        with self._queue.lock:
            run = self.open(run_id)
            if self.status(run).busy or run_id in self._queue:
                raise RunError(f"run {run_id} is being trained already.")
            self._make_sure_of_room(room.settings_of(run), owner_of(run), run)
            self.command(run_id, wish="running", until_step=None, until_epoch=None)
            self._queue.add(run_id)

    def delete(self, run_id: str) -> None:
        """Remove a run with all its files; one that waits leaves the queue. Raises RunError while it trains."""
        with self._queue.lock:
            run = self.open(run_id)
            if self._workers.alive(run_id) or run.status().busy:
                raise RunError(f"run {run_id} is being trained; stop it first, then delete it.")
            try:
                trash.put_aside(run)
            except OSError as error:
                raise RunError(f"run {run_id} cannot be deleted: {error.strerror}.") from None
            self._queue.forget(run_id)
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
        with self._queue.lock:
            run = self.open(run_id)
            try:
                with locked(run.path):  # another server, or a shell, may command it as well
                    control = self._queue.turned(run, replace(control_of(run), **wishes), wishes.get("wish"))
                    run.put_control(control)
            except CheckpointError as error:
                raise RunError(str(error)) from None
            except OSError as error:
                raise RunError(f"run {run_id} cannot be commanded: {error.strerror}.") from None
            self._queue.fill()  # a paused run makes room

    def change(self, run_id: str, settings: dict[str, Any]) -> None:
        """Live settings by path, applied from the next batch on. Raises RunError."""
        with self._queue.lock:
            run = self.open(run_id)
            try:
                before = control_of(run).settings
            except CheckpointError as error:
                raise RunError(str(error)) from None
            with contextlib.suppress(SettingError):  # its worker says it
                if (old := room.settings_of(run)) is not None:
                    room.check_change(self.root, run, old, old.with_values(settings), self._queue.going())
            self.command(run_id, settings=before | settings)

    def status(self, run: RunFolder) -> Status:
        """As the folder tells, and besides what only the process that starts workers can know."""
        with self._queue.lock:
            alive = self._workers.alive(run.id)  # before the files: it may end in between
            status = run.status()
            if run.id in self._queue:
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

    def training(self) -> int:
        """How many of the workers started here use a core: paused ones do not."""
        return len(self._queue.training())

    def queue(self) -> list[str]:
        """The runs that wait, the next one first."""
        return self._queue.in_order()

    def place_in_queue(self, run_id: str) -> int:
        """How many runs begin before this one; 0 for the next."""
        waiting = self.queue()
        return waiting.index(run_id) if run_id in waiting else 0

    def failure(self, run: RunFolder) -> str:
        """Why a worker ended without having ended its run, in a sentence; "" when it says nothing."""
        return self._queue.why_refused(run.id) or last_words(run)

    def close(self) -> None:
        """Let all workers go: each writes its weights and leaves its run to be continued."""
        self._queue.close()

    def _make_sure_of_room(self, config: TrainingConfig | None, owner: str, run: RunFolder | None = None) -> None:
        """Raise RunError where another run in training would be more than this installation allows.

        run: this one, where it is there already; config: None where its settings are damaged, and will be mended.
        """
        if config is not None:
            room.check_training(config)
        with self._queue.lock:
            going, waiting = self._queue.going(), self._queue.others_without_core()
        of_owner = sum(1 for each in going if owner and owner_of(each) == owner)
        room.check_counts(waiting, of_owner)
        room.check_disk(self.root, config, going, run)
