"""What the curves over a run have in common: the axis along the bottom, and one line."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Trace, packed
from dashboard.charts.sampling import Column, extremes
from dashboard.language import translated
from dashboard.palette import Palette
from engine.history import History, Table

ROOM = 1.4  # an axis that grows does so by this factor
X_AXES = {"step": "step", "epoch": "epoch", "seconds": "seconds of training"}  # name of the column -> title
X_LABELS = {"step": "step %{x:,d}", "epoch": "epoch %{x:.2f}", "seconds": "%{x:.1f} seconds"}


def x_axis(name: str, end: float, colors: Palette, empty: bool = False, growing: bool = False) -> dict[str, Any]:
    """The settings of the axis along the bottom, from 0 to `end`. Raises ValueError for a name that is none.

    growing: with some room at the right, which lines fill before the axis has to be drawn anew.
    """
    if name not in X_AXES:
        raise ValueError(f"x must be one of {', '.join(X_AXES)}; got {name!r}")
    return {
        "title": translated(X_AXES[name]),
        "range": [0.0, (_roomy(end) if growing else end * 1.01) or 1.0],
        "uirevision": name,
        "unifiedhovertitle": {"text": translated(X_LABELS[name])},
        "showgrid": False,
        "showticklabels": not empty,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikedash": "solid",
        "spikecolor": colors.grid,
        "nticks": 8,
    }


def _roomy(end: float) -> float:
    """The next power of ROOM."""
    return ROOM ** math.ceil(math.log(end * 1.01, ROOM)) if end > 0 else 0.0


def run_end(history: History, x: str) -> float:
    """Where the newest of all lines ends."""
    tables = (history.batches, history.validation, history.epochs)
    return max((float(table[x][-1]) for table in tables if len(table)), default=0.0)


def place_of(history: History, step: int, x: str, epoch: float | None = None) -> float:
    """Where a step lies on the axis. epoch: the step's own, where it is known; else that of the batch before."""
    if x == "step":
        return float(step)
    if x == "epoch" and epoch is not None:
        return epoch
    row = int(np.searchsorted(history.batches["step"], step, side="right")) - 1
    return float(history.batches[x][row]) if row >= 0 else 0.0


def thinned(table: Table, x: str, name: str, scale: float = 1.0) -> tuple[Column, Column]:
    """Few points of a column, its smallest and largest values among them."""
    shown = extremes(table[name])
    return table[x][shown], table[name][shown] * scale


def line_trace(
    uid: str,
    group: str,
    name: str,
    points: tuple[npt.ArrayLike, npt.ArrayLike],
    line: dict[str, object],
    hover: str,
    legend: bool = False,
    dots: int = 0,
    star: bool = False,
) -> Trace:
    """A trace; without `hover` it is silent, because another one in its group speaks for it."""
    marker = {"size": dots, "color": line["color"], "symbol": "star" if star else "circle"}
    return {
        "type": "scatter",
        "uid": uid,
        "name": name,
        "legendgroup": group,
        "showlegend": legend,
        "x": packed(points[0]),
        "y": packed(points[1]),
        "mode": "markers" if star else "lines+markers" if dots else "lines",
        "line": line,
        "marker": marker if dots else {},
        **({"hovertemplate": f"{hover}<extra>{name}</extra>"} if hover else {"hoverinfo": "skip"}),
    }
