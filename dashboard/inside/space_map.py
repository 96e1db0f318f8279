"""The map itself: a canvas on which images are points. The browser zooms, moves and enlarges without asking Python."""

import base64
import functools
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import streamlit as st

from dashboard.charts.pinned import COLORS
from dashboard.explaining.morph_view import data_uri
from dashboard.language import say
from engine.arrays import Array, Bytes

_HTML = """<div class="space-map"><canvas class="space-paper" tabindex="0" role="img"></canvas>
<div class="space-tools"><button type="button" class="space-in">+</button>
<button type="button" class="space-out">−</button><button type="button" class="space-all">⤢</button></div>
<div class="space-card" hidden><canvas width="112" height="112"></canvas><span></span></div>
<div class="space-legend"></div></div>"""
_HERE = Path(__file__)
_FILES = ("space_map.js", "space_map.css", "space_sheet.js")
INSIDE = 98.0  # percent of the points that lie well inside the map at first, along each axis ...
BEYOND = 1.3  # ... and how many times as far out one may lie and be shown all the same
_COLUMNS = 40  # thumbnails in a row of the sheet


@dataclass(frozen=True, eq=False)
class Own:
    """A digit of one's own on the map: where, its image, and what a pointer over it tells."""

    place: Array  # (2,)
    image: Bytes
    words: str


@functools.cache
def _components() -> tuple[Any, Any]:
    script, look, loader = (_HERE.with_name(name).read_text(encoding="utf-8") for name in _FILES)
    component = st.components.v2.component
    return (
        component("space_sheet", html="<span></span>", js=loader),
        component("space_map", html=_HTML, css=look, js=script),
    )


def space_map(
    places: Array, images: Bytes, labels: Bytes, answers: Bytes, sure: Array, own: Sequence[Own], words: str, key: str
) -> None:
    """Show images (n, height, width) at places (n, 2), of any unit that is the same along both axes.

    labels, answers    (n,) what they are and what they are read as: errors are ringed
    sure               (n,) probability of the answer
    words              what the map shows, for people who cannot see it
    """
    middle = np.percentile(places, (100 - INSIDE, INSIDE), axis=0).mean(axis=0)
    places = places - middle
    packed = np.ascontiguousarray(places, np.float32).tobytes()
    images_of = sheet(images)
    data = {
        "sheet": images_of["id"],
        "extent": extent(places),
        "places": base64.b64encode(packed).decode(),
        "picture": hashlib.sha1(packed, usedforsecurity=False).hexdigest(),
        "labels": _encoded(labels),
        "answers": _encoded(answers),
        "sure": _encoded(np.rint(100 * sure)),
        "colors": class_colors(int(max(labels.max(initial=0), answers.max(initial=0))) + 1),
        "own": [
            {"x": float(x), "y": float(y), "image": data_uri(each.image), "words": each.words}
            for each in own
            for x, y in [each.place - middle]
        ],
        "words": words,
        "texts": {
            "in": say("Zoom in"),
            "out": say("Zoom out"),
            "all": say("Show everything"),
            "errors": say("# errors"),
            "right": say("#label, read right, #sure % sure"),
            "wrong": say("#label, read as #answer, #sure % sure"),
        },
    }
    loader, component = _components()
    component(data=data, key=key, height="content")
    loader(data=images_of, key=f"{key}-sheet", height=1)


def extent(places: Array) -> list[float]:
    """How far the map reaches from its middle along both axes, in the unit of the places."""
    far = np.abs(places)
    reach = np.minimum(far.max(axis=0), BEYOND * np.percentile(far, INSIDE, axis=0))
    return [float(each) for each in np.maximum(reach, 0.05)]


def _encoded(values: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(values, np.uint8).tobytes()).decode()


def sheet(images: Bytes) -> dict[str, Any]:
    """All images in one picture, row by row, and a name by which the browser knows it again."""
    return _sheet(images.tobytes(), images.shape)


@functools.lru_cache(maxsize=4)
def _sheet(pixels: bytes, shape: tuple[int, int, int]) -> dict[str, Any]:
    count, height, width = shape
    rows = math.ceil(count / _COLUMNS)
    filled = np.zeros((rows * _COLUMNS, height, width), np.uint8)
    filled[:count] = np.frombuffer(pixels, np.uint8).reshape(shape)
    whole = filled.reshape(rows, _COLUMNS, height, width).swapaxes(1, 2).reshape(rows * height, _COLUMNS * width)
    png = base64.b64encode(cv2.imencode(".png", whole)[1].tobytes()).decode()
    name = hashlib.sha1(pixels, usedforsecurity=False).hexdigest()
    return {"id": name, "png": png, "columns": _COLUMNS, "width": width, "height": height}


def class_colors(count: int) -> list[str]:
    """A colour for each class, told from the page in light and dark; beyond ten they come again in other shades."""
    return [COLORS[number % len(COLORS)] if number < len(COLORS) else _further(number) for number in range(count)]


def _further(number: int) -> str:
    """Hues a golden angle apart, of one lightness."""
    hsv = np.array([[[round(number * 137.508) % 180, 170, 175]]], np.uint8)
    red, green, blue = (int(each) for each in cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])
    return f"#{red:02x}{green:02x}{blue:02x}"
