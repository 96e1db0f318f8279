"""What a trainer reports. Each event is a fact about a batch boundary, at which a checkpoint is valid."""

import math
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """Base of the events. `step` counts optimizer updates made so far; `epoch` is a fraction, 1.5 in mid-second."""

    step: int
    epoch: float

    def to_json(self) -> dict[str, Any]:
        """One line of events.jsonl; numbers that are not finite become null."""
        data: dict[str, Any] = {"event": type(self).__name__}
        for each in fields(self):
            value = getattr(self, each.name)
            data[each.name] = None if isinstance(value, float) and not math.isfinite(value) else value
        return data


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """Training is about to begin, or to go on after an interruption (then step > 0).

    total_steps and epochs: of the whole run, as things stand; those made may have had another batch size.
    """

    parameters: int
    train_images: int
    validation_images: int
    test_images: int
    steps_per_epoch: int
    total_steps: int
    epochs: float
    parts: int
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class BatchDone(Event):
    """One optimizer update. loss and accuracy are of the batch, before the update.

    If the loss or the gradient is not finite, the update was not made, and this is the last batch of the run.
    """

    loss: float
    accuracy: float
    images: int
    learning_rate: float
    gradient_norm: float


@dataclass(frozen=True, slots=True)
class Validated(Event):
    """A look at some of the validation images within an epoch."""

    loss: float
    accuracy: float
    images: int


@dataclass(frozen=True, slots=True)
class Probed(Event):
    """How training goes inside the network (see probing.py).

    update_norm: length of the change of all trained parameters by the last update; weight_norm: of these themselves.
    dead: for each layer whose units can die, by its name, the share that did; {} if it was not looked for.
    dead_share: of all these units together; NaN without.
    """

    update_norm: float
    weight_norm: float
    dead: dict[str, float]
    dead_share: float


@dataclass(frozen=True, slots=True)
class EpochDone(Event):
    """A pass over the training images is complete; all validation images were looked at.

    train_loss and train_accuracy are means over the epoch's batches as they were trained (with dropout and
    augmentation, and with weights that changed meanwhile).
    """

    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    best: bool


@dataclass(frozen=True, slots=True)
class SettingsChanged(Event):
    """Live settings apply from the next batch on. changes: path -> [old, new]."""

    changes: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Forked(Event):
    """The run begins here, with the weights of another one; what is told before is that one's.

    parent: its id. changes: what is set otherwise than it was there, path -> [old, new], live settings or not.
    """

    parent: str
    changes: dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """No more batches will come.

    reason: "finished" (all epochs or steps), "target" (target accuracy), "patience" (early stopping),
    "diverged" (the loss became infinite or undefined), "stopped" (somebody wished it), "failed" (it could not
    begin; the line in events.jsonl then has a "message").
    """

    reason: str
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None
    best_epoch: float | None = None
