"""Numbers -> Plotly figures for the page Evaluate. Pure: what they say comes from outside."""

import math
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Figure, Trace, layout
from dashboard.evaluating.wording import share
from dashboard.palette import Palette, faded, palette
from engine.judging import Robustness
from engine.metrics import Calibration, Coverage

_TICKS = (0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)


def _line(x: Sequence[float], y: Sequence[float | None], color: str, hover: str, **more: Any) -> Trace:
    return {
        "type": "scatter",
        "x": list(x),
        "y": list(y),
        "mode": "lines+markers",
        "line": {"color": color, "width": 2.2, **more.pop("line", {})},
        "marker": {"color": color, "size": 6},
        "hovertemplate": f"{hover}<extra></extra>",
        "showlegend": False,
        **more,
    }


def calibration_figure(found: Calibration, texts: dict[str, str], *, dark: bool = False) -> Figure:
    """Accuracy over confidence, the diagonal on which it should lie, and below how many images each bin has.

    texts: "confidence", "accuracy", "images", "perfect", and "point", a hover with {confidence}, {accuracy}, {count}.
    """
    colors = palette(dark)
    full = found.counts > 0
    middles, width = (found.edges[:-1] + found.edges[1:]) / 2, found.edges[1] - found.edges[0]
    hover = [
        texts["point"].format(confidence=share(c, 1), accuracy=share(a, 1), count=f"{n:,}")
        for c, a, n in zip(found.confidence, found.accuracy, found.counts, strict=True)
    ]
    diagonal = _line([0, 100], [0, 100], colors.faint_text, "", mode="lines", hoverinfo="skip")
    diagonal["line"] |= {"dash": "dot", "width": 1.5}
    del diagonal["hovertemplate"]
    gaps = [
        _line([100 * c, 100 * c], [100 * c, 100 * a], colors.validation, "", mode="lines", hoverinfo="skip")
        for c, a, n in zip(found.confidence, found.accuracy, found.counts, strict=True)
        if n
    ]
    for gap in gaps:
        gap["line"] |= {"width": 5, "color": faded(colors.validation, 0.45)}
        del gap["hovertemplate"]
    points = _line(
        (100 * found.confidence[full]).round(3).tolist(),
        (100 * found.accuracy[full]).round(3).tolist(),
        colors.training,
        "%{text}",
        text=[each for each, there in zip(hover, full, strict=True) if there],
    )
    bars = {
        "type": "bar",
        "x": (100 * middles).round(2).tolist(),
        "y": found.counts.tolist(),
        "width": round(90 * float(width), 2),
        "marker": {"color": faded(colors.training, 0.45)},
        "yaxis": "y2",
        "hovertext": hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "showlegend": False,
    }
    x = {"title": texts["confidence"], "range": [0, 101], "ticksuffix": " %", "fixedrange": True, "anchor": "y2"}
    y = {"title": texts["accuracy"], "range": [0, 102], "ticksuffix": " %", "fixedrange": True, "domain": [0.3, 1]}
    made = layout(colors, x, y, showlegend=False, bargap=0)
    made["yaxis2"] = made["yaxis"] | {
        "domain": [0, 0.22],
        "type": "log",
        "range": [0, math.log10(max(int(found.counts.max(initial=1)), 10)) + 0.15],
        "dtick": 1,
        "ticksuffix": "",
        "title": {"text": texts["images"], "standoff": 8, "font": {"color": colors.faint_text, "size": 13}},
    }
    made["margin"] |= {"t": 12, "l": 62}
    return {"data": [diagonal, *gaps, points, bars], "layout": made}


