"""What the events of a run say, as arrays that grow while the run goes on.

    history = History(run.events_file)
    while history.update():
        plot(history.batches["step"], history.batches["loss"])

The file may be written by another program, cut short or damaged: an event that does not hold what it should is
passed over, and nothing here raises for it.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np

from engine.history import fields
from engine.history.marks import Best, LiveChange
from engine.history.tables import Table
from engine.rundir import EventReader

_BATCH = ("step", "epoch", "loss", "accuracy", "learning_rate", "gradient_norm")
_VALIDATION = ("loss", "accuracy")
_EPOCH = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
_PROBE = ("update_norm", "weight_norm")
_PACE_SECONDS = 8.0  # how far back the pace of a run is measured


class History:
    """The events of one run so far.

    batches     step, epoch, seconds, loss, accuracy, learning_rate, gradient_norm: a row for each update
    validation  step, epoch, seconds, loss, accuracy: looks at some of the validation images within epochs
    epochs      step, epoch, seconds, train_loss, train_accuracy, validation_loss, validation_accuracy, best (0 or 1)
    probes      step, epoch, seconds, update_norm, weight_norm, dead: lengths of the last update and of the weights,
                share of the units that are dead (of all that can die); NaN where it was not looked for
    changes     live changes and forks, in order
    dead_by_layer   the newest share of dead units by the layer's name, "2.relu"
    started     the last RunStarted as it was written, ended: the RunEnded that followed it; None without
    paused      the worker waits
    version     grows with every event taken in; equal versions, equal history

    Rows are in the order of steps. A loss that was not finite is NaN. `seconds` is time spent training.
    """

    def __init__(self, events_file: Path) -> None:
        self._reader = EventReader(events_file)
        self.batches = Table("step", "epoch", "seconds", "loss", "accuracy", "learning_rate", "gradient_norm")
        self.validation = Table("step", "epoch", "seconds", *_VALIDATION)
        self.epochs = Table("step", "epoch", "seconds", *_EPOCH, "best")
        self.probes = Table("step", "epoch", "seconds", *_PROBE, "dead")
        self.changes: list[LiveChange] = []
        self.dead_by_layer: dict[str, float] = {}
        self.started: dict[str, Any] | None = None
        self.ended: dict[str, Any] | None = None
        self.paused = False
        self.step = 0
        self.epoch = 0.0
        self.seconds = 0.0
        self.images_per_second = 0.0
        self.version = 0
        self._earlier_seconds = 0.0  # of the processes before this one, where it counts anew

    def update(self) -> bool:
        """Take in what was appended to the file since the last call. True if anything was."""
        before = self.version
        for event in self._reader.each():
            take = _TAKERS.get(event["event"]) if isinstance(event.get("event"), str) else None
            if take is not None and take(self, event):
                self.version += 1
        return self.version > before

    @property
    def total_epochs(self) -> float:
        """Epochs the run will have if nothing ends it sooner; a limit on the steps can make it a fraction."""
        planned = fields.number((self.started or {}).get("epochs"))
        if not planned > 0:  # told by an older version, which is right as long as the batch size stays what it was
            planned = fields.whole(self.started, "total_steps") / max(fields.whole(self.started, "steps_per_epoch"), 1)
        return next(iter(self._changed("epochs")), planned)

    @property
    def steps_per_epoch(self) -> int:
        """Updates in one epoch, by the newest batch size."""
        images = fields.whole(self.started, "train_images")
        newest = next((math.ceil(images / size) for size in self._changed("batch_size")), 0)
        return newest or fields.whole(self.started, "steps_per_epoch")

    @property
    def total_steps(self) -> int:
        """Updates the run will have made if nothing ends it sooner, as things stand; 0 if unknown."""
        if not self._changed("epochs") and not self._changed("batch_size"):
            return fields.whole(self.started, "total_steps")
        return self.step + round(max(self.total_epochs - self.epoch, 0) * self.steps_per_epoch)

    @property
    def time_left(self) -> float | None:
        """Seconds until the last epoch ends, at the pace of the last few seconds. None where that is unknown."""
        seconds, epochs = self.batches["seconds"], self.batches["epoch"]
        if self.ended or not self.total_epochs or len(seconds) < 2:
            return None
        first = min(int(np.searchsorted(seconds, seconds[-1] - _PACE_SECONDS)), len(seconds) - 2)
        passed, learned = float(seconds[-1] - seconds[first]), float(epochs[-1] - epochs[first])
        if passed <= 0 or learned <= 0:
            return None
        return max(self.total_epochs - self.epoch, 0.0) * passed / learned

    @property
    def best(self) -> Best | None:
        """The best epoch so far, as the trainer judged it."""
        flagged = np.flatnonzero(self.epochs["best"])
        if not len(flagged):
            return None
        row = int(flagged[-1])
        accuracy, loss = (float(self.epochs[name][row]) for name in ("validation_accuracy", "validation_loss"))
        return Best(round(float(self.epochs["epoch"][row])), int(self.epochs["step"][row]), accuracy, loss)

    def _changed(self, path: str) -> list[int]:
        """New values of a setting that counts something, newest first."""
        found = [each.changes[path][1] for each in reversed(self.changes) if path in each.changes]
        return [value for value in found if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1e9]

    def _take_start(self, event: dict[str, Any]) -> bool:
        """A process begins. What an earlier one told beyond its step is void: it trains that anew."""
        place = fields.place(event)
        if place is None or any(fields.number(event.get(name)) < 0 for name in ("total_steps", "steps_per_epoch")):
            return False
        step, epoch, seconds = place
        for table in (self.batches, self.validation, self.epochs, self.probes):
            table.keep(int(np.searchsorted(table["step"], step, side="right")))
        self.changes = [change for change in self.changes if change.step <= step]
        known = self.batches["seconds"]
        self._earlier_seconds = max(float(known[-1]) - seconds, 0.0) if len(known) else 0.0
        self.started, self.ended, self.paused = event, None, False
        self.step, self.epoch, self.seconds = int(step), epoch, seconds + self._earlier_seconds
        return True

    def _take_batches(self, event: dict[str, Any]) -> bool:
        columns = {name: fields.column(event.get(name)) for name in _BATCH}
        seconds = fields.number(event.get("seconds")) + self._earlier_seconds
        steps, epochs = columns["step"], columns["epoch"]
        if any(len(column) != len(steps) for column in columns.values()) or not len(steps) or seconds < 0:
            return False
        sound = bool(np.isfinite(steps).all() and np.isfinite(epochs).all() and (np.diff(steps) > 0).all())
        behind = len(self.batches) > 0 and steps[0] <= self.batches["step"][-1]
        if not sound or not 0 <= steps[0] <= steps[-1] < fields.LARGEST_STEP or behind or not math.isfinite(seconds):
            return False
        # One time is told for many steps, that of the last one: the others lie evenly since the one before.
        before = float(self.batches["seconds"][-1]) if len(self.batches) else 0.0
        start = float(self.batches["step"][-1]) if len(self.batches) else float(steps[0]) - 1
        seconds = max(seconds, before)
        self.batches.extend(columns | {"seconds": np.interp(steps, [start, steps[-1]], [before, seconds])})
        pace = fields.number(event.get("images_per_second"))
        self.images_per_second = pace if pace >= 0 else self.images_per_second
        self.paused = False
        self._move(int(steps[-1]), float(epochs[-1]), seconds)
        return True

    def _take_look(self, event: dict[str, Any]) -> bool:
        return self._take_row(event, self.validation, {name: fields.number(event.get(name)) for name in _VALIDATION})

    def _take_probe(self, event: dict[str, Any]) -> bool:
        layers = event.get("dead")
        if not isinstance(layers, dict):
            return False
        shares = {str(name): fields.number(share) for name, share in layers.items()}
        if not all(0 <= share <= 1 for share in shares.values()):
            return False
        values = {name: fields.number(event.get(name)) for name in _PROBE}
        taken = self._take_row(event, self.probes, values | {"dead": fields.share(event.get("dead_share"))})
        if taken and shares:
            self.dead_by_layer = shares
        return taken

    def _take_epoch(self, event: dict[str, Any]) -> bool:
        if not isinstance(event.get("best"), bool):
            return False
        return self._take_row(
            event,
            self.epochs,
            {name: fields.number(event.get(name)) for name in _EPOCH} | {"best": float(event["best"])},
        )

    def _take_row(self, event: dict[str, Any], table: Table, values: dict[str, float]) -> bool:
        place = fields.place(event)
        if place is None or not all(name in event for name in values if name != "dead"):
            return False
        step, epoch, seconds = place[0], place[1], place[2] + self._earlier_seconds
        if len(table) and step <= table["step"][-1]:
            return False
        table.extend(values | {"step": step, "epoch": epoch, "seconds": seconds})
        self._move(int(step), epoch, seconds)
        return True

    def _take_change(self, event: dict[str, Any]) -> bool:
        place, changes, parent = fields.place(event), event.get("changes"), event.get("parent", "")
        if place is None or not isinstance(changes, dict) or not isinstance(parent, str):
            return False
        sound = {path: pair for path, pair in changes.items() if isinstance(pair, list) and len(pair) == 2}
        if sound or parent:
            self.changes.append(LiveChange(int(place[0]), place[1], sound, parent))
        return bool(sound or parent)

    def _take_end(self, event: dict[str, Any]) -> bool:
        if not isinstance(event.get("reason"), str):
            return False
        self.ended, self.paused = event, False
        return True

    def _take_pause(self, event: dict[str, Any]) -> bool:
        self.paused = event["event"] == "Paused"
        return True

    def _move(self, step: int, epoch: float, seconds: float) -> None:
        """The run has come so far. Some events of one step come late, so it never goes back."""
        self.step, self.epoch = max(self.step, step), max(self.epoch, epoch)
        self.seconds = max(self.seconds, seconds)


_TAKERS = {
    "RunStarted": History._take_start,
    "Batches": History._take_batches,
    "Validated": History._take_look,
    "EpochDone": History._take_epoch,
    "Probed": History._take_probe,
    "SettingsChanged": History._take_change,
    "Forked": History._take_change,
    "RunEnded": History._take_end,
    "Paused": History._take_pause,
    "Resumed": History._take_pause,
}
