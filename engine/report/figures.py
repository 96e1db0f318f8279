"""What the report draws: lines in few points for its script, and pictures as PNG."""

import base64
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes
from engine.history import History, Table
from engine.report.gather import Gathered
from engine.saying import Language

Column = npt.NDArray[np.float64]
MOST_POINTS = 600  # of one line
ACROSS = ("step", "epoch", "seconds")
TRAINING, VALIDATION, RUNS = 0, 1, 2  # places in the list of colours (report.css); each run has one from RUNS on
TONES = 7


def charts(runs: Sequence[Gathered], say: Language) -> list[dict[str, Any]]:
    """Each chart: title, unit, lines, marks; for charts.js."""
    found = [
        _chart(say("Loss"), say, runs, "loss", "train_loss", "validation_loss"),
        _chart(say("Accuracy"), say, runs, "accuracy", "train_accuracy", "validation_accuracy", percent=True),
        _chart(say("Learning rate"), say, runs, "learning_rate"),
        _chart(say("Length of the gradient"), say, runs, "gradient_norm", log=True),
    ]
    return [each for each in found if each["lines"]]


def _chart(
    title: str,
    say: Language,
    runs: Sequence[Gathered],
    name: str,
    train: str = "",
    validation: str = "",
    **look: bool,
) -> dict[str, Any]:
    lines: list[dict[str, Any]] = []
    for number, run in enumerate(runs):
        alone, history = len(runs) == 1, run.history
        tones = (TRAINING, VALIDATION) if alone else (RUNS + number % TONES,) * 2
        of = "" if alone else f"{run.name}, "
        if alone:
            lines.append(
                _line(say("each batch") if train else title, history.batches, name, tones[0], faint=bool(train))
            )
        if train:
            lines.append(_smooth(of + say("training"), history.batches, name, tones[0], dashed=not alone))
            if alone:
                lines.append(_line(say("validation, a part"), history.validation, name, tones[1], faint=True))
            lines.append(_line(of + say("validation"), history.epochs, validation, tones[1], dots=True))
        elif not alone:
            lines.append(_line(run.name, history.batches, name, tones[0]))
    marks = _marks(runs[0].history) if len(runs) == 1 else []
    return {"title": title, "lines": [line for line in lines if line["y"]], "marks": marks, **look}


def _marks(history: History) -> list[dict[str, Any]]:
    """Live changes, at their steps, as numbers that the table of changes has too."""
    return [{"step": each.step, "epoch": each.epoch, "text": str(n)} for n, each in enumerate(history.changes, 1)]


def _line(name: str, table: Table, column: str, tone: int, **look: bool) -> dict[str, Any]:
    """A table's column in few points: the lowest and the highest of each bucket, so that no spike is lost."""
    values = table[column]
    rows = _extremes(values)
    across = {each: _rounded(table[each][rows]) for each in ACROSS}
    return {"name": name, "tone": tone, "y": _rounded(values[rows]), **across, **look}


def _smooth(name: str, table: Table, column: str, tone: int, **look: bool) -> dict[str, Any]:
    """Means of buckets of a hundredth of the batches each."""
    values = table[column]
    width = max(math.ceil(len(values) / 100), 1)
    starts = np.arange(0, len(values), width)
    known = np.isfinite(values)
    counts = np.add.reduceat(known.astype(np.float64), starts) if len(starts) else np.zeros(0)
    sums = np.add.reduceat(np.where(known, values, 0.0), starts) if len(starts) else np.zeros(0)
    means = np.divide(sums, counts, out=np.full(len(starts), np.nan), where=counts > 0)
    middles = np.minimum(starts + width // 2, max(len(values) - 1, 0))
    across = {each: _rounded(table[each][middles]) for each in ACROSS}
    return {"name": name, "tone": tone, "y": _rounded(means), **across, **look}


def _extremes(values: Column) -> npt.NDArray[np.intp]:
    length = len(values)
    if length <= MOST_POINTS:
        return np.arange(length)
    edges = np.linspace(0, length, MOST_POINTS // 2 + 1).astype(int)
    safe_low, safe_high = np.where(np.isnan(values), np.inf, values), np.where(np.isnan(values), -np.inf, values)
    rows = [
        place
        for start, stop in pairwise(edges.tolist())
        for place in (start + int(safe_low[start:stop].argmin()), start + int(safe_high[start:stop].argmax()))
    ]
    return np.unique([*rows, length - 1]).astype(np.intp)


def _rounded(values: Column) -> list[float | None]:
    return [float(f"{value:.5g}") if math.isfinite(value) else None for value in values.tolist()]


def picture(image: Bytes) -> str:
    """A digit as the source of an <img>, its ink dark on light as on paper."""
    pixels = 255 - np.ascontiguousarray(image)
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode("ascii")
