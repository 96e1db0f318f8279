"""Loss, accuracy and learning rate over a run.

thin faint line    every batch (smallest and largest of each bucket in long runs)
strong line        the same, smoothed
thin line, dots    validation within epochs, on a part of the validation images
line, large dots   validation at the ends of epochs, on all of them; a star on the best
"""

import math

import numpy as np

from dashboard.charts.axes import Limits, accuracy_limits, loss_limits
from dashboard.charts.figure import Figure, Trace, layout
from dashboard.charts.lines import X_AXES, X_LABELS, line_trace, place_of, run_end, thinned, x_axis
from dashboard.charts.marks import Mark, empty_note, marks, marks_layout, rewound_layout, spike_note
from dashboard.charts.sampling import MOST_POINTS, Column, extremes, smoothed
from dashboard.language import say, translated
from dashboard.palette import Palette, faded, palette
from engine.history import History
from engine.schedules import Schedule

_EPOCH_DOTS = 60  # epochs; beyond it dots would touch each other


def loss_figure(
    history: History,
    *,
    x: str = "step",
    smoothing: float = 0.6,
    log: bool = False,
    at_step: int | None = None,
    dark: bool = False,
) -> Figure:
    """Training and validation loss. x: "step", "epoch" or "seconds"; smoothing from 0 (none) to 1.

    at_step: the step to which the run is rewound: a line there, and what came later is dimmed.
    """
    lines = _Lines(history, x, smoothing, "loss", 1.0)
    limits = loss_limits(lines.raw[1], lines.smooth[1], lines.validation_values(), log)
    title = say("loss (log scale)") if log else say("loss")
    return _figure(history, lines, limits, title, "%{y:.4~g}", at_step, palette(dark))


def accuracy_figure(
    history: History, *, x: str = "step", smoothing: float = 0.6, at_step: int | None = None, dark: bool = False
) -> Figure:
    """Training and validation accuracy in percent. The axis starts higher as the network gets better."""
    lines = _Lines(history, x, smoothing, "accuracy", 100.0)
    limits = accuracy_limits(lines.smooth[1], lines.validation_values())
    title = say("accuracy, % (from {low:g})", low=limits.low) if limits.low else say("accuracy, %")
    return _figure(history, lines, limits, title, "%{y:.2f} %", at_step, palette(dark))


class _Lines:
    """One quantity of a history as the few points that are drawn."""

    def __init__(self, history: History, x: str, smoothing: float, name: str, scale: float) -> None:
        if x not in X_AXES:
            raise ValueError(f"x must be one of {', '.join(X_AXES)}; got {x!r}")
        self.x, self.smoothing = x, min(max(smoothing, 0.0), 1.0)
        batches, values = history.batches, history.batches[name]
        self.rows = len(values)
        shown = extremes(values)
        self.raw = (batches[x][shown], values[shown] * scale)
        positions, means = smoothed(batches[x], values, self.smoothing)
        self.smooth = (positions, means * scale)
        self.looks = thinned(history.validation, x, name, scale)
        self.epochs = thinned(history.epochs, x, f"validation_{name}", scale)
        best = history.best
        here = np.flatnonzero(history.epochs["step"] == best.step) if best else np.empty(0, np.intp)
        self.best = (history.epochs[x][here], history.epochs[f"validation_{name}"][here] * scale)
        self.end = run_end(history, x)

    @property
    def empty(self) -> bool:
        return not (len(self.raw[0]) or len(self.looks[0]) or len(self.epochs[0]))

    def validation_values(self) -> Column:
        return np.concatenate([self.looks[1], self.epochs[1]])


