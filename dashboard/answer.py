"""What a network makes of the drawing: the image it sees, its answer in large type and in words, ten bars."""

import base64
import functools
from html import escape

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session
from dashboard.charts import probability_bars
from dashboard.live_chart import live_chart
from dashboard.readers import Reader, read
from engine.drawing import Prepared, prepare

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SURE, UNSURE = 0.9, 0.6  # probabilities from which, and below which, the words say so


def render(reader: Reader | None, height: int = 250) -> None:
    """The answer to what is on the pad."""
    image = session.drawing().image
    model = reader.model() if reader else None
    if reader is None or model is None:
        _say("No network can read yet. Press Train: its answers appear here within seconds.")
        return
    prepared = prepared_sketch(image, model.image_size)
    probabilities = read(model, prepared.image) if prepared else None
    if prepared is None or probabilities is None:
        _say(f"Nothing is drawn yet. The answer will come from {reader.name}.")
    else:
        digit, words = in_words(probabilities)
        st.html(
            f'<div class="ink-answer">{picture(prepared.image)}<b>{digit}</b>'
            f"<p>{escape(words)}<br><small>by {escape(reader.name)}, which sees "
            f"{model.image_size}×{model.image_size} pixels</small></p></div>"
        )
    label = "" if probabilities is None else in_words(probabilities)[1]
    live_chart(probability_bars(probabilities), "bars", "", height, label)


def prepared_sketch(image: NDArray[np.uint8] | None, size: int) -> Prepared | None:
    """The drawing as a network of this input size gets it, with all steps on the way; None for an empty pad."""
    if image is None:
        return None
    return _prepared(image.tobytes(), image.shape, size)


@functools.lru_cache(maxsize=64)
def _prepared(data: bytes, shape: tuple[int, ...], size: int) -> Prepared | None:
    return prepare(np.frombuffer(data, np.uint8).reshape(shape), image_size=size)


def in_words(probabilities: NDArray[np.floating]) -> tuple[int, str]:
    """The digit, and a sentence that says how sure the network is."""
    second, first = (int(place) for place in np.argsort(probabilities)[-2:])
    share = float(probabilities[first])
    percent = "more than 99 %" if share > 0.99 else f"{share:.0%}".replace("%", " %")
    best, other = (f"{'an' if place == 8 else 'a'} {DIGITS[place]}" for place in (first, second))
    if share >= SURE:
        return first, f"{best.capitalize()}, {percent} sure."
    if share >= UNSURE:
        return first, f"Probably {best} ({percent}), perhaps {other}."
    return first, f"Not sure: {best} ({percent}), or {other}?"


def picture(image: NDArray[np.uint8], alt: str = "what the network sees") -> str:
    """A greyscale image as HTML, its pixels kept square."""
    encoded = base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode()
    return f'<img src="data:image/png;base64,{encoded}" alt="{escape(alt)}">'


def _say(text: str) -> None:
    st.html(f'<div class="ink-answer"><p>{escape(text)}</p></div>')
