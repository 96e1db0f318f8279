"""A drawing on its way to another digit: a slider, a button that plays it, and what the network says at each frame."""

import base64
import functools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.charts.heat import change
from engine.explain import Morph

_HTML = """<div class="morph">
<figure><img class="first" alt="your drawing"><figcaption></figcaption></figure>
<div class="stage"><img class="now" alt=""><div class="tools"><button type="button">Play</button>
<input type="range" min="0" step="1" aria-label="From your drawing to the other digit"></div><output></output></div>
<figure><img class="change" alt="what was changed"><figcaption></figcaption></figure>
<div class="bars" aria-hidden="true"></div></div>"""


@functools.cache
def _component() -> Any:
    script, look = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("morph.js", "morph.css"))
    return st.components.v2.component("morph", html=_HTML, css=look, js=script)


def data_uri(image: NDArray[np.uint8]) -> str:
    """A picture, grey (height, width) or RGB (height, width, 3), as the address of an image."""
    pixels = cv2.cvtColor(image, cv2.COLOR_RGB2BGR) if image.ndim == 3 else image
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode()


def morph_view(found: Morph, key: str) -> None:
    """Show it. The browser does the rest: no message goes back and forth while the slider moves."""
    data = {
        "frames": [data_uri(frame) for frame in found.frames],
        "change": data_uri(change(found.frames[0], found.frames[-1])),
        "shares": [[round(float(share), 4) for share in row] for row in found.probabilities],
        "digit": found.digit,
        "target": found.target,
    }
    _component()(key=key, data=data, height="content")
