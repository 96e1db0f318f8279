"""What a finished run says."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.history import History
from engine.rundir import RunFolder

GOOD = 0.90  # validation accuracy by whose first reaching it paces are compared
NEAR = 0.005  # this near to its best accuracy, a run has converged


@dataclass(frozen=True)
class Result:
    """One run of one experiment. Accuracies are shares; the test images were looked at once, at its end.

    The weights are those of the epoch with the best validation accuracy, `best_step`. None: it never came so far.
    """

    experiment: str
    seed: int
    test_accuracy: float | None
    test_loss: float | None
    test_images: int
    validation_accuracy: float | None
    validation_loss: float | None
    train_loss: float | None  # over the last epoch, as it was trained
    best_step: float | None
    converged: float | None  # first step of an epoch's end at which it was NEAR its best
    good_at: float | None  # the same for GOOD
    steps: int
    epochs: float
    seconds: float  # of training, validation included
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def result_of(experiment: str, seed: int, run: RunFolder) -> Result | None:
    """The result of a run; None if it has not ended."""
    history = History(run.events_file)
    history.update()
    if history.ended is None or history.ended["reason"] in ("stopped", "failed"):
        return None
    ended, epochs, best = history.ended, history.epochs, history.best
    accuracy = epochs["validation_accuracy"]

    def first(level: float) -> float | None:
        reached = np.flatnonzero(accuracy >= level)
        return float(epochs["step"][reached[0]]) if len(reached) else None

    return Result(
        experiment=experiment,
        seed=seed,
        test_accuracy=_number(ended.get("test_accuracy")),
        test_loss=_number(ended.get("test_loss")),
        test_images=int((history.started or {}).get("test_images", 0)),
        validation_accuracy=_number(ended.get("validation_accuracy")),
        validation_loss=_number(ended.get("validation_loss")),
        train_loss=float(epochs["train_loss"][-1]) if len(epochs) else None,
        best_step=float(best.step) if best else None,
        converged=first(best.accuracy - NEAR) if best else None,
        good_at=first(GOOD),
        steps=history.step,
        epochs=round(history.epoch, 3),
        seconds=round(history.seconds, 2),
        reason=str(ended["reason"]),
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
