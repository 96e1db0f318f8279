"""What networks make of the drawing: the image they see, the answer in large type and in words, ten bars."""

import base64
import functools
from html import escape

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.charts import probability_bars
from dashboard.charts.bars import percent
from dashboard.drawing.readers import Reader, no_drawings, reads_drawings
from dashboard.drawing.reading import ALL_STEPS, Shares, Sheet, answers, digits, ink_of
from dashboard.language import say, translated
from dashboard.live_feed import block, tell
from engine import Model
from engine.drawing import Prepared, PrepareSettings

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SURE, UNSURE = 0.9, 0.6  # probabilities from which, and below which, the words say so
UNKNOWN = "?"
ROOM_FOR_A_LABEL = 8  # percent of the height, above a frame


def render(reader: Reader | None, over: DeltaGenerator) -> None:
    """The answer of one network to what is on the pad.

    over: the place over a square pad, as `pad.render` gives it; several digits are framed there.
    """
    blocks = of_pad(reader)
    tell({"boxes": ""} | blocks)
    st.html(block("answer", blocks["answer"]))
    if "boxes" in blocks:
        over.html(block("boxes", blocks["boxes"]))


def of_pad(reader: Reader | None) -> dict[str, str]:
    """What `render` shows, as HTML by the name of its block."""
    sketch = session.drawing().sketch
    html, shares = answered([reader] if reader else [], sketch)
    if reader is None or sketch is None or shares is None or len(shares) < 2 or (model := reader.model()) is None:
        return {"answer": html}
    return {"answer": html, "boxes": boxes(sketch, model.image_size, shares, session.desk().least, aspect=1)}


def answered(
    readers: list[Reader],
    sheet: Sheet | None,
    settings: PrepareSettings = ALL_STEPS,
    empty: str = "Nothing is drawn yet.",
) -> tuple[str, Shares | None]:
    """The answers of one or several networks as HTML, and the first one's, (digits, classes); None: there is none."""
    known = [(reader, shape) for reader in readers if (shape := reader.image_shape()) is not None]
    fit = [reader for reader, shape in known if reads_drawings(shape)]
    unfit = "".join(_note(translated(no_drawings(*each))) for each in known if each[0] not in fit)
    models = [(reader, model) for reader in fit if (model := reader.model()) is not None] if sheet else []
    if not known or (fit and sheet and not models):
        return _note(say("No network can read yet. Press Train: its answers appear here within seconds.")), None
    if not fit:
        return unfit, None
    shares = [_answers(reader, model, sheet, settings) for reader, model in models] if sheet else []
    if sheet is None or not len(shares[0]):
        *others, last = [reader.name for reader in fit]
        names = say("{join} and {last}", join=", ".join(others), last=last) if others else last
        more = say("{empty} The answer will come from {names}.", empty=translated(empty), names=names)
        return unfit + _note(more) + probability_bars(None), None
    blocks = [
        _card(reader, model, digits(sheet, model.image_size, settings), each, alone=len(models) == 1)
        for (reader, model), each in zip(models, shares, strict=True)
    ]
    html = blocks[0] if len(blocks) == 1 else f'<div class="ink-cards">{"".join(blocks)}</div>'
    return unfit + html, shares[0] if models[0][0] is readers[0] else None


def _answers(reader: Reader, model: Model, sheet: Sheet, settings: PrepareSettings) -> Shares:
    return answers(session.desk().answers, str(reader.path), model, sheet, settings)


def _card(reader: Reader, model: Model, found: tuple[Prepared, ...], shares: Shares, alone: bool) -> str:
    """One network's answer. alone: with all the room there is."""
    told = say("by {name}, which sees {size}×{size} pixels", name=reader.name, size=model.image_size)
    by = f"<br><small>{escape(told)}</small>"
    least = session.desk().least
    inside = (_several if len(found) > 1 else _single)(found, shares, least, by if alone else "")
    return inside if alone else f'<div class="ink-card"><h6>{escape(reader.name)}</h6>{inside}</div>'


def _single(found: tuple[Prepared, ...], shares: Shares, least: float, by: str) -> str:
    digit, words = in_words(shares[0], least)
    return (
        f'<div class="ink-answer{"" if by else " small"}">{picture(found[0].image)}<b>{digit}</b>'
        f"<p>{escape(words)}{by}</p></div>{probability_bars(shares[0], words)}"
    )


