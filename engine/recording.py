"""Writes what a trainer does into its run folder: events, newest weights, snapshots.

A run is trained to its end even where nothing can be written any more: that is said once on standard error, and
tried again.
"""

import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from engine.arrays import Array
from engine.checkpoint import Checkpoint, write_checkpoint
from engine.eventlog import EventWriter
from engine.events import BatchDone, EpochDone, Event, Probed, RunEnded, RunStarted, Validated
from engine.files import FULL, Attempts
from engine.pacing import is_round
from engine.rundir import RunFolder
from engine.snapshots import Keeper, has_room
from engine.trainer import Trainer

FLUSH_SECONDS = 0.1  # how often batches are written: the page looks three times a second
SAVE_SECONDS = 0.5  # how often the newest weights are written, at the least, if there is time for it
SAVE_SHARE = 0.02  # the share of the time that saving may take, where a run does not depend on it
# Of what is trained, no more than this is lost when a process is killed, whatever saving costs, and no more than an
# epoch. Saving that is so slow that it would take more than these shares of the time is done as often as they allow.
LATEST_SECONDS = 5.0
LATEST_SHARE = EPOCH_SHARE = 0.25
LOOK_SECONDS = 2.0  # a look at all validation images may take long: what is older than this is saved before it
SAVE_GRACE = 0.1  # seconds that it may take at the beginning, for the first steps are worth seeing again
BYTES_PER_SECOND = 3e8  # of saving, until it was measured: a large network is not saved before it has trained a while
COLUMNS = ("step", "epoch", "loss", "accuracy", "learning_rate", "gradient_norm")


