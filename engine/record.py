"""What a trainer remembers besides arrays."""

import math
from dataclasses import dataclass, field
from typing import Any

from engine.events import RunEnded


@dataclass
class Record:
    """What the trainer remembers besides arrays; it is part of every checkpoint."""

    best_accuracy: float = -1.0
    best_loss: float = math.inf
    best_epoch: int = 0
    waited: int = 0  # epochs since the best one
    loss_sum: float = 0.0  # over the images of this epoch so far
    correct: int = 0
    seen: int = 0
    validation: dict[str, float] = field(default_factory=dict)  # of the last complete epoch
    test: dict[str, float] = field(default_factory=dict)  # of the weights that the run ended with
    seconds: float = 0.0  # spent training, told by whoever keeps the time
    looked: bool = True  # False between a batch and the look at validation images that may be due after it
    probed: bool = True  # False between a batch that was measured and the event that tells it
    update_norm: float = 0.0  # of that batch
    diverged: bool = False  # the newest batch had an infinite loss or gradient, and changed nothing

    def count(self, loss: float, correct: int, images: int) -> None:
        """Take in one batch; a look at validation images may be due after it."""
        self.loss_sum += loss * images
        self.correct += correct
        self.seen += images
        self.looked = False

    def tell_probe(self, update_norm: float | None) -> None:
        """The length of that batch's update is to be told; None if it was not measured."""
        self.probed = update_norm is None
        self.update_norm = update_norm or 0.0

    def ended(self, step: int, epoch: float, reason: str) -> RunEnded:
        """The end of the run, with the figures that are known by then."""
        best = float(self.best_epoch) if self.best_epoch else None
        seen, unseen = self.validation, self.test
        figures = seen.get("loss"), seen.get("accuracy"), unseen.get("loss"), unseen.get("accuracy")
        return RunEnded(step, epoch, reason, *figures, best)

    def end_epoch(self, epoch: int, loss: float, accuracy: float) -> bool:
        """Judge a complete epoch by its validation figures: True if it is the best so far."""
        self.loss_sum, self.correct, self.seen = 0.0, 0, 0
        self.validation = {"loss": loss, "accuracy": accuracy}
        self.waited += 1
        ordered = loss if math.isfinite(loss) else math.inf  # NaN has no order
        if (accuracy, -ordered) <= (self.best_accuracy, -self.best_loss):
            return False
        self.best_accuracy, self.best_loss, self.best_epoch, self.waited = accuracy, ordered, epoch, 0
        return True

    def to_json(self) -> dict[str, Any]:
        """Plain data; numbers that are not finite become null."""
        data = self.__dict__ | {"validation": _finite(self.validation), "test": _finite(self.test)}
        return _finite(data)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Record":
        """What `to_json` gave; other keys are left out."""
        known: dict[str, Any] = {
            k: math.inf if v is None else v for k, v in data.items() if k in cls.__dataclass_fields__
        }
        return cls(**known)


def _finite(data: dict[str, Any]) -> dict[str, Any]:
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in data.items()}
