"""Which image the network is given: one held back from training, one it misreads, or a drawing."""

import time
from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np
import numpy.typing as npt
import streamlit as st

from dashboard import session
from dashboard.charts import probability_bars
from dashboard.controlled import controlled
from dashboard.drawing import answer, pad, preparation
from dashboard.drawing.readers import reads_drawings
from dashboard.drawing.reading import digits
from dashboard.inside.desk import InsideDesk
from dashboard.inside.held_back import HeldBack, held_back
from dashboard.inside.subject import Key
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.arrays import Bytes
from engine.streams import stream

WIDTH = 250  # pixels of the panel
PATIENCE = 0.4  # seconds that a page which does not poll waits for the images: most come sooner
REFRESH = 5.0  # seconds after which the misread images of weights that change are looked for again

Places = npt.NDArray[np.intp]


@dataclass
class Misread:
    """Which of the images held back a network misread, the surest mistakes first."""

    key: Key
    places: Places
    when: float


def render(desk: InsideDesk, model: Model, key: Key, live: bool) -> tuple[Bytes | None, int | None]:
    """The panel: where the image comes from, the image, and the answer. Returns (image, label)."""
    titles = {"validation": say("Validation"), "misread": say("Misread"), "drawing": say("Drawing")}
    controlled(
        st.segmented_control,
        say("Which image"),
        "inside-source",
        desk.source,
        partial(_read_from, desk),
        options=list(titles),
        required=True,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
    with st.container(key="inside-pad", gap="xsmall"):
        if desk.source == "drawing":
            pad.render(WIDTH)
    with st.container(key="inside-choice", gap="xsmall"):
        image, label, problem = _drawn(model) if desk.source == "drawing" else _held_back(desk, model, key, live)
    with st.container(key="inside-answer"):
        if image is not None:
            _answer(model, image, label)
        elif problem:
            st.caption(problem)
    return image, label


def _read_from(desk: InsideDesk, wish: str | None) -> None:
    desk.source, desk.place = wish or desk.source, 0
    if desk.source == "drawing":
        session.drawing().visit = -1  # a canvas that comes back is a new one, and begins with what is drawn


def _drawn(model: Model) -> tuple[Bytes | None, int | None, str]:
    """The drawing as the page Draw prepares it."""
    height, width, _ = model.checkpoint.image_shape
    if not reads_drawings(model.checkpoint.image_shape):
        return None, None, say("This network sees {h}×{w} pixels and cannot read drawings.", h=height, w=width)
    sketch = session.drawing().sketch
    found = digits(sketch, model.image_size, preparation.settings()) if sketch is not None else ()
    if not found:
        return None, None, say("Nothing is drawn yet.")
    return found[min(session.desk().index, len(found) - 1)].image, None, ""


def _held_back(desk: InsideDesk, model: Model, key: Key, live: bool) -> tuple[Bytes | None, int | None, str]:
    patience = 0.0 if desk.polling else PATIENCE
    asked = held_back(model, patience)
    if asked.result is None:
        desk.waiting = desk.waiting or not asked.done
        return None, None, literal(translated(asked.problem)) or say("Reading the validation images …")
    held = asked.result
    places = _places(desk, model, key, live, held, patience)
    if places is None:
        return None, None, say("Looking for misread images …")
    of_class = [int(place) for place in places if desk.digit in (-1, held.labels[place])]
    _which(desk, len(of_class), model.classes)
    if not of_class:
        return (
            None,
            None,
            say("None of the {count:,} images is misread.", count=len(held.labels))
            if (desk.source == "misread")
            else say("There is no such image."),
        )
    place = of_class[min(desk.place, len(of_class) - 1)]
    return held.images[place], int(held.labels[place]), ""


def _places(desk: InsideDesk, model: Model, key: Key, live: bool, held: HeldBack, patience: float) -> Places | None:
    """The images to choose from: all, or those that are misread; of weights that change, by those of a moment ago."""
    if desk.source != "misread":
        return np.arange(len(held.labels))
    known: Misread | None = desk.shown.get("misread")
    if known is not None and (known.key == key or (live and known.key[0] == key[0] and _young(known))):
        return known.places
    asked = session.jobs().ask(
        ("inside misread", key, held.key), lambda tell: misread(model, held.images, held.labels), patience
    )
    if asked.result is None:
        desk.waiting = desk.waiting or not asked.done
        return known.places if known is not None and known.key[0] == key[0] else None
    desk.shown["misread"] = Misread(key, asked.result, time.monotonic())
    return asked.result


def _young(known: Misread) -> bool:
    return time.monotonic() - known.when < REFRESH


def misread(model: Model, images: Bytes, labels: Bytes) -> Places:
    """Places of the images that are misread, the surest mistakes first."""
    shares = model.predict(images)
    wrong = np.flatnonzero(shares.argmax(axis=1) != labels)
    return wrong[np.argsort(-shares[wrong].max(axis=1), kind="stable")]


def _which(desk: InsideDesk, count: int, classes: int) -> None:
    """Class and number, and another one at random."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="inside-which", gap="xsmall"):
        controlled(
            st.selectbox,
            say("Class"),
            "inside-digit",
            min(desk.digit, classes - 1),
            partial(_of_class, desk),
            options=list(range(-1, classes)),
            format_func=lambda digit: say("any") if digit < 0 else str(digit),
            width=84,
        )
        desk.place = max(min(desk.place, count - 1), 0)
        controlled(
            st.number_input,
            say("Number, of {count:,}", count=count),
            f"inside-place-{count}",
            desk.place + 1,
            lambda number: setattr(desk, "place", int(number) - 1),
            min_value=1,
            max_value=max(count, 1),
            width=104,
        )
        st.button(
            say("Another image"),
            key="inside-another",
            icon=":material/casino:",
            on_click=_another,
            args=(desk, count),
            disabled=count < 2,
            help=say("One at random."),
        )


def _of_class(desk: InsideDesk, digit: int) -> None:
    desk.digit, desk.place = digit, 0


def _another(desk: InsideDesk, count: int) -> None:
    """Any but this one. The choice follows from the place, so that nothing random is kept."""
    desk.place = (desk.place + 1 + int(stream(count, "another image", desk.place).integers(count - 1))) % count


def _answer(model: Model, image: Bytes, label: int | None) -> None:
    shares = model.predict(image[np.newaxis])[0]
    digit, words = answer.in_words(shares)
    if label is not None:
        right = int(shares.argmax()) == label
        truth = say("It is a {label}: right.", label=label) if right else say("It is a {label}: misread.", label=label)
        words = f"{truth} {words}"
    st.html(
        f'<div class="ink-answer small">{answer.picture(image)}<b>{digit}</b><p>{escape(words)}</p></div>'
        f'<div class="ink-card-bars">{probability_bars(shares, words)}</div>'
    )
