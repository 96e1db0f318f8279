"""How numbers are spread: at a moment as bars, over a run as bands and as a map of shades."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Figure, Trace, layout, packed
from dashboard.language import say
from dashboard.palette import Palette, faded, palette

Floats = npt.NDArray[np.floating]

BANDS = ((0.0, 1.0, 0.10), (0.0668, 0.9332, 0.22), (0.1587, 0.8413, 0.34), (0.3085, 0.6915, 0.46))
_DARKEST = 0.85  # of a cell's colour
_FEW = 5  # names that find room beside each other
_USUAL = 0.97  # share of the cells that are not in the darkest shade


def histogram_figure(counts: Floats, edges: Floats, title: str, *, dark: bool = False) -> Figure:
    """Bars over the value. counts (bins,), edges (bins + 1,)."""
    colors = palette(dark)
    middles = (edges[:-1] + edges[1:]) / 2
    trace = {
        "type": "bar",
        "uid": "histogram",
        "x": packed(middles),
        "y": packed(counts),
        "width": float(edges[1] - edges[0]),
        "marker": {"color": faded(colors.training, 0.75), "line": {"width": 0}},
        "hovertemplate": "%{x:.3g}: %{y:,}<extra></extra>",
    }
    x = {"showgrid": False, "title": title, "nticks": 6, "zeroline": True, "zerolinecolor": colors.grid}
    figure_layout = layout(colors, x, {"nticks": 3, "rangemode": "tozero"}, showlegend=False, bargap=0)
    figure_layout["margin"] = {"l": 44, "r": 6, "t": 6, "b": 38, "pad": 2}
    return {"data": [trace], "layout": figure_layout}


def bands_figure(
    steps: Sequence[int],
    quantiles: Floats,
    scale: tuple[float, float],
    x_title: str,
    y_title: str,
    at: int | None = None,
    *,
    dark: bool = False,
) -> Figure:
    """Bands of shares of the numbers around their median, over the steps.

    quantiles (steps, places): evenly placed from the least number to the largest. scale: the values that are shown at
    first. at: a step to be marked.

    The inner bands hold 38 %, 68 % and 87 %: half a deviation, one, and one and a half of a normal distribution to
    both sides; the outermost all.
    """
    colors = palette(dark)
    places = np.linspace(0, 1, quantiles.shape[1])

    def line(uid: str, share: float, name: str, width: float, color: str) -> Trace:
        return {
            "type": "scatter",
            "uid": uid,
            "x": list(map(int, steps)),
            "y": packed(np.array([np.interp(share, places, row) for row in quantiles])),
            "mode": "lines",
            "line": {"width": width, "color": color},
            "hovertemplate": f"{name}: %{{y:.3g}}<extra></extra>",
        }

    traces = []
    for number, (low, high, opacity) in enumerate(BANDS):
        name = say("all") if number == 0 else say("{share:.0f} %", share=100 * (high - low))
        edge = (name, 0.6 if number == 0 else 0, faded(colors.training, 0.5))
        traces.append(line(f"band{number}low", low, *edge))
        fill = faded(colors.training, opacity)
        traces.append(line(f"band{number}high", high, *edge) | {"fill": "tonexty", "fillcolor": fill})
    traces.append(line("median", 0.5, "50 %", 1.5, colors.training))
    x = {"title": x_title, "showgrid": False, "nticks": 7, "uirevision": "step"}
    y = {"title": y_title, "nticks": 5, "zeroline": True, "zerolinecolor": colors.grid, "tickformat": "~g"}
    y["range"] = list(scale)
    figure_layout = layout(colors, x, y, showlegend=False, hovermode="x unified", **_mark(at, colors))
    figure_layout["margin"] = {"l": 62, "r": 10, "t": 8, "b": 42, "pad": 2}
    return {"data": traces, "layout": figure_layout}


def density_figure(
    steps: Sequence[int],
    shares: Floats,
    edges: Floats,
    x_title: str,
    y_title: str,
    at: int | None = None,
    *,
    dark: bool = False,
) -> Figure:
    """A map of steps and values, the darker the more numbers are there. shares (bins, steps), edges (bins + 1,)."""
    colors = palette(dark)
    middles = (edges[:-1] + edges[1:]) / 2
    # by the root, so that thin tails are seen; a line that holds most of the numbers must not make the rest too pale
    usual = float(np.quantile(shares, _USUAL)) if shares.size else 0.0
    shades = np.minimum(np.sqrt(shares / max(usual, 1e-12)), 1.0)
    trace = {
        "type": "heatmap",
        "uid": "density",
        "x": list(map(int, steps)),
        "y": [float(f"{value:.4g}") for value in middles],
        "z": np.round(shades, 3).tolist(),
        "text": [[f"{100 * share:.2g} %" for share in row] for row in shares.tolist()],
        "zmin": 0,
        "zmax": 1,
        "colorscale": [[0, faded(colors.training, 0.0)], [1, faded(colors.training, _DARKEST)]],
        "showscale": False,
        "hovertemplate": f"{x_title} %{{x:,d}}, %{{y:.3g}}: %{{text}}<extra></extra>",
    }
    ends = [float(steps[0]), float(steps[-1])] if len(steps) > 1 else [steps[0] - 0.5, steps[0] + 0.5]
    x = {"title": x_title, "showgrid": False, "nticks": 7, "uirevision": "step", "range": ends}
    y = {"title": y_title, "nticks": 5, "showgrid": False, "tickformat": "~g"}
    figure_layout = layout(colors, x, y, showlegend=False, **_mark(at, colors))
    figure_layout["margin"] = {"l": 62, "r": 10, "t": 8, "b": 42, "pad": 2}
    return {"data": [trace], "layout": figure_layout}


def sizes_figure(names: Sequence[str], series: dict[str, Floats], y_title: str, *, dark: bool = False) -> Figure:
    """A line over the layers, from the first to the last, for each of a few series, on a logarithmic scale."""
    colors = palette(dark)
    tones = (colors.training, colors.validation, colors.best, colors.change)
    traces = [
        {
            "type": "scatter",
            "uid": f"sizes{number}",
            "name": name,
            "x": list(names),
            "y": [float(value) if value > 0 and np.isfinite(value) else None for value in values],
            "mode": "lines+markers",
            "line": {"color": tones[number % len(tones)], "width": 2, "dash": "solid" if number == 0 else "dot"},
            "marker": {"size": 8},
            "hovertemplate": "%{x}: %{y:.2e}<extra>" + name + "</extra>",
        }
        for number, (name, values) in enumerate(series.items())
    ]
    y = {"title": y_title, "type": "log", "nticks": 5, "exponentformat": "power"}
    legend = {"orientation": "h", "x": 0, "y": 1.12, "font": {"color": colors.text}}
    x = {"type": "category", "showgrid": False, "tickangle": 0 if len(names) <= _FEW else 40}
    figure_layout = layout(colors, x, y, showlegend=True, legend=legend)
    figure_layout["margin"] = {"l": 66, "r": 24, "t": 30, "b": 34 if len(names) <= _FEW else 60, "pad": 2}
    return {"data": traces, "layout": figure_layout}


def _mark(at: int | None, colors: Palette) -> dict[str, object]:
    """A line at a step."""
    if at is None:
        return {}
    line = {"color": colors.change, "width": 1.5, "dash": "dot"}
    return {"shapes": [{"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}]}
