"""What all figures have in common, in Plotly's JSON form."""

import base64
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.palette import Palette, faded

Figure = dict[str, Any]
Trace = dict[str, Any]


def packed(values: npt.ArrayLike) -> dict[str, str]:
    """An array as Plotly reads it without parsing numbers: base64 of float32, a third of the text's length."""
    data = np.ascontiguousarray(values, np.float32)
    return {"dtype": "f4", "bdata": base64.b64encode(data.tobytes()).decode("ascii")}


def layout(colors: Palette, x: dict[str, Any], y: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Sizes, fonts and axes. Nothing is painted behind a chart: the page shows through, light or dark."""
    axis = {
        "gridcolor": colors.grid,
        "zeroline": False,
        "tickfont": {"color": colors.faint_text, "size": 12},
        "ticks": "",
        "automargin": False,
        "separatethousands": True,
    }
    if "uirevision" in x:  # what was zoomed into along the steps is another stretch along the epochs
        y = y | {"uirevision": f"{y.get('uirevision', '')} over {x['uirevision']}"}
    return {
        "font": {"color": colors.text, "size": 13, "family": "Source Sans, Source Sans Pro, sans-serif"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 58, "r": 14, "t": 38, "b": 46, "pad": 4},
        "xaxis": axis | _titled(x, colors),
        "yaxis": axis | _titled(y, colors),
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": faded(colors.faint_text, 0.7),
            "activecolor": colors.training,
        },
        "hoverlabel": {"bgcolor": colors.hover, "bordercolor": colors.grid, "font": {"color": colors.text}},
    } | more


def _titled(axis: dict[str, Any], colors: Palette) -> dict[str, Any]:
    title = axis.get("title", "")
    return axis | {"title": {"text": title, "standoff": 8, "font": {"color": colors.faint_text, "size": 13}}}
