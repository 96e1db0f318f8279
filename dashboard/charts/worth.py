"""What units are worth: bars, and how each class fares without them."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Figure, layout, packed
from dashboard.palette import faded, palette

Floats = npt.NDArray[np.floating]


def worth_figure(names: Sequence[str], worth: Floats, x_title: str, y_title: str, *, dark: bool = False) -> Figure:
    """A bar for each unit, in the given order. worth: in percentage points; below 0 the network is better without."""
    colors = palette(dark)
    tones = [faded(colors.training if value >= 0 else colors.validation, 0.8) for value in worth]
    trace = {
        "type": "bar",
        "uid": "worth",
        "x": list(names),
        "y": packed(worth),
        "marker": {"color": tones, "line": {"width": 0}},
        "hovertemplate": f"{x_title} %{{x}}: %{{y:.2f}}<extra></extra>",
    }
    x = {"type": "category", "title": x_title, "showgrid": False, "nticks": 40, "tickangle": 0}
    y = {"title": y_title, "nticks": 5, "zeroline": True, "zerolinecolor": colors.faint_text}
    figure_layout = layout(colors, x, y, showlegend=False, bargap=0.15)
    figure_layout["margin"] = {"l": 58, "r": 8, "t": 8, "b": 44, "pad": 2}
    return {"data": [trace], "layout": figure_layout}


def class_worth_figure(
    names: Sequence[str], fallen: Floats, x_title: str, y_title: str, *, dark: bool = False
) -> Figure:
    """A map of units (to the right) and classes (downwards): by how many points each class is found less often.

    fallen (classes, units). Orange: the class needs the unit. Blue: it fares better without.
    """
    colors = palette(dark)
    most = max(float(np.abs(fallen).max(initial=0.0)), 0.5)
    trace = {
        "type": "heatmap",
        "uid": "classworth",
        "x": list(names),
        "y": [str(number) for number in range(len(fallen))],
        "z": np.round(fallen, 2).tolist(),
        "zmin": -most,
        "zmax": most,
        "colorscale": [
            [0, faded(colors.training, 0.9)],
            [0.5, faded(colors.training, 0.0)],
            [0.5, faded(colors.validation, 0.0)],
            [1, faded(colors.validation, 0.9)],
        ],
        "colorbar": {"thickness": 10, "tickfont": {"color": colors.faint_text}, "outlinewidth": 0, "ticksuffix": " pp"},
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": f"{x_title} %{{x}}, {y_title} %{{y}}: %{{z:.1f}} pp<extra></extra>",
    }
    x = {"type": "category", "title": x_title, "showgrid": False, "nticks": 40, "tickangle": 0}
    y = {"type": "category", "title": y_title, "showgrid": False, "autorange": "reversed", "dtick": 1}
    figure_layout = layout(colors, x, y, showlegend=False)
    figure_layout["margin"] = {"l": 58, "r": 8, "t": 8, "b": 44, "pad": 2}
    return {"data": [trace], "layout": figure_layout}


def before_after_figure(
    before: Floats, after: Floats, names: tuple[str, str], x_title: str, y_title: str, *, dark: bool = False
) -> Figure:
    """Two bars for each class, in percent. names: of before and after."""
    colors = palette(dark)
    classes = [str(number) for number in range(len(before))]
    traces = [
        {
            "type": "bar",
            "uid": f"side{number}",
            "name": name,
            "x": classes,
            "y": packed(values),
            "marker": {"color": faded(tone, 0.85), "line": {"width": 0}},
            "hovertemplate": f"{x_title} %{{x}}: %{{y:.1f}} %<extra>{name}</extra>",
        }
        for number, (name, values, tone) in enumerate(
            zip(names, (before, after), (colors.training, colors.validation), strict=True)
        )
    ]
    x = {"type": "category", "title": x_title, "showgrid": False, "dtick": 1, "tickangle": 0}
    low = max(0.0, 10 * np.floor((min(float(np.min(before)), float(np.min(after))) - 5) / 10))
    y = {"title": y_title, "nticks": 5, "range": [low, 101]}
    legend = {"orientation": "h", "x": 0, "y": 1.14, "font": {"color": colors.text}}
    figure_layout = layout(colors, x, y, showlegend=True, legend=legend, bargap=0.25, bargroupgap=0.05)
    figure_layout["margin"] = {"l": 58, "r": 8, "t": 30, "b": 44, "pad": 2}
    return {"data": traces, "layout": figure_layout}
