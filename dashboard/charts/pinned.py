"""How sure a network was of the right answers, over its run: a line for each pinned digit."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.charts.figure import Figure, Trace, layout, packed
from dashboard.charts.lines import x_axis
from dashboard.language import say
from dashboard.palette import palette

# Told apart on light and on dark pages: each has a contrast of 3 and more to both.
COLORS = ("#1f77b4", "#d95f02", "#1b9e77", "#e7298a", "#9467bd", "#a6761d", "#17869c", "#c0392b", "#7f7f7f", "#5b941a")
DASHES = ("solid", "dash")
_FEW = 40  # points; beyond it dots would touch each other


def pinned_figure(
    steps: NDArray[np.int64],
    shares: NDArray[np.floating],
    labels: Sequence[int],
    numbers: Sequence[int],
    at_step: int | None = None,
    growing: bool = False,
    dark: bool = False,
) -> Figure:
    """The probability of each digit's right label in percent. shares: (points, digits), of those labels.

    numbers: tell the digits apart, and give each the same color for as long as it is pinned. at_step: where a person
    looks at the run. growing: it is in training, and the axis has some room for what comes.
    """
    colors = palette(dark)
    traces: list[Trace] = []
    for place, (label, number) in enumerate(zip(labels, numbers, strict=True)):
        again = sum(other == label for other in labels[:place])
        name = f"{label}" + (f" ({again + 1})" if again else "")
        traces.append(
            {
                "type": "scatter",
                "uid": f"pin{number}",
                "name": name,
                "legendgroup": f"pin{number}",
                "x": packed(steps),
                "y": packed(100 * shares[:, place]),
                "mode": "lines+markers" if len(steps) <= _FEW else "lines",
                "line": {"color": color_of(number), "width": 2.2, "dash": DASHES[number // len(COLORS) % 2]},
                "marker": {"size": 5, "color": color_of(number)},
                "hovertemplate": "%{y:.0f} %<extra>" + name + "</extra>",
            }
        )
    end = float(steps[-1]) if len(steps) else 1.0
    x = x_axis("step", end, colors, growing=growing)
    y = {"title": say("right answer, %"), "range": [0.0, 102.0], "nticks": 6}
    line = {"color": colors.faint_text, "width": 1.5, "dash": "dot"}
    now = {"type": "line", "yref": "paper", "x0": at_step, "x1": at_step, "y0": 0, "y1": 1, "line": line}
    figure_layout = layout(
        colors,
        x,
        y,
        hovermode="x unified",
        hoverdistance=40,
        showlegend=True,
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "font": {"size": 13}},
        shapes=[] if at_step is None else [now],
    )
    return {"data": traces, "layout": figure_layout}


def color_of(number: int) -> str:
    """The color of the pin with this number."""
    return COLORS[number % len(COLORS)]
