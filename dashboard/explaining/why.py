"""Why this answer: what in the drawing mattered to the network, and what would change its mind."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session
from dashboard.charts.heat import over_digit, shades, signed
from dashboard.controlled import controlled
from dashboard.drawing.readers import Reader
from dashboard.explaining import explanations
from dashboard.explaining.morph_view import data_uri, morph_view
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.datasets import DataError
from engine.drawing import Prepared

STYLE = f"<style>{Path(__file__).with_name('why.css').read_text(encoding='utf-8')}</style>"
METHODS = {
    "integrated": "Its share of the score",
    "occlusion": "Wiped away",
    "gradient_input": "At this point only",
    "gradient": "A little more ink",
}
HOW = {
    "integrated": "Each pixel's share of the lead of {digit} over {rival}, from an empty image to this one; the "
    "shares add up to the lead (integrated gradients: Sundararajan, Taly, Yan 2017).",
    "occlusion": "A square of 5×5 pixels is wiped, everywhere once: how much does the lead of {digit} over {rival} "
    "fall? The only view that tries instead of calculating (Zeiler and Fergus 2014).",
    "gradient_input": "Ink times the slope of the lead of {digit} over {rival} right here. Quick, and blind to what "
    "the network has long made up its mind about (Shrikumar, Greenside, Kundaje 2016).",
    "gradient": "Where would a little more ink help {digit} against {rival}? This view speaks of empty pixels too, "
    "and is noisy (Simonyan, Vedaldi, Zisserman 2013).",
}


@dataclass
class Looked:
    """What is being explained. Weights that change several times a second must not be explained as often."""

    path: Path | None = None
    pixels: bytes = b""
    model: Model | None = None
    view: str = "pixels"
    method: str = "integrated"
    rival: int | None = None
    target: int | None = None


def render(reader: Reader, prepared: Prepared) -> None:
    """The panel, for a drawing that this reader has answered."""
    newest = reader.model()
    if newest is None or prepared.image.shape != newest.checkpoint.image_shape[:2]:
        st.caption(say("This network cannot read the drawing as it is prepared now."))
        return
    looked = session.kept("why", Looked)
    pixels = np.ascontiguousarray(prepared.image).tobytes()
    if looked.model is None or (looked.path, looked.pixels) != (reader.path, pixels):
        looked.path, looked.pixels, looked.model = reader.path, pixels, newest
        looked.rival = looked.target = None
    st.html(STYLE)
    with st.container(horizontal=True, vertical_alignment="center", key="why-views"):
        _choice(say("What to look at"), "why-view", looked.view, NAMES, lambda view: setattr(looked, "view", view))
        if looked.model is not newest:
            st.button(
                say("Use the newest weights"),
                key="why-again",
                type="tertiary",
                icon=":material/refresh:",
                help=say("The network has learned since. What you see is of the moment you opened this or last drew."),
                on_click=lambda: setattr(looked, "model", None),
            )
    with st.container(key="why-figure", gap="xsmall"), np.errstate(all="ignore"):
        VIEWS[looked.view](looked, looked.model, prepared.image)


def _choice(label: str, key: str, value: Any, options: dict[Any, str], put: Callable[[Any], None]) -> None:
    """One of a few, side by side; in a narrow window in several lines."""
    controlled(
        st.pills,
        label,
        key,
        value,
        put,
        options=list(options),
        required=True,
        format_func=lambda name: translated(options[name]),
        label_visibility="collapsed",
    )


def _figure(image: NDArray[np.uint8], caption: str, kind: str) -> str:
    """A picture with a caption in HTML, which must be safe."""
    return f'<figure class="{kind}"><img src="{data_uri(image)}" alt=""><figcaption>{caption}</figcaption></figure>'


def _pixels(looked: Looked, model: Model, image: NDArray[np.uint8]) -> None:
    found = explanations.saliency(model, looked.pixels, looked.method, looked.rival)
    with st.container(horizontal=True, vertical_alignment="bottom", key="why-how"):
        _choice(
            say("How to find out"), "why-method", looked.method, METHODS, lambda name: setattr(looked, "method", name)
        )
        controlled(
            st.selectbox,
            say("Why {digit} and not", digit=found.digit),
            "why-rival",
            found.rival,
            lambda rival: setattr(looked, "rival", rival),
            options=[digit for digit in range(model.classes) if digit != found.digit],
            width=130,
        )
    how = escape(translated(HOW[looked.method]).format(digit=found.digit, rival=found.rival))
    how += say(
        " It leads by {score:.1f}; an empty image gives {empty_score:.1f}.",
        score=found.score,
        empty_score=found.empty_score,
    )
    meaning = say(
        "{blue}Blue{end} speaks for {digit}, {orange}orange{end} against it and for {rival}. Look for the strokes "
        "without which it could be the other.",
        blue='<mark class="for">',
        orange='<mark class="against">',
        end="</mark>",
        digit=found.digit,
        rival=found.rival,
    )
    st.html(
        f'<div class="ink-why">{_figure(over_digit(image, found.map), "", "large")}<p>{meaning}<br><br>{how}</p></div>'
    )


def _nearest(looked: Looked, model: Model, image: NDArray[np.uint8]) -> None:
    try:
        with st.spinner(say("Looking at 12,000 training images…")):
            found = explanations.nearest(model, looked.pixels)
    except DataError as error:
        st.caption(
            say(
                "The images that this network learned from cannot be read: {error}",
                error=literal(translated(str(error))),
            )
        )
        return
    answer = int(model.predict(image[np.newaxis])[0].argmax())
    alike = sum(each.label == answer for each in found)
    figures = "".join(
        _figure(
            each.image,
            f"<b>{each.label}</b>{' yours' if each.own else ''}<br>{each.distance:.1f}",
            "small" if each.label == answer else "small other",
        )
        for each in found
    )
    words = (
        say("All of them have the label of the answer: it stands on firm ground.")
        if alike == len(found)
        else say(
            "{alike} of {count} have the label {answer} of the answer. The others are what it could "
            "be mixed up with: look at what they share with your drawing.",
            alike=alike,
            count=len(found),
            answer=answer,
        )
    )
    st.html(
        f'<div class="ink-why strip">{_figure(image, "<b>yours</b><br>&nbsp;", "small")}{figures}</div>'
        f'<div class="ink-why"><p>The training images that are most like your drawing for the network, with label and '
        f"distance between the outputs of its last hidden layer. {words} (Papernot and McDaniel 2018)</p></div>"
    )


def _features(looked: Looked, model: Model, image: NDArray[np.uint8]) -> None:
    found = explanations.feature_maps(model, looked.pixels)
    if not found:
        st.caption(say("This network has no layer that looks at the image's pixels directly."))
    rows = ""
    for layer in found:
        pictures = [shades(each) if layer.kind == "maps" else signed(each) for each in layer.maps]
        figures = "".join(
            _figure(picture, f"{unit + 1} · {response:.2f}", "small")
            for picture, unit, response in zip(pictures, layer.units, layer.responses, strict=True)
        )
        size = "×".join(str(extent) for extent in layer.maps.shape[1:])
        what = say("channels") if layer.kind == "maps" else say("units, by their weights")
        name = escape(layer.name.partition(".")[2].capitalize())
        rows += (
            f'<p class="ink-layer">{name}, layer {int(layer.name.partition(".")[0]) + 1} '
            f'<small>the strongest {what}, {size}; number and response</small></p><div class="ink-why strip">{figures}'
            "</div>"
        )
    st.html(
        f"{rows}<div class='ink-why'><p>{MAPS if found and found[0].kind == 'maps' else WEIGHTS}</p></div>"
        if found
        else "<div></div>"
    )


MAPS = (
    "Each picture is what one kernel found in your drawing: white is a strong response. Those that tell places apart "
    "most come first. Early layers keep strokes and "
    "edges of one direction; later ones, smaller and coarser, say where a bend, an end or a loop is."
)
WEIGHTS = (
    "Each picture is what one unit looks for: ink on blue excites it, ink on orange holds it back. Those that your "
    "drawing excites most come first."
)


def _morph(looked: Looked, model: Model, image: NDArray[np.uint8]) -> None:
    with st.spinner(say("Searching…")):
        found = explanations.morph(model, looked.pixels, looked.target)
    options = {-1: say("The nearest digit")} | {
        digit: str(digit) for digit in range(model.classes) if digit != found.digit
    }
    _choice(
        say("Which digit it is to become"),
        "why-target",
        -1 if looked.target is None else looked.target,
        options,
        lambda digit: setattr(looked, "target", None if digit == -1 else digit),
    )
    morph_view(found, "why-morph")
    share = 100 * float(found.probabilities[-1][found.target])
    begun = (
        say(
            "With {added:.0f} pixels' worth of ink more and {erased:.0f} less, the network reads a "
            "{target} ({share:.0f} %).",
            added=found.added,
            erased=found.erased,
            target=found.target,
            share=share,
        )
        if found.reached
        else say(
            "The search found no way to a {target} that looks like ink; this is how far it came.", target=found.target
        )
    )
    st.html(
        f'<div class="ink-why"><p>{begun} Look at which stroke opens, closes or comes: there the two digits part, for '
        "this network. It is the smallest change that a search found among those that look like ink and hold when the "
        "image is moved by a pixel. A smaller one may exist: with noise instead of ink, far less fools a network "
        "(Szegedy et al. 2014; the search is after Carlini and Wagner 2017).</p></div>"
    )


NAMES = {
    "pixels": "Pixels that mattered",
    "nearest": "Most like it",
    "features": "Feature maps",
    "morph": "What would change its mind",
}
VIEWS = {"pixels": _pixels, "nearest": _nearest, "features": _features, "morph": _morph}
