"""One image closely: the network's whole answer, what the drawing pad would make of it, and the way to the reasons."""

import functools
from html import escape

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import pages, session
from dashboard.charts import probability_bars
from dashboard.charts.bars import percent
from dashboard.drawing.answer import in_words
from dashboard.drawing.reader_menu import SHOWN
from dashboard.drawing.readers import Reader, read
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.gallery import encoded
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source
from dashboard.language import say
from dashboard.session import Photo
from engine.drawing import Prepared, PrepareSettings, digits_in_ink
from engine.drawing.pipeline import SMALLEST_IMAGE

PAPER_SIDE = 420  # pixels of the picture that goes to the Draw page
ALL_STEPS = PrepareSettings()
MARGIN = 0.25  # of the image, around it


def render(here: EvaluateDesk, found: Outcome, place: int, source: Source) -> None:
    """The panel."""
    image, shares = found.held.images[place], found.shares[place]
    true, answer = int(found.held.labels[place]), int(found.read[place])
    _, words = in_words(shares)
    label = say("The label says {true}: the answer is right.", true=true)
    if true != answer:
        given = percent(float(shares[true]))
        label = say("The label says {true}, to which the network gives {share}.", true=true, share=given)
    number = say("Image {place:,} of the {which} images.", place=place + 1, which=_set_name(found))
    with st.container(border=True, key="close-up", gap="small"):
        st.html(
            f'<div class="evaluate-closely"><img src="{encoded(image)}" alt="{escape(words)}"><div>'
            f"<p><b>{escape(words)}</b><br>{escape(label)}<br><small>{escape(number)}</small></p>"
            f"{probability_bars(shares, words)}</div></div>"
        )
        with st.container(horizontal=True, vertical_alignment="center", key="close-up-tools", gap="small"):
            if _can_be_drawn(image) and st.button(
                say("Take it to the Draw page"),
                key="to-draw",
                icon=":material/draw:",
                help=say("There it is prepared like a drawing, step by step, and “Why this answer?” explains it."),
            ):
                _take_to_draw(image, source)
            st.button(say("Close"), key="close-up-close", type="tertiary", on_click=_close, args=(here,))
        if _can_be_drawn(image):
            st.caption(_as_drawn(image, source))


def _close(here: EvaluateDesk) -> None:
    here.picked = None


def _set_name(found: Outcome) -> str:
    return say("test") if found.held.which == "test" else say("validation")


def _can_be_drawn(image: NDArray[np.uint8]) -> bool:
    return image.shape[0] == image.shape[1] >= SMALLEST_IMAGE


def _as_drawn(image: NDArray[np.uint8], source: Source) -> str:
    """What the pad would say of it."""
    model = Reader(source.name, source.path).model()
    prepared = _prepared(image.tobytes(), image.shape[0])
    if model is None or not prepared or prepared[0].image.shape != model.checkpoint.image_shape[:2]:
        return say("The drawing pad would find no digit in it.")
    _, words = in_words(read(model, prepared[0].image))
    if len(prepared) > 1:
        return say(
            "Drawn on the pad, it would be taken for {count} digits; the first: {words}",
            count=len(prepared),
            words=words,
        )
    return say("Drawn on the pad, and prepared as drawings are, it would be read so: {words}", words=words)


@functools.lru_cache(maxsize=64)
def _prepared(pixels: bytes, side: int) -> tuple[Prepared, ...]:
    return tuple(digits_in_ink(_paper(np.frombuffer(pixels, np.uint8).reshape(side, side)), ALL_STEPS, side))


def _paper(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The image as ink on a large sheet, uint8 (height, width), with soft edges."""
    margin = round(MARGIN * image.shape[0])
    framed = np.pad(image, margin)
    return np.asarray(cv2.resize(framed, (PAPER_SIDE, PAPER_SIDE), interpolation=cv2.INTER_CUBIC), np.uint8)


def _take_to_draw(image: NDArray[np.uint8], source: Source) -> None:
    """Put it on the desk of the Draw page, with the network that read it."""
    desk = session.desk()
    paper = np.repeat((255 - _paper(image))[..., np.newaxis], 3, axis=2)
    desk.photo = Photo(paper, cv2.imencode(".png", paper)[1].tobytes())
    desk.source, desk.problem, desk.index = "file", "", 0
    shown = session.shown().run_id
    if source.run is None:
        desk.readers = [str(source.path)]
    else:
        desk.readers = [SHOWN if source.run.id == shown else source.run.id]
    st.switch_page(pages.page("draw"))
