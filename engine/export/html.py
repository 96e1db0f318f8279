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
from engine.saying import ENGLISH, IN_PAGES, Language, spoken
from engine.setting_words import called

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


def html_page(model: Model, name: str, say: Language = ENGLISH) -> bytes:
    """The page, UTF-8, for a network without an `html_problem`. name: a person's text, the heading."""
    description, numbers = _description(model, say)
    parts = {
        "language": escape(say.code),
        "title": escape(one_line(name)),
        "summary": escape(_summary(model, say)),
        "invitation": escape(say("Draw a digit, 0 to 9") if model.classes == 10 else say("Draw here")),
        "bars_note": escape(_bars_note(model, say)),
        "style": _read("page.css"),
        "description": json.dumps(description, allow_nan=False).replace("<", "\\u003c"),
        "weights": base64.b64encode(numbers).decode(),
        "script": spoken("\n".join(_read(f"{each}.js").replace('"use strict";\n\n', "") for each in SCRIPTS), say),
    }
    frame = IN_PAGES.sub(lambda place: escape(say(" ".join(place[1].split()))), _read("page.html"))
    # in one go: what is put in is not looked through again
    page = re.sub(r"\{\{(\w+)\}\}", lambda place: parts[place[1]], frame)
    return page.encode()


def _bars_note(model: Model, say: Language) -> str:
    if not isinstance(model.config.loss, MeanSquaredError):
        return ""
    return say(
        "This network learned with mean squared error, so its outputs are no probabilities: the bars show the positive "
        "outputs as shares of their sum."
    )


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _summary(model: Model, say: Language) -> str:
    test = model.checkpoint.record.get("test")
    accuracy = test.get("accuracy") if isinstance(test, dict) else None
    told = [
        say(
            "A neural network with {count:,} parameters, trained on images of {size} × {size} pixels.",
            count=sum(stage.parameters for stage in stages(model)),
            size=model.image_size,
        ),
        "" if accuracy is None else say("It read {share:.1f} % of the test images right.", share=100 * accuracy),
        say("Draw: it answers stroke by stroke, in this page, with no server behind it."),
    ]
    return say.joined(told)


def _description(model: Model, say: Language) -> tuple[dict[str, Any], bytes]:
    """What network.js has to know besides the numbers; and the numbers, float32, little-endian."""
    scaling = model.checkpoint.scaling
    layers, numbers, start = [], [], 0
    for stage in stages(model):
        places = {}
        for key, array in stage.arrays.items():
            places[key] = (start, start + array.size)
            start += array.size
            numbers.append(np.ascontiguousarray(array, "<f4").tobytes())
        layers.append(_layer(stage, places, say))
    description = {
        "size": model.image_size,
        "classes": model.classes,
        "loss": type(model.config.loss).__name__,
        "scaling": {"mean": scaling.mean, "deviation": scaling.deviation},
        "layers": layers,
    }
    return description, b"".join(numbers)


def _layer(stage: Stage, places: dict[str, tuple[int, int]], say: Language) -> dict[str, Any]:
    return {
        "settings": stage.layer.to_json() | {"before": stage.pads[0]},
        "words": settings_in_words(stage.layer, say),
        "kind": stage.kind,
        "called": called(stage.kind, say),
        "input": stage.input_shape,
        "output": stage.output_shape,
        "parameters": stage.parameters,
        "arrays": places,
    }
