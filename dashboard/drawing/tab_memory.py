"""The drawing and the pinned digits survive a reload: the browser keeps them, for this tab alone, until it is closed.

Streamlit forgets all about a page that is loaded anew. The server could keep it under some name, but then it would have
to tell people apart; the tab's own sessionStorage tells them apart by itself, and nothing of it is left behind.

    a new session   -> "tell"                -> the browser tells what it kept, once; nothing, if that is nothing
    something drawn -> version, text         -> the browser keeps the text
"""

import base64
import functools
import json
import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session
from dashboard.drawing.pin_curves import MOST_PINS, Pin, Pinned
from dashboard.session import Sketch
from engine.drawing import PictureError, decode_picture
from engine.drawing.photo import picture_size

KEY = "tab-memory"
MOST_CHARACTERS = 2_000_000
LARGEST_SIDE = 2000  # pixels
AGAIN_SECONDS = 1.0

_SCRIPT = """
const NAME = "inkling-tab";
let told = false;
export default function ({ data, setTriggerValue }) {
  try {
    const kept = sessionStorage.getItem(NAME);
    if (data.tell && !told && kept) setTriggerValue("told", kept); // a first visit need not be made twice
    told = data.tell;
    if (data.text) sessionStorage.setItem(NAME, data.text);
  } catch { /* a browser that keeps nothing: then nothing is kept */ }
}
"""
_STYLE = ".st-key-tab-memory { position: absolute; width: 0; height: 0; overflow: hidden; }"


@dataclass
class Memory:
    """What the browser is known to keep."""

    heard: bool = False  # it has told what it kept, or that has been replaced
    newest: tuple[object, ...] = ()  # what was last sent to it
    text: str = ""  # ... in this form
    until: float = 0.0  # sent again up to then: of two updates in one moment the browser may see the later one only


@functools.cache
def _component() -> Any:
    return st.components.v2.component("tab_memory", isolate_styles=False, js=_SCRIPT, css=_STYLE)


def render(pins: Pinned) -> None:
    """Have the browser keep what is drawn and pinned; in a new session, ask it first. Shows nothing."""
    memory = session.kept("memory", Memory)
    sketch = session.drawing().sketch
    newest, now = (sketch, *pins.items), time.monotonic()
    if memory.newest != newest and (memory.heard or any(newest)):
        memory.newest, memory.text, memory.until = newest, packed(sketch, pins.items), now + AGAIN_SECONDS
        memory.heard = True
    _component()(
        data={"tell": not memory.heard, "text": memory.text if now <= memory.until else ""},
        key=KEY,
        height=1,
        on_told_change=functools.partial(_told, memory, pins),
    )


def _told(memory: Memory, pins: Pinned) -> None:
    """What the browser kept comes back, unless something was drawn or pinned in the meantime."""
    memory.heard = True
    drawing = session.drawing()
    sketch, found = unpacked(st.session_state[KEY].told or "")
    if sketch is not None and drawing.sketch is None:
        drawing.sketches.append(sketch)
        drawing.wide = sketch.image.shape[1] > sketch.image.shape[0]
        drawing.visit = -1  # the canvas is mounted anew, with the drawing
    if found and not pins.items:
        pins.items, pins.ever = found, 1 + max(pin.number for pin in found)
    memory.newest = (drawing.sketch, *pins.items)


def packed(sketch: Sketch | None, items: list[Pin]) -> str:
    """Drawing and pins as JSON, their pictures as PNG."""
    drawn = {"objects": sketch.objects, "image": _png(sketch.image)} if sketch is not None else None
    pinned = [{"number": pin.number, "label": pin.label, "ink": _png(pin.ink)} for pin in items]
    text = json.dumps({"drawn": drawn, "pinned": pinned})
    return text if len(text) <= MOST_CHARACTERS else json.dumps({"drawn": None, "pinned": pinned})


def unpacked(text: str) -> tuple[Sketch | None, list[Pin]]:
    """What `packed` made. It comes from a browser, so anything may be in it: what is wrong with it is left out."""
    try:
        data = json.loads(text) if len(text) <= MOST_CHARACTERS else {}
        return _sketch(data.get("drawn")), _pins(data.get("pinned"))
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError):  # also a PictureError
        return None, []


def _sketch(data: Any) -> Sketch | None:
    if data is None:
        return None
    objects = data["objects"]
    if not isinstance(objects, list) or not all(isinstance(each, dict) for each in objects):
        raise ValueError("a drawing's strokes must be a list of objects")
    image = _pixels(data["image"])
    opaque = np.full(image.shape[:2], 255, np.uint8)
    return Sketch(objects, image if image.shape[2] == 4 else np.dstack([image, opaque]))


def _pins(data: Any) -> list[Pin]:
    found = [Pin(int(each["number"]), int(each["label"]), _pixels(each["ink"])[..., 0].copy()) for each in data]
    if len(found) > MOST_PINS or len({pin.number for pin in found}) < len(found):
        raise ValueError(f"at most {MOST_PINS} pins, each with another number")
    if not all(0 <= pin.label <= 9 and 0 <= pin.number < 1_000_000 for pin in found):
        raise ValueError("a pin's label must be from 0 to 9")
    return found


def _png(image: NDArray[np.uint8]) -> str:
    order = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA)
    return base64.b64encode(cv2.imencode(".png", order)[1].tobytes()).decode()


def _pixels(text: str) -> NDArray[np.uint8]:
    data = base64.b64decode(text, validate=True)
    if max(picture_size(data)) > LARGEST_SIDE:
        raise PictureError(f"a drawing has at most {LARGEST_SIDE} pixels a side")
    return decode_picture(data)
