"""What a run had come to at an earlier step. No streamlit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.language import say
from engine.history import History, Table

Column = npt.NDArray[np.float64]

RECENT = 20  # batches whose mean stands for the training loss


@dataclass(frozen=True)
class Moment:
    """Figures as they were at a step; NaN where nothing was known yet."""

    step: int
    epoch: float
    seconds: float
    validation_accuracy: float
    looked_at: int  # the step at which validation images were looked at for it; -1 for none
    loss: float  # mean training loss of the batches just before


def moment(history: History, step: int) -> Moment:
    """The run at a step."""
    batches = history.batches
    end = int(np.searchsorted(batches["step"], step, side="right"))
    recent = batches["loss"][max(end - RECENT, 0) : end]
    recent = recent[np.isfinite(recent)]
    looked_at, accuracy = (float(column[0]) for column in _newest_looks(history, [step]))
    loss = float(recent.mean()) if len(recent) else math.nan
    epoch, seconds = (float(batches[name][end - 1]) if end else 0.0 for name in ("epoch", "seconds"))
    return Moment(step, epoch, seconds, accuracy, int(looked_at), loss)


def labels(history: History, steps: Sequence[int]) -> list[str]:
    """What each of the steps is called on a slider: "step 1,200 · epoch 1.53 · 95.3 %"."""
    best = history.best.step if history.best else -1
    rows = zip(steps, _epochs(history, steps), validation_accuracies(history, steps), strict=True)
    words = say("step {step:,} · epoch {epoch:.2f}")  # looked up once: a page that polls asks for hundreds of these
    return [
        words.format(step=step, epoch=epoch)
        + ("" if math.isnan(accuracy) else f" · {100 * accuracy:.1f} %")
        + (say(" · best epoch") if step == best else "")
        for step, epoch, accuracy in rows
    ]


def validation_accuracies(history: History, steps: Sequence[int]) -> Column:
    """The newest figure at or before each of the steps; of all validation images where an epoch ended there."""
    return _newest_looks(history, steps)[1]


def _newest_looks(history: History, steps: Sequence[int]) -> tuple[Column, Column]:
    looks = _newest(history.validation, "accuracy", steps)
    ends = _newest(history.epochs, "validation_accuracy", steps)
    later = looks[0] > ends[0]
    return np.where(later, looks[0], ends[0]), np.where(later, looks[1], ends[1])


def _newest(table: Table, name: str, steps: Sequence[int]) -> tuple[Column, Column]:
    """(step, value) of the last row at or before each of the steps; -1 and NaN where there is none."""
    rows = np.searchsorted(table["step"], steps, side="right")
    return np.r_[-1.0, table["step"]][rows], np.r_[math.nan, table[name]][rows]


def _epochs(history: History, steps: Sequence[int]) -> Column:
    return np.r_[0.0, history.batches["epoch"]][np.searchsorted(history.batches["step"], steps, side="right")]
