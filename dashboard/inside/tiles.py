"""Pictures of numbers side by side, with a colour scale; the number under the pointer is told, and a click is reported.

They are painted in the browser from one byte for each number: a fifth of what as many PNG files would take, and
pictures that change several times a second do not flicker.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from dashboard.inside.painting import script, signed_bytes, style
from engine.arrays import Array


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "tiles", isolate_styles=False, html="<div class='tiles'></div>", css=style("tiles"), js=script("tiles")
    )


def tiles(
    pictures: Array,
    names: Sequence[str],
    key: str,
    side: int = 64,
    limit: float = 0.0,
    pick: Callable[[int], None] | None = None,
    picked: int = -1,
    off: Sequence[int] = (),
) -> None:
    """Show pictures (count, height, width), each with its name.

    side     pixels of a picture's longer side
    limit    the number that has the full colour; 0: the largest there is
    pick     called with the place of the picture that a person clicks
    picked   place of the one in a frame; off: places of those that are struck through
    """

    def report() -> None:
        told = st.session_state[key]["picked"]
        place = told.get("place") if isinstance(told, Mapping) else None
        if pick is not None and isinstance(place, int) and 0 <= place < len(names):
            pick(place)

    values, limit = signed_bytes(pictures, limit)
    data = {
        "values": values,
        "limit": limit,
        "height": pictures.shape[1],
        "width": pictures.shape[2],
        "names": list(names),
        "side": side,
        "picked": picked,
        "off": list(off),
        "clickable": pick is not None,
    }
    _component()(data=data, key=key, height="content", on_picked_change=report)
