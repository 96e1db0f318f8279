"""What a trainer remembers besides arrays."""

import math
from dataclasses import dataclass, field
from typing import Any


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
