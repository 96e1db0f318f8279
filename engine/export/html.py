"""The network as one HTML file with a drawing pad, which works offline in any browser of the last years.

The page is put together from the files in page/: the preparation of drawings (images, strokes, ink, segment, prepare)
and the network in plain JavaScript, the weights as base64 of float32.
"""

import base64
import json
import re
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from engine.checkpoint import Model
from engine.drawing.pipeline import SMALLEST_IMAGE
from engine.export.plan import Stage, one_line, settings_in_words, stages
from engine.losses import MeanSquaredError

PAGE = Path(__file__).with_name("page")
SCRIPTS = ("images", "strokes", "ink", "segment", "prepare", "network", "pad", "main")  # each uses those before it


def html_problem(model: Model) -> str:
    """Why there can be no page for this network; "" if there can."""
    height, width, _ = model.checkpoint.image_shape
    if height == width >= SMALLEST_IMAGE:
        return ""
    return (
        f"the page prepares drawings for square images of at least {SMALLEST_IMAGE} pixels; this network reads "
        f"{height}x{width}. Take another form, which leaves the preparation to you."
    )


def html_page(model: Model, name: str) -> bytes:
    """The page, UTF-8, for a network without an `html_problem`. name: a person's text, the heading."""
    description, numbers = _description(model)
    parts = {
        "title": escape(one_line(name)),
        "summary": escape(_summary(model)),
        "invitation": "Draw a digit, 0 to 9" if model.classes == 10 else "Draw here",
        "bars_note": MSE_NOTE if isinstance(model.config.loss, MeanSquaredError) else "",
        "style": _read("page.css"),
        "description": json.dumps(description, allow_nan=False).replace("<", "\\u003c"),
        "weights": base64.b64encode(numbers).decode(),
        "script": "\n".join(_read(f"{script}.js").replace('"use strict";\n\n', "") for script in SCRIPTS),
    }
    # in one go: what is put in is not looked through again
    page = re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], _read("page.html"))
    return page.encode()


MSE_NOTE = (
    "This network learned with mean squared error, so its outputs are no probabilities: the bars show the positive "
    "outputs as shares of their sum."
)


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _summary(model: Model) -> str:
    parameters = sum(stage.parameters for stage in stages(model))
    size = model.image_size
    test = model.checkpoint.record.get("test")
    accuracy = test.get("accuracy") if isinstance(test, dict) else None
    judged = "" if accuracy is None else f" It read {accuracy:.1%} of the test images right.".replace("%", " %")
    return (
        f"A neural network with {parameters:,} parameters, trained on images of {size} × {size} pixels.{judged} Draw: "
        "it answers stroke by stroke, in this page, with no server behind it."
    )


def _description(model: Model) -> tuple[dict[str, Any], bytes]:
    """What network.js has to know besides the numbers; and the numbers, float32, little-endian."""
    scaling = model.checkpoint.scaling
    layers, numbers, start = [], [], 0
    for stage in stages(model):
        places = {}
        for key, array in stage.arrays.items():
            places[key] = (start, start + array.size)
            start += array.size
            numbers.append(np.ascontiguousarray(array, "<f4").tobytes())
        layers.append(_layer(stage, places))
    description = {
        "size": model.image_size,
        "classes": model.classes,
        "loss": type(model.config.loss).__name__,
        "scaling": {"mean": scaling.mean, "deviation": scaling.deviation},
        "layers": layers,
    }
    return description, b"".join(numbers)


def _layer(stage: Stage, places: dict[str, tuple[int, int]]) -> dict[str, Any]:
    return {
        "settings": stage.layer.to_json() | {"before": stage.pads[0]},
        "words": settings_in_words(stage.layer),
        "kind": stage.kind,
        "input": stage.input_shape,
        "output": stage.output_shape,
        "parameters": stage.parameters,
        "arrays": places,
    }