class Recorder:
    """Use as a context: events not yet written are written when it ends, also by an exception."""

    def __init__(self, run: RunFolder, trainer: Trainer, seconds: float = 0.0) -> None:
        """seconds: training time before an interruption."""
        self._run = run
        self._trainer = trainer
        self._attempts = Attempts()
        self._keeper = Keeper(run, trainer.position.step, self._attempts)
        self._events = EventWriter(run.events_file, self._attempts)
        self._batches: list[BatchDone] = []
        self._probes: list[dict[str, Any]] = []
        self._images = 0
        self._flushed = self._saved = self._started = time.perf_counter()
        self._cost = trainer.state_bytes / BYTES_PER_SECOND  # seconds that a save takes, by the last one
        self._spent = 0.0  # seconds that all took that were not asked for
        self._spent_on_epochs = 0.0  # ... and of these, those at the ends of epochs
        self._stand: object = None  # what was saved last
        self._best: Checkpoint | None = None  # which best epoch was written last
        self._final: Checkpoint | None = None
        self.failure: OSError | None = None  # why the last weights that were to be written could not be
        self._before = seconds
        self._paused_at: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        self._events.close()

    @property
    def seconds(self) -> float:
        """Time spent training, pauses left out."""
        now = time.perf_counter() if self._paused_at is None else self._paused_at
        return self._before + now - self._started

    def record(self, event: Event) -> None:
        """Take note of an event; batches and probes are gathered for a moment."""
        if isinstance(event, BatchDone):
            self._take_batch(event)
            return
        if isinstance(event, Probed):
            self._probes.append(self._line(event.to_json()))
            return
        self.flush()
        if isinstance(event, RunEnded):
            self.write_final()  # before it is told: who reads that the run has ended finds the weights
        self._events.write(self._line(event.to_json()))
        if isinstance(event, RunStarted):
            self._begin(event.step)
        elif isinstance(event, EpochDone):
            self._save_epoch()
        elif isinstance(event, Validated):
            self._save_in_time()

    def lifecycle(self, name: str) -> None:
        """Write Paused or Resumed; the clock of the run stands still in between."""
        self.flush()
        now = time.perf_counter()
        if name == "Paused":
            self._paused_at = now
        elif self._paused_at is not None:
            self._started += now - self._paused_at
            self._flushed = now
            self._paused_at = None
        self._events.write(
            self._line({"event": name, "step": self._trainer.position.step, "epoch": self._trainer.epoch})
        )

    def flush(self) -> None:
        """Write the batches that were gathered, and what was measured meanwhile."""
        now = time.perf_counter()
        if self._batches:
            columns: dict[str, Any] = {name: [] for name in COLUMNS}
            for batch in self._batches:
                data = batch.to_json()
                for name in COLUMNS:
                    value = data[name]
                    columns[name].append(float(f"{value:.6g}") if isinstance(value, float) else value)
            rate = self._images / max(now - self._flushed, 1e-9)
            self._events.write(self._line({"event": "Batches", **columns, "images_per_second": round(rate, 1)}))
            self._batches, self._images = [], 0
        for line in self._probes:
            self._events.write(line)
        self._probes = []
        self._flushed = now

    def _line(self, data: dict[str, Any]) -> dict[str, Any]:
        return data | {"seconds": round(self.seconds, 4), "time": time.time()}

    def _take_batch(self, event: BatchDone) -> None:
        self._batches.append(event)
        self._images += event.images
        now = time.perf_counter()
        if now - self._flushed > FLUSH_SECONDS:
            self.flush()
        age = now - self._saved
        longest = LOOK_SECONDS if self._trainer.epoch_is_complete else LATEST_SECONDS
        if event.step == self._trainer.config.max_steps:
            self.save()  # in mid-epoch: no other event follows before the end
        elif age > max(longest, self._cost / LATEST_SHARE):
            self._timed_save()
        elif age > SAVE_SECONDS or is_round(event.step):
            self._save_in_time()

    def _save_in_time(self) -> None:
        """Save if that keeps all such saves within their share of the time."""
        if self._spent + self._cost <= SAVE_GRACE + SAVE_SHARE * (self.seconds - self._before):
            self._spent += self._timed_save()

    def _save_epoch(self) -> None:
        """Save at the end of an epoch; where epochs are so short that saving each would hold up training, some."""
        allowed = SAVE_GRACE + EPOCH_SHARE * (self.seconds - self._before)
        if self._spent_on_epochs + self._cost <= allowed or time.perf_counter() - self._saved > LATEST_SECONDS:
            self._spent_on_epochs += self._timed_save()

    def _timed_save(self) -> float:
        """Save, and remember what it costs. Returns the seconds that it took."""
        begun = time.perf_counter()
        written = self.save()
        taken = time.perf_counter() - begun
        self._cost = taken if written else self._cost
        return taken

    def save(self) -> bool:
        """Write the newest weights, with all that is needed to go on, and keep them as a snapshot.

        Those of the best epoch so far go with them, and only then: who goes on needs both of one time, and where every
        epoch is the best, writing each of them would leave no time for the newest. False if nothing was written.
        """
        self.flush()  # so that whoever goes on from here finds all that led here
        trainer = self._trainer
        stand = (trainer.config, trainer.position, trainer.record.looked, trainer.record.probed)
        if stand == self._stand:
            return False
        trainer.record.seconds = round(self.seconds, 4)  # as events are, so that none before is later
        self._write_best()  # first: after a crash in between, the run goes on from before it and makes it again
        saved = trainer.checkpoint()
        written = _is_finite(saved) and self._write("newest", self._run.latest, saved)
        if written:
            self._stand = stand
            self._keep_snapshot()
        self._saved = time.perf_counter()
        return written

    def _keep_snapshot(self) -> None:
        best = self._trainer.best
        self._keeper.keep(self._trainer.position.step, best.position.step if best else None)

    def _begin(self, step: int) -> None:
        """What a run goes on from is a snapshot; its beginning is one if there is time and room for it."""
        if step:
            self._keep_snapshot()
        elif has_room(self._trainer.state_bytes):
            self._save_in_time()

    def _write_best(self) -> None:
        best = self._trainer.best
        if best is not None and best is not self._best and self._write("best", self._run.best, best):
            self._best = best

    def write_final(self) -> bool:
        """Write the weights that the run ends with, once; False if they could not be written."""
        kept = self._trainer.kept
        if kept is None:
            self.save()
            return self._stand is not None
        if self._final is not kept:
            self._write_best()
            self._final = kept if self._write("final", self._run.final, kept) else None
        return self._final is not None

    def _write(self, which: str, path: Path, checkpoint: Checkpoint) -> bool:
        """Whether these weights could be written; on a full disk, snapshots give way to them."""

        def write() -> None:
            self.failure = None
            try:
                self._write_making_room(path, checkpoint)
            except OSError as error:
                self.failure = error
                raise

        return self._attempts(f"the {which} weights cannot be written", write)

    def _write_making_room(self, path: Path, checkpoint: Checkpoint) -> None:
        try:
            write_checkpoint(path, checkpoint)
        except OSError as error:
            if error.errno not in FULL or not self._keeper.give_way():
                raise
            write_checkpoint(path, checkpoint)


def _is_finite(checkpoint: Checkpoint) -> bool:
    """Nobody can go on from an overflow, and it cannot be read: the weights before it stay the newest ones."""
    groups: list[dict[str, Array]] = [checkpoint.params, checkpoint.tracked, checkpoint.average]
    arrays = [array for named in [*groups, *checkpoint.slots.values()] for array in named.values()]
    return all(bool(np.isfinite(array).all()) for array in arrays)
