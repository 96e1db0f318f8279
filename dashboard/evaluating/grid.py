"""The confusion matrix as a table of buttons: each cell shows its images, by mouse, finger or key.

A Plotly heatmap tells nobody which of its cells was clicked, and cannot be reached with a keyboard.
"""

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from dashboard.language import say
from dashboard.palette import DARK, LIGHT
from engine.metrics import Counts

KEY = "confusion-grid"
_HERE = Path(__file__)
_COLORS = (
    f".confusion {{ --right: light-dark({LIGHT.training}, {DARK.training}); "
    f"--wrong: light-dark({LIGHT.validation}, {DARK.validation}); }}\n"
)


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "confusion_grid",
        isolate_styles=False,
        html="<div class='confusion'></div>",
        css=_COLORS + _HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
    )


def confusion_grid(
    counts: Counts,
    shares: bool,
    blank: bool,
    picked: tuple[int | None, int | None],
    pick: Callable[[int | None, int | None], None],
) -> None:
    """Draw it.

    counts   [i, j]: images of class i that were read as class j
    shares   say which share of its row each cell is, in place of how many images
    blank    leave the diagonal empty, so that the colours are the mistakes' own
    picked   (true class, read as); None for a whole row or column, (None, None) for no cell
    pick     called with the same
    """

    def reported() -> None:
        state = st.session_state.get(KEY)
        value = state.get("picked") if isinstance(state, Mapping) else getattr(state, "picked", None)
        if isinstance(value, Mapping):
            pick(*(_class(value.get(name), len(counts)) for name in ("true", "read")))

    data = {
        "counts": np.asarray(counts).tolist(),
        "shares": shares,
        "blank": blank,
        "picked": list(picked),
        "texts": {
            "grid": say("Confusion matrix: rows are true classes, columns what they were read as"),
            "true": say("true class"),
            "read": say("read as"),
            "wrong": say("{true} read as {read}: {count} of {total} ({share})"),
            "right": say("{true} read correctly: {count} of {total} ({share})"),
            "row": say("All mistakes on {true}: {count}"),
            "column": say("All that was wrongly read as {read}: {count}"),
        },
    }
    _component()(data=data, key=KEY, height="content", on_picked_change=reported)


def _class(value: Any, classes: int) -> int | None:
    """A class that exists, from a browser that may say anything."""
    fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < classes
    return value if fits else None
