"""The drawing pad. The only code that knows the canvas component."""

from typing import Any

import cv2
import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session, style
from dashboard.controlled import controlled
from dashboard.language import say
from dashboard.session import Drawing, Sketch

INK, PAPER = "#ffffff", "#0b0d12"
UNDO_STEPS = 50
BRUSH_SIDE = 280  # side of a canvas on which the brush has its nominal width


def render(side: int, width: int = 0) -> DeltaGenerator:
    """The canvas with its tools. What is drawn is in `session.drawing()` afterwards.

    side: its height in pixels, and its width where no `width` is given. Returns a place that lies over the canvas, for
    frames around what was found on it.
    """
    drawing, width = session.drawing(), width or side
    if drawing.visit != session.place().visit:
        _mount(drawing, side, width)
        drawing.visit = session.place().visit
    # its room, also while one canvas takes the place of another
    room = f"min-height: {side}px; min-width: min({width}px, 100%); background: {PAPER};"
    st.html(f"<style>.st-key-pad {{ {room} }}</style>")
    with st.container(key="pad"):
        result = _canvas(drawing, side, width)
        over = st.empty()
    _take(drawing, result)
    st.html("<style></style>" if drawing.sketches else style.invitation())
    with st.container(horizontal=True, vertical_alignment="center", key="pad-tools", width=side):
        st.button(say("Clear"), key="pad-clear", on_click=_clear, args=(drawing,), disabled=not drawing.sketches)
        st.button(
            say("Undo"), key="pad-undo", on_click=_undo, args=(drawing, side, width), disabled=not drawing.sketches
        )
        controlled(
            st.slider,
            say("Brush"),
            "pad-brush",
            drawing.brush,
            lambda width: setattr(drawing, "brush", width),
            min_value=6,
            max_value=32,
            format=say("Brush %d"),
            label_visibility="collapsed",
            help=say("Width of the brush"),
        )
    return over


def _canvas(drawing: Drawing, side: int, width: int) -> Any:
    from streamlit_drawable_canvas import st_canvas  # refuses to be imported outside of a running page

    return st_canvas(
        stroke_width=drawing.brush * side // BRUSH_SIDE,
        stroke_color=INK,
        background_color=PAPER,
        height=side,
        width=width,
        drawing_mode="freedraw",
        initial_drawing=drawing.initial,
        return_image_data=True,
        key=f"canvas{drawing.mounts}",
    )


def _take(drawing: Drawing, result: Any) -> None:
    """Note what the canvas reports. It reports nothing before the first stroke after it was mounted."""
    encoded = result.image_bytes
    if encoded is None:
        return
    objects = (result.json_data or {}).get("objects", [])
    known = [sketch.objects for sketch in drawing.sketches]
    if not objects:
        drawing.sketches.clear()
    elif objects in known:  # undone on the canvas's own toolbar, or simply not changed
        del drawing.sketches[known.index(objects) + 1 :]
    else:
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
        if image is not None and image.ndim == 3:
            rgba = cv2.cvtColor(image, cv2.COLOR_BGRA2RGBA if image.shape[2] == 4 else cv2.COLOR_BGR2RGBA)
            drawing.sketches.append(Sketch(objects, np.asarray(rgba, np.uint8)))
            del drawing.sketches[:-UNDO_STEPS]


def _clear(drawing: Drawing) -> None:
    drawing.sketches.clear()
    _mount(drawing, 1, 1)


def _undo(drawing: Drawing, side: int, width: int) -> None:
    del drawing.sketches[-1:]
    _mount(drawing, side, width)


def _mount(drawing: Drawing, height: int, width: int) -> None:
    """A fresh canvas that begins with all that is drawn: on a smaller one, or one of another shape, it is smaller."""
    drawing.mounts += 1
    drawing.initial = None
    if drawing.sketches:
        drawn_height, drawn_width = drawing.sketches[-1].image.shape[:2]
        factor = min(height / drawn_height, width / drawn_width)
        drawing.initial = {"objects": [_scaled(each, factor) for each in drawing.sketches[-1].objects]}


def _scaled(shape: dict[str, Any], factor: float) -> dict[str, Any]:
    """A stroke for a canvas of another size."""
    return shape | {name: shape[name] * factor for name in ("left", "top", "scaleX", "scaleY") if name in shape}