def _several(found: tuple[Prepared, ...], shares: Shares, least: float, by: str) -> str:
    """All digits in a row, as a number, then each by itself."""
    told = [in_words(each, least) for each in shares]
    read = [digit for digit, _ in told]
    number = (" " if max(map(len, read)) > 1 else "").join(read)
    unknown = read.count(UNKNOWN)
    count = say("{count} digits", count=len(found)) + (
        say(", {unknown} of them unclear.", unknown=unknown) if unknown else "."
    )
    figures = "".join(
        f"<figure>{picture(each.image, words)}<figcaption><b>{digit}</b> {escape(percent(float(share.max())))}"
        f"</figcaption>{probability_bars(share, words, compact=True)}</figure>"
        for each, share, (digit, words) in zip(found, shares, told, strict=True)
    )
    return (
        f'<div class="ink-answer number{"" if by else " small"}"><b>{number}</b><p>{count}{by}</p></div>'
        f'<div class="ink-found">{figures}</div>'
    )


def in_words(probabilities: NDArray[np.floating], least: float = 0.0) -> tuple[str, str]:
    """The digit, or "?" where the network is less sure than `least`; and a sentence that says how sure it is."""
    second, first = (int(place) for place in np.argsort(probabilities)[-2:])
    share, rest = (float(probabilities[place]) for place in (first, second))
    best, other = (_named(place) for place in (first, second))
    if share < least:
        return (
            UNKNOWN,
            say(
                "I don't know: {best} ({share}), or {other} ({rest})?",
                best=best,
                share=percent(share),
                other=other,
                rest=percent(rest),
            ),
        )
    if share >= SURE:
        sure = say("more than 99 %") if share > 0.99 else percent(share)
        return str(first), say("{capitalize}, {sure} sure.", capitalize=best.capitalize(), sure=sure)
    if share >= UNSURE:
        return str(first), say(
            "Probably {best} ({share}), perhaps {other}.", best=best, share=percent(share), other=other
        )
    return str(first), say("Not sure: {best} ({share}), or {other}?", best=best, share=percent(share), other=other)


def _named(label: int) -> str:
    """ "a seven"; "an 11": classes beyond the ten digits go by their number."""
    if label < len(DIGITS):
        return translated(f"an {DIGITS[label]}" if label == 8 else f"a {DIGITS[label]}")
    an = label in (11, 18) or str(label).startswith("8")
    return say("an {number}", number=label) if an else say("a {number}", number=label)


def boxes(sheet: Sheet, size: int, shares: Shares, least: float, aspect: float = 0.0) -> str:
    """Frames around the digits with their answers, to lie over the picture they were found in.

    aspect: width / height of a canvas of another shape; the sheet lies in its upper left corner, as large as it can be.
    """
    height, width = ink_of(sheet).shape
    shape = f' style="aspect-ratio:{aspect};right:auto"' if aspect else ""  # a narrow window shows a part of the canvas
    aspect = aspect or width / height
    factor = 100 * min(1 / height, aspect / width)  # percent of the canvas's height for each pixel
    frames = ""
    for found, each in zip(digits(sheet, size), shares, strict=False):
        left, top, across, down = (factor * extent for extent in found.box)
        place = (left / aspect, top, across / aspect, down)
        style = "left:{:.2f}%;top:{:.2f}%;width:{:.2f}%;height:{:.2f}%".format(*place)
        low = ' class="low"' if place[1] < ROOM_FOR_A_LABEL else ""
        frames += f'<div{low} style="{style}"><b>{in_words(each, least)[0]}</b></div>'
    return f'<div class="ink-boxes" aria-hidden="true"{shape}>{frames}</div>'


def picture(image: NDArray[np.uint8], alt: str = "") -> str:
    """A greyscale image as HTML, its pixels kept square."""
    alt = alt or say("what the network sees")
    return f'<img src="{_encoded(image.tobytes(), image.shape)}" alt="{escape(alt)}">'


@functools.lru_cache(maxsize=256)
def _encoded(pixels: bytes, shape: tuple[int, int]) -> str:
    image = np.frombuffer(pixels, np.uint8).reshape(shape)
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode()


def _note(text: str) -> str:
    """A sentence where an answer would be."""
    return f'<div class="ink-answer"><p>{escape(text)}</p></div>'
