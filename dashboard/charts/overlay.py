"""Several runs in one chart: a line each; or, for runs that differ only in their seed, their mean and a band.

strong line     validation at the ends of epochs, and the looks within the first one; or training, smoothed
faint line      looks at validation images within epochs, where there are few runs
dotted line     training, where both are shown
band            from the smallest to the largest of the seeds, or one standard deviation to each side of their mean
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dashboard.charts.axes import accuracy_limits, loss_limits
from dashboard.charts.figure import Figure, Trace, layout
from dashboard.charts.lines import line_trace, x_axis
from dashboard.charts.sampling import Column, extremes, smoothed
from dashboard.language import say
from dashboard.palette import Palette, faded, palette
from engine.history import History

QUANTITIES = ("accuracy", "loss")
SHOWS = ("validation", "training", "both")
BANDS = ("range", "deviation")
_DASHES = ("solid", "dash", "dashdot")  # runs beyond the number of colours have their lines broken
_FEW = 4  # runs whose looks within epochs are drawn
_LONGEST = 32  # characters of a name
_EPOCH_DOTS = 60

_Points = tuple[Column, Column]


@dataclass(frozen=True)
class Curve:
    """One line: a run, or several that differ only in their seed. tone: its place in the order of colours."""

    id: str
    name: str
    tone: int
    histories: tuple[History, ...]


@dataclass(frozen=True)
class View:
    """What is drawn. quantity, shows, band: one of the names above; x: "step", "epoch" or "seconds"."""

    quantity: str = "accuracy"
    shows: str = "validation"
    x: str = "step"
    smoothing: float = 0.6
    log: bool = False  # of a loss
    band: str = "range"


def overlay_figure(curves: Sequence[Curve], view: View, dark: bool = False) -> Figure:
    """All curves over one axis. Raises ValueError for a view that is none."""
    for value, known in ((view.quantity, QUANTITIES), (view.shows, SHOWS), (view.band, BANDS)):
        if value not in known:
            raise ValueError(f"expected one of {', '.join(known)}; got {value!r}")
    colors = palette(dark)
    view = replace(view, smoothing=min(max(view.smoothing, 0.0), 1.0))
    drawn = [_Drawn(curve, view, len(curves) <= _FEW) for curve in curves]
    end = max((each.end for each in drawn), default=0.0)
    empty = not any(len(each.strong[0]) or len(each.training[0]) for each in drawn)
    strong, weak = _joined(drawn, ("strong", "low", "high")), _joined(drawn, ("training",))
    if view.quantity == "loss":
        limits = loss_limits(strong, strong, weak, view.log)
        title = say("loss (log scale)") if view.log else say("loss")
    else:
        limits = accuracy_limits(strong, weak)
        title = say("accuracy, % (from {low:g})", low=limits.low) if limits.low else say("accuracy, %")
    traces = [trace for each in drawn for trace in each.traces(view, colors)]
    y = limits.axis | {"title": title, "showticklabels": not empty}
    notes = [_note(say("The curves begin with the first figures."), colors)] if empty else []
    more: dict[str, Any] = {"hovermode": "x unified", "hoverdistance": 40, "showlegend": False, "annotations": notes}
    figure = layout(colors, x_axis(view.x, end, colors, empty), y, **more)
    figure["margin"] = figure["margin"] | {"t": 14}
    return {"data": traces, "layout": figure}


def tone_color(tone: int, colors: Palette) -> str:
    """The colour of a run by its place in the order."""
    return colors.runs[tone % len(colors.runs)]


def tone_dash(tone: int) -> str:
    """How the line of a run is broken."""
    return _DASHES[tone // len(palette(False).runs) % len(_DASHES)]


class _Drawn:
    """A curve as the few points that are drawn."""

    def __init__(self, curve: Curve, view: View, few: bool) -> None:
        self.curve = curve
        name, scale = view.quantity, 100.0 if view.quantity == "accuracy" else 1.0
        begun = [history for history in curve.histories if len(history.batches) or len(history.epochs)]
        empty = (np.empty(0), np.empty(0))
        self.low = self.high = self.training = self.looks = empty
        self.group = len(curve.histories) > 1
        validation = [_scaled(_validation(history, view.x, name), scale) for history in begun]
        training = [_scaled(_training(history, view), scale) for history in begun]
        strong = training if view.shows == "training" else validation
        if self.group:
            self.strong, self.low, self.high = _band([points for points in strong if len(points[0])], view.band)
            self.training = _band([points for points in training if len(points[0])], view.band)[0]
        else:
            self.strong = strong[0] if strong else empty
            self.training = training[0] if training else empty
            if few and begun and view.shows != "training" and len(begun[0].epochs) > 1:
                self.looks = _scaled(_column(begun[0], "validation", view.x, name), scale)
        if view.shows != "both":
            self.training = empty
        ends = [points[0][-1] for points in (self.strong, self.training, self.looks) if len(points[0])]
        self.end = float(max(ends, default=0.0))

    def traces(self, view: View, colors: Palette) -> list[Trace]:
        """The same traces in the same order at any time."""
        curve = self.curve
        color, dash = tone_color(curve.tone, colors), tone_dash(curve.tone)
        name = _safe(curve.name)
        value = "%{y:.2f} %" if view.quantity == "accuracy" else "%{y:.4~g}"
        dots = 6 if view.shows != "training" and not self.group and len(self.strong[0]) <= _EPOCH_DOTS else 0
        line = {"color": color, "width": 2.5, "dash": dash}
        training = {"color": faded(color, 0.75), "width": 1.4, "dash": "dot"}
        said = value if view.shows == "both" else ""
        return [
            *self._edges(curve.id, color),
            _trace(curve.id, "looks", name, self.looks, {"color": faded(color, 0.35), "width": 1}),
            _trace(curve.id, "training", say("{name}, training", name=name), self.training, training, said),
            _trace(curve.id, "strong", name, self.strong, line, value, dots),
        ]

    def _edges(self, curve_id: str, color: str) -> list[Trace]:
        edge = {"color": faded(color, 0.0), "width": 0}
        low, high = (
            _trace(curve_id, side, side, points, edge) for side, points in (("low", self.low), ("high", self.high))
        )
        return [low, high | {"fill": "tonexty", "fillcolor": faded(color, 0.18)}]


def _trace(
    curve_id: str, part: str, name: str, points: _Points, line: dict[str, object], hover: str = "", dots: int = 0
) -> Trace:
    return line_trace(f"{curve_id}-{part}", curve_id, name, points, line, hover, dots=dots)


def _column(history: History, table: str, x: str, name: str) -> _Points:
    rows = getattr(history, table)
    return rows[x], rows[name]


def _validation(history: History, x: str, name: str) -> _Points:
    """The ends of epochs, and the looks before the first of them."""
    ends = _column(history, "epochs", x, f"validation_{name}")
    looks = _column(history, "validation", x, name)
    first = history.epochs["step"][0] if len(history.epochs) else np.inf
    early = history.validation["step"] < first
    return np.concatenate([looks[0][early], ends[0]]), np.concatenate([looks[1][early], ends[1]])


def _training(history: History, view: View) -> _Points:
    return smoothed(history.batches[view.x], history.batches[view.quantity], view.smoothing)


def _scaled(points: _Points, scale: float) -> _Points:
    shown = extremes(points[1])
    return points[0][shown], points[1][shown] * scale


def _band(lines: Sequence[_Points], kind: str) -> tuple[_Points, _Points, _Points]:
    """Mean, lower and upper edge, as far as all lines go. Seeds differ little in their x, but in seconds they do."""
    if not lines:
        empty = (np.empty(0), np.empty(0))
        return empty, empty, empty
    start, end = max(x[0] for x, _ in lines), min(x[-1] for x, _ in lines)
    grid = lines[0][0]
    grid = grid[(grid >= start) & (grid <= end)]
    values = np.stack([np.interp(grid, x, y) for x, y in lines])
    mean = values.mean(axis=0)
    if kind == "range":
        return (grid, mean), (grid, values.min(axis=0)), (grid, values.max(axis=0))
    deviation = values.std(axis=0, ddof=1) if len(lines) > 1 else np.zeros_like(mean)
    return (grid, mean), (grid, mean - deviation), (grid, mean + deviation)


def _joined(drawn: Sequence[_Drawn], names: Sequence[str]) -> Column:
    return np.concatenate([np.empty(0), *(getattr(each, name)[1] for each in drawn for name in names)])


def _safe(name: str) -> str:
    """A name that people gave, as Plotly may have it: no tags, no places for values, and not too long."""
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return html.escape(short.replace("%{", "% {"))


def _note(text: str, colors: Palette) -> dict[str, Any]:
    font = {"size": 14, "color": colors.faint_text}
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0.5, "xanchor": "center", "yanchor": "middle"}
    return place | {"text": text, "showarrow": False, "font": font}