def _figure(
    history: History, lines: _Lines, limits: Limits, title: str, value: str, at_step: int | None, colors: Palette
) -> Figure:
    x = x_axis(lines.x, lines.end, colors, lines.empty, growing=history.ended is None)
    found = marks(history, lines.x, lines.end)
    if lines.empty:
        notes = [empty_note(history, colors)]
        shapes: list[dict[str, object]] = []
    else:
        at_top = _low_at_end(lines.smooth[1], limits)
        reserved = 0.3 if at_top and limits.peak is not None else 0.0
        shapes, notes = marks_layout(found, colors, lines.end, at_top, reserved)
        notes += spike_note(limits, colors)
        if at_step is not None:
            shapes += rewound_layout(place_of(history, at_step, lines.x), x, colors)
    figure_layout = layout(
        colors,
        x,
        limits.axis | {"title": title, "showticklabels": not lines.empty},
        hovermode="x unified",
        hoverdistance=40,
        legend={
            "orientation": "h",
            "x": 0,
            "y": 1.01,
            "xanchor": "left",
            "yanchor": "bottom",
            "font": {"size": 13},
        },
        showlegend=True,
        shapes=shapes,
        annotations=notes,
    )
    return {"data": _traces(lines, value, colors), "layout": figure_layout}


def _low_at_end(values: Column, limits: Limits) -> bool:
    """Whether the newest values lie in the lower half of the chart, so that labels have room in the upper one."""
    known = values[np.isfinite(values)]
    if not len(known):
        return True
    if limits.log:
        return bool(known[-1] < math.sqrt(limits.low * limits.high))
    return bool(known[-1] < (limits.low + limits.high) / 2)


def _traces(lines: _Lines, value: str, colors: Palette) -> list[Trace]:
    """The same traces in the same order at any time, so that hidden ones stay hidden."""
    train, validation = colors.training, colors.validation
    plain = lines.smoothing == 0
    dots = len(lines.epochs[0]) <= _EPOCH_DOTS
    # Before the first epoch is complete, the looks within it stand for validation in the legend.
    early = not len(lines.epochs[0])
    # Dense zigzags fill a plane, which must not shout.
    faint = 0.3 if lines.rows < MOST_POINTS // 2 else 0.18 if lines.rows < 40 * MOST_POINTS else 0.1
    few_looks = len(lines.looks[0]) <= _EPOCH_DOTS
    raw_line = {"color": train, "width": 1.2} if plain else {"color": faded(train, faint), "width": 1}
    return [
        line_trace("batches", "training", say("Training"), lines.raw, raw_line, value if plain else "", legend=plain),
        line_trace(
            "training",
            "training",
            say("Training"),
            ((), ()) if plain else lines.smooth,
            {"color": train, "width": 2.5},
            value,
            legend=not plain,
        ),
        line_trace(
            "looks",
            "validation",
            say("Validation"),
            lines.looks,
            {"color": faded(validation, 0.65 if few_looks else 0.4), "width": 1.2},
            value if early else "",
            legend=early,
            dots=4 if few_looks else 0,
        ),
        line_trace(
            "validation",
            "validation",
            say("Validation"),
            lines.epochs,
            {"color": validation, "width": 2.5},
            value,
            legend=not early,
            dots=8 if dots else 0,
        ),
        line_trace("best", "validation", say("Best"), lines.best, {"color": colors.best}, "", dots=14, star=True),
    ]


def learning_rate_figure(
    schedule: Schedule, learning_rate: float, total_steps: int, *, step: int | None = None, dark: bool = False
) -> Figure:
    """What the schedule makes of the learning rate over a run; a line at `step`, where the run is now."""
    colors = palette(dark)
    total = max(total_steps, 1)
    edges = [min(max(schedule.warmup + offset, 0), total - 1) for offset in (-1, 0)]
    steps = np.unique(np.r_[np.linspace(0, total - 1, 400).round(), edges]).astype(np.int64)
    rates = np.array([learning_rate * schedule.factor(int(each), total) for each in steps])
    top = float(rates.max()) or 1.0
    line = {"color": colors.training, "width": 2.5}
    trace = line_trace("rate", "rate", say("learning rate"), (steps, rates), line, "%{y:.3~g}")
    y = {"title": say("learning rate"), "range": [0, top * 1.08], "exponentformat": "power", "nticks": 5}
    x = {
        "title": say("step"),
        "range": [0, total],
        "unifiedhovertitle": {"text": translated(X_LABELS["step"])},
        "nticks": 6,
    }
    now = [Mark(step, "now", say("the run is here"), "now")] if step is not None and math.isfinite(step) else []
    shapes, notes = marks_layout(now, colors, total, at_top=True)
    return {
        "data": [trace],
        "layout": layout(colors, x, y, showlegend=False, hovermode="x unified", shapes=shapes, annotations=notes),
    }