def stretched(threshold: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Where a threshold lies on the axis: log odds in powers of ten, for what matters lies close to 1."""
    value = np.clip(np.asarray(threshold, np.float64), 0.02, 0.99995)
    return np.log10(value / (1 - value))


def coverage_figure(found: Coverage, threshold: float, texts: dict[str, str], *, dark: bool = False) -> Figure:
    """Share answered and accuracy of what is answered, over the threshold; and where the slider stands.

    texts: "threshold", "answered", "accuracy".
    """
    colors = palette(dark)
    places = stretched(found.thresholds).round(4).tolist()
    named = [f"{100 * each:.4g} %" for each in found.thresholds]
    accuracies = [None if math.isnan(each) else round(100 * float(each), 3) for each in found.accuracy]
    lines = [
        _line(
            places, ys, color, f"%{{text}}<br>{name} %{{y:.2f}} %", text=named, mode="lines", name=name, showlegend=True
        )
        for ys, color, name in (
            ((100 * found.answered).round(3).tolist(), colors.training, texts["answered"]),
            (accuracies, colors.validation, texts["accuracy"]),
        )
    ]
    known = [each for each in (*accuracies, *(100 * found.answered).tolist()) if each is not None]
    low = max(0.0, math.floor(min(known, default=0) / 10) * 10 - 2)
    ticks = [each for each in _TICKS if found.thresholds[0] - 0.02 <= each]
    x = {
        "title": texts["threshold"],
        "tickvals": stretched(ticks).round(4).tolist(),
        "ticktext": [f"{100 * each:g} %" for each in ticks],
        "range": [float(stretched(found.thresholds[0])) - 0.05, float(stretched(1.0))],
        "fixedrange": True,
    }
    y = {"range": [low, 101], "ticksuffix": " %", "fixedrange": True}
    made = layout(colors, x, y, showlegend=True, hovermode="closest")
    made["legend"] = {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"}
    here = float(stretched(threshold))
    made["shapes"] = [_rule(here, colors)]
    return {"data": lines, "layout": made}


def _rule(x: float, colors: Palette) -> dict[str, Any]:
    return {
        "type": "line",
        "x0": x,
        "x1": x,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": colors.change, "width": 2, "dash": "dash"},
    }


def _plain(name: str) -> str:
    """What people call a network, in a text in which Plotly looks for its own signs."""
    return escape(name).replace("%", "%\u200b")


def robustness_figure(
    curves: Sequence[tuple[str, Sequence[Robustness]]],
    ends: tuple[float, float],
    trained: tuple[float, float] | None,
    texts: dict[str, str],
    *,
    dark: bool = False,
) -> Figure:
    """Accuracy over the amount of a disturbance, for one or two networks, with bands of their intervals of 95 %.

    curves    (name, points in any order)
    ends      of the axis
    trained   what the first network's training had of it, drawn as a band
    texts     "amount" (the axis), "trained", "unit" ("°")
    """
    colors = palette(dark)
    data: list[Trace] = []
    for (name, points), color, dash in zip(
        curves, (colors.training, colors.validation), ("solid", "dash"), strict=False
    ):
        ordered = sorted(points, key=lambda point: point.amount)
        x = [round(point.amount, 4) for point in ordered]
        middle, low, high = (
            [round(100 * getattr(point, part), 3) for point in ordered] for part in ("accuracy", "low", "high")
        )
        band = _line(x + x[::-1], high + low[::-1], color, "", mode="lines", fill="toself", hoverinfo="skip")
        del band["hovertemplate"]
        data.append(band | {"line": {"width": 0}, "fillcolor": faded(color, 0.16)})
        hover = f"{texts['unit_hover']}<br>%{{y:.1f}} %"
        data.append(_line(x, middle, color, f"{_plain(name)}: {hover}", line={"dash": dash}, name=name))
    span = ends[1] - ends[0]
    axis = {
        "title": texts["amount"],
        "range": [ends[0] - 0.03 * span, ends[1] + 0.03 * span],
        "fixedrange": True,
        "ticksuffix": texts["unit"],
        "nticks": 7,
    }
    made = layout(colors, axis, {"range": [0, 102], "ticksuffix": " %", "fixedrange": True, "nticks": 5})
    made["margin"] |= {"t": 10, "b": 42, "l": 52}
    made["showlegend"] = False
    if trained is not None:
        left, right = (min(max(end, ends[0] - 0.03 * span), ends[1] + 0.03 * span) for end in trained)
        shape = {"type": "rect", "x0": left, "x1": right, "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
        made["shapes"] = [shape | {"fillcolor": faded(colors.best, 0.16), "line": {"width": 0}}]
        made["annotations"] = [
            {
                "text": texts["trained"],
                "x": (left + right) / 2,
                "y": 0.02,
                "yref": "paper",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 11, "color": colors.best},
                "bgcolor": "rgba(0,0,0,0)",
            }
        ]
    return {"data": data, "layout": made}
