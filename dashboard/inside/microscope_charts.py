"""A weight's way over its run, and what the optimizer remembered of it. No streamlit."""

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Figure, Trace, layout, packed
from dashboard.inside.microscope_work import Trail
from dashboard.palette import Palette, palette

_FEW = 40  # points; beyond it dots would touch each other


def weight_figure(trail: Trail, step: int, name: str, axis: str, dark: bool = False) -> Figure:
    """The weight by step; a dotted line where one looks. name: of the line, axis: of the steps."""
    colors = palette(dark)
    return _figure([_line(trail.steps, trail.weights, name, colors.training)], step, name, axis, colors)


def memory_figure(trail: Trail, step: int, axis: str, title: str, dark: bool = False) -> Figure:
    """What the optimizer keeps, all in the gradient's unit: the velocity, or m and the roots of v and of the square."""
    colors = palette(dark)
    kinds = {
        "velocity": ("velocity", colors.training, False),
        "m": ("m", colors.training, False),
        "v": ("√v", colors.validation, True),
        "square": ("√s", colors.validation, True),
    }
    traces = []
    for slot, values in trail.slots.items():
        name, color, root = kinds.get(slot, (slot, colors.best, False))
        traces.append(_line(trail.steps, np.sqrt(np.maximum(values, 0)) if root else values, name, color))
    return _figure(traces, step, title, axis, colors)


def _line(steps: npt.NDArray[np.int64], values: npt.NDArray[np.float64], name: str, color: str) -> Trace:
    return {
        "type": "scatter",
        "uid": name,
        "name": name,
        "legendgroup": name,
        "x": packed(steps),
        "y": packed(values),
        "mode": "lines+markers" if len(steps) <= _FEW else "lines",
        "line": {"color": color, "width": 2},
        "marker": {"size": 5, "color": color},
        "hovertemplate": "%{y:.4g}<extra>" + name + "</extra>",
    }


def _figure(traces: list[Trace], step: int, title: str, axis: str, colors: Palette) -> Figure:
    x = {"title": axis, "showgrid": False, "nticks": 7, "unifiedhovertitle": {"text": "%{x:,d}"}}
    y = {"title": title, "nticks": 6, "zeroline": True, "zerolinecolor": colors.grid, "tickformat": ".2~g"}
    line = {"color": colors.faint_text, "width": 1.5, "dash": "dot"}
    now = {"type": "line", "yref": "paper", "x0": step, "x1": step, "y0": 0, "y1": 1, "line": line}
    legend = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "font": {"size": 13}}
    more = {"hovermode": "x unified", "shapes": [now], "showlegend": len(traces) > 1, "legend": legend}
    return {"data": traces, "layout": layout(colors, x, y, **more)}
