"""Writes what a trainer does into its run folder: events, newest weights, snapshots."""

import json
import time
from types import TracebackType
from typing import Any, Self

from engine.checkpoint import write_checkpoint
from engine.events import BatchDone, EpochDone, Event, RunEnded
from engine.rundir import RunFolder
from engine.trainer import Trainer

FLUSH_SECONDS = 0.1  # how often batches are written: the page looks three times a second
SAVE_SECONDS = 0.5  # how often the newest weights are written, at most
SAVE_SHARE = 0.02  # ... and the share of the time that this may take
COLUMNS = ("step", "epoch", "loss", "accuracy", "learning_rate", "gradient_norm")


class Recorder:
    """Use as a context: events not yet written are written when it ends, also by an exception."""

    def __init__(self, run: RunFolder, trainer: Trainer, seconds: float = 0.0) -> None:
        """seconds: training time before an interruption."""
        self._run = run
        self._trainer = trainer
        self._file = run.events_file.open("ab", buffering=0)
        if self._file.tell() and not _ends_with_newline(run):
            self._file.write(b"\n")  # a line that a crash cut short must not swallow the next one
        self._batches: list[BatchDone] = []
        self._images = 0
        self._flushed = self._saved = self._started = time.perf_counter()
        self._save_pause = SAVE_SECONDS
        self._before = seconds
        self._paused_at: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()
        self._file.close()

    @property
    def seconds(self) -> float:
        """Time spent training, pauses left out."""
        now = time.perf_counter() if self._paused_at is None else self._paused_at
        return self._before + now - self._started

    def record(self, event: Event) -> None:
        """Take note of an event; batches are gathered for a moment."""
        if isinstance(event, BatchDone):
            self._batches.append(event)
            self._images += event.images
            now = time.perf_counter()
            if now - self._flushed > FLUSH_SECONDS:
                self.flush()
            if now - self._saved > self._save_pause:
                self.save()
            return
        self.flush()
        if isinstance(event, RunEnded):
            self._end()  # before it is told: who reads that the run has ended finds the weights
        self._write(event.to_json())
        if isinstance(event, EpochDone):
            self._keep(event)

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
        self._write({"event": name, "step": self._trainer.position.step, "epoch": self._trainer.epoch})

    def flush(self) -> None:
        """Write the batches that were gathered."""
        now = time.perf_counter()
        if self._batches:
            columns: dict[str, Any] = {name: [] for name in COLUMNS}
            for batch in self._batches:
                data = batch.to_json()
                for name in COLUMNS:
                    value = data[name]
                    columns[name].append(float(f"{value:.6g}") if isinstance(value, float) else value)
            rate = self._images / max(now - self._flushed, 1e-9)
            self._write({"event": "Batches", **columns, "images_per_second": round(rate, 1)})
            self._batches, self._images = [], 0
        self._flushed = now

    def _write(self, data: dict[str, Any]) -> None:
        data = data | {"seconds": round(self.seconds, 4), "time": time.time()}
        self._file.write(json.dumps(data, allow_nan=False).encode() + b"\n")

    def save(self) -> None:
        """Write the newest weights, with all that is needed to go on."""
        begun = time.perf_counter()
        self._trainer.record.seconds = self.seconds
        write_checkpoint(self._run.latest, self._trainer.checkpoint())
        self._saved = time.perf_counter()
        self._save_pause = max(SAVE_SECONDS, (self._saved - begun) / SAVE_SHARE)

    def _keep(self, event: EpochDone) -> None:
        # the best first: after a crash in between, the run goes on from before it and makes it again
        if event.best and self._trainer.best is not None:
            write_checkpoint(self._run.best, self._trainer.best)
        self.save()

    def _end(self) -> None:
        if self._trainer.kept is None:
            self.save()
        else:
            write_checkpoint(self._run.final, self._trainer.kept)


def _ends_with_newline(run: RunFolder) -> bool:
    with run.events_file.open("rb") as file:
        file.seek(-1, 2)
        return file.read() == b"\n"
