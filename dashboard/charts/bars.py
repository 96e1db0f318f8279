"""What the network says of a drawing: a bar for each digit."""

import html

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Figure, layout
from dashboard.palette import faded, palette


def probability_bars(probabilities: npt.ArrayLike | None, dark: bool = False) -> Figure:
    """A bar for each class, the likeliest in the strong colour. None, or nothing finite: empty bars.

    The values stand in a column of their own, so that small ones can be read too.
    """
    colors = palette(dark)
    shares = np.zeros(10) if probabilities is None else np.nan_to_num(np.asarray(probabilities, np.float64).ravel())
    shares = np.clip(shares, 0.0, 1.0)
    classes = [str(number) for number in range(len(shares))]
    known = bool(shares.any())
    top = int(shares.argmax()) if known else -1
    strong, pale = colors.training, faded(colors.training, 0.35)
    bars = {
        "type": "bar",
        "orientation": "h",
        "y": classes,
        "x": [round(float(share), 5) for share in shares],
        "marker": {
            "color": [strong if number == top else pale for number in range(len(shares))],
            "cornerradius": 3,
        },
        "hovertemplate": "%{y}: %{x:.2%}<extra></extra>",
    }
    tracks = {  # the full length behind each bar, so that empty bars look like bars
        "type": "bar",
        "orientation": "h",
        "y": classes,
        "x": [1.0] * len(shares),
        "marker": {"color": faded(colors.faint_text, 0.1), "cornerradius": 3},
        # The values stand here, one below the other, where no bar is so long that it moves them.
        "text": [_label(share, number == top) if known else "" for number, share in enumerate(shares)],
        "textposition": "outside",
        "cliponaxis": False,
        "textangle": 0,
        "textfont": {
            "color": [colors.text if share >= 0.005 else colors.faint_text for share in shares],
            "size": 13,
        },
        "hoverinfo": "skip",
    }
    x = {"range": [0, 1.26], "visible": False, "fixedrange": True}
    y = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": classes,
        "autorange": "reversed",
        "fixedrange": True,
        "showgrid": False,
    }
    figure_layout = layout(colors, x, y, showlegend=False, barmode="overlay", bargap=0.25)
    figure_layout["margin"] = {"l": 26, "r": 8, "t": 4, "b": 4, "pad": 6}
    figure_layout["yaxis"]["tickfont"] = {"color": colors.text, "size": 15}
    return {"data": [tracks, bars], "layout": figure_layout}


def _label(share: float, top: bool) -> str:
    """Percent; the likeliest in bold. Never "100 %" for what is not certain."""
    percent = 100 * share
    text = f"{percent:.0f} %" if percent < 99.5 else "> 99 %" if percent < 99.95 else "> 99.9 %"
    text = html.escape("< 1 %" if percent < 0.5 else text)  # Plotly reads tags in texts
    return f"<b>{text}</b>" if top else text
