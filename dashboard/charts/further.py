"""Quantities that say how training goes, beside loss and accuracy: one small chart each."""

from dataclasses import dataclass

import numpy as np

from dashboard.charts.axes import Limits
from dashboard.charts.figure import Figure, Trace, layout
from dashboard.charts.lines import line_trace, place_of, run_end, x_axis
from dashboard.charts.marks import empty_note, rewound_layout
from dashboard.charts.sampling import Column, extremes, smoothed
from dashboard.language import say, translated
from dashboard.palette import Palette, faded, palette
from engine.history import History


@dataclass(frozen=True)
class Quantity:
    """What may be drawn. words: what it tells, for people who see it for the first time."""

    label: str
    axis: str
    value: str  # as a hover prints it
    words: str
    log: bool = False
    every_batch: bool = True  # it jitters from batch to batch, so a smooth line is drawn over it


FURTHER = {
    "learning_rate": Quantity(
        "Learning rate", "learning rate", "%{y:.3~g}", "What the schedule and you made of it.", every_batch=False
    ),
    "gradient_norm": Quantity(
        "Gradient",
        "length of the gradient",
        "%{y:.3~g}",
        "Long gradients mean steep ground. Sudden peaks warn of a learning rate that is too high.",
        log=True,
    ),
    "update": Quantity(
        "Update size",
        "update / weights",
        "%{y:.2e}",
        "One step's change over the weights' own size. Near 0.001 is usual; above 0.01 the steps are large.",
        log=True,
        every_batch=False,
    ),
    "dead": Quantity(
        "Dead units",
        "dead units, %",
        "%{y:.1f} %",
        "Units that give the same answer to every image looked at: they tell nothing, and learn no more.",
        every_batch=False,
    ),
}


def further_figure(
    history: History,
    name: str,
    *,
    x: str = "step",
    smoothing: float = 0.6,
    at_step: int | None = None,
    dark: bool = False,
) -> Figure:
    """One of FURTHER over the run. Other arguments as for loss_figure."""
    quantity, colors = FURTHER[name], palette(dark)
    positions, values = column(history, name, x)
    traces = _traces(quantity, positions, values, smoothing, colors)
    end = run_end(history, x)
    known = values[np.isfinite(values)]
    empty = not len(known)
    y = _value_axis(quantity, known) | {"title": translated(quantity.axis), "showticklabels": not empty}
    axis = x_axis(x, end, colors, empty, growing=history.ended is None)
    figure_layout = layout(
        colors,
        axis,
        y,
        hovermode="x unified",
        showlegend=False,
        shapes=[] if at_step is None or empty else rewound_layout(place_of(history, at_step, x), axis, colors),
        annotations=[empty_note(history, colors, say("Not measured yet"))] if empty else [],
    )
    figure_layout["margin"] = figure_layout["margin"] | {"t": 8, "b": 24}
    figure_layout["xaxis"]["title"] = {"text": ""}  # the charts above tell it
    return {"data": traces, "layout": figure_layout}


def column(history: History, name: str, x: str) -> tuple[Column, Column]:
    """(positions along the bottom, values) of one of FURTHER."""
    if name in ("learning_rate", "gradient_norm"):
        return history.batches[x], history.batches[name]
    probes = history.probes
    if name == "dead":
        looked = np.isfinite(probes["dead"])  # less often than at the rest
        return probes[x][looked], 100 * probes["dead"][looked]
    sizes = probes["weight_norm"]
    return probes[x], np.divide(probes["update_norm"], sizes, out=np.full(len(sizes), np.nan), where=sizes > 0)


def _traces(quantity: Quantity, positions: Column, values: Column, smoothing: float, colors: Palette) -> list[Trace]:
    shown = extremes(values)
    raw = (positions[shown], values[shown])
    strong = {"color": colors.training, "width": 2.5}
    if not quantity.every_batch:
        dots = 5 if len(shown) <= 60 else 0
        shape = {"shape": "hv"} if quantity.label == "Learning rate" and len(shown) < 60 else {}
        return [
            line_trace("value", "value", translated(quantity.label), raw, strong | shape, quantity.value, dots=dots)
        ]
    faint = {"color": faded(colors.training, 0.3), "width": 1}
    return [
        line_trace("batches", "value", translated(quantity.label), raw, faint, ""),
        line_trace(
            "value", "value", translated(quantity.label), smoothed(positions, values, smoothing), strong, quantity.value
        ),
    ]


def _value_axis(quantity: Quantity, known: Column) -> dict[str, object]:
    """From 0, or from a little below the smallest value on a log axis, to a little above the largest."""
    top = float(known.max()) if len(known) else 1.0
    positive = known[known > 0]
    if quantity.log and len(positive):
        low = float(np.percentile(positive, 1)) / 1.3
        return Limits(low, max(top * 1.3, 1.01 * low), log=True).axis
    return Limits(0.0, top * 1.1 if top > 0 else 1.0).axis | {"nticks": 4, "exponentformat": "power"}
