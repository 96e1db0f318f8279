"""How a drawing becomes what the network sees: a picture of each step, a switch, and what the step is worth."""

from dataclasses import dataclass, replace
from functools import partial
from html import escape

import cv2
import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard import session
from dashboard.charts.bars import percent
from dashboard.controlled import controlled
from dashboard.drawing import answer
from dashboard.drawing.readers import Reader, read
from dashboard.drawing.reading import Shares, Sheet, digits, remembered
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.drawing import Prepared, PrepareSettings

# The settings' names, what a switch says, and what the step is for.
STEPS = {
    "crop": ("Crop", "Cut the digit out. Off: it stays where it is on the canvas, and as small."),
    "stroke_width": ("Stroke width", "Bring the pen to the width of MNIST's pens. Off: as thick or thin as drawn."),
    "scale": ("Scale", "Make the longer side 20 of 28 pixels. Off: as large as on the canvas."),
    "centre": ("Centre", "Put the centre of mass in the middle. Off: the box is in the middle."),
    "brightness": ("Brightness", "Make the brightest pixel white. Off: as grey as it became."),
}
SHOWN_SIDE = 96  # pixels of a picture
MATTERS = 0.05  # of the probability; less is not worth a word


@dataclass(frozen=True)
class Worth:
    """The answer as it is, and as it would be with one step switched the other way."""

    digit: int
    share: float
    other_digit: int
    other_share: float

    @property
    def loss(self) -> float:
        """How much less sure of this answer the network is then; more than 1 where it gives another one."""
        return self.share - self.other_share if self.digit == self.other_digit else 1 + self.other_share


def settings() -> PrepareSettings:
    """The steps that are switched on."""
    return PrepareSettings(**{name: name not in session.desk().left_out for name in STEPS})


def render(sheet: Sheet, reader: Reader, model: Model, index: int) -> None:
    """The strip for one of the digits on a sheet."""
    here = settings()
    found = digits(sheet, model.image_size, here)
    if index >= len(found):
        return
    st.markdown(say("##### How the drawing becomes what the network sees"), anchors=False)
    asked = (model, sheet, here, index)
    worth = remembered(
        session.desk().answers, "worth of the steps", asked, lambda: worth_of_steps(sheet, model, here, index)
    )
    with st.container(horizontal=True, gap="medium", key="steps-row"):
        before = _step(found[index], "ink", None)
        with st.container(width=128, gap="xsmall", key="step-ink"):
            st.html(_figure(before, say("Ink"), f"<strong>{say('Ink')}</strong><br>{say('all that is no background')}"))
        for name, (label, help_) in STEPS.items():
            on = getattr(here, name)
            before = _step(found[index], name.replace("_", " "), before)
            with st.container(width=128, gap="xsmall", key=f"step-{name.replace('_', '-')}"):
                st.html(_figure(before, translated(label), _in_words(worth.get(name), on), off=not on))
                controlled(
                    st.toggle, translated(label), f"prepare-{name}", on, partial(_switch, name), help=translated(help_)
                )
    st.markdown(sentence(worth, here))
    st.caption(
        say(
            "Switch a step off to see what it is worth. MNIST's digits were made this way: 20 of 28 "
            "pixels tall or wide, the centre of mass in the middle. The figures are those of {name}.",
            name=literal(reader.name),
        )
    )


def _switch(name: str, wish: bool) -> None:
    desk = session.desk()
    desk.left_out = desk.left_out - {name} if wish else desk.left_out | {name}


def _step(prepared: Prepared, name: str, before: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    """The picture after a step; after one that is left out, it is the picture before."""
    found = next((step.image for step in prepared.steps if step.name == name), before)
    return prepared.image if found is None else found


def _figure(image: NDArray[np.uint8], name: str, words: str, off: bool = False) -> str:
    mark = ' class="off"' if off else ""
    picture = answer.picture(_small(image), name)
    return f'<div class="ink-steps"><figure{mark}>{picture}<figcaption>{words}</figcaption></figure></div>'


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """No larger than it is shown."""
    factor = SHOWN_SIDE / max(image.shape)
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _in_words(worth: Worth | None, on: bool) -> str:
    """ "without: a 1, 41 %" as HTML, in the colour of a warning where the answer is another one."""
    if worth is None:
        return ""
    word = say("without") if on else say("with")
    other = f"{word}: {worth.other_digit}, {percent(worth.other_share)}"
    mark = ' class="changed"' if worth.other_digit != worth.digit else ""
    return f"{escape(say('now'))}: {worth.digit}, {escape(percent(worth.share))}<br><span{mark}>{escape(other)}</span>"


def sentence(worth: dict[str, Worth], here: PrepareSettings) -> str:
    """Which of the steps that are on this answer needs most."""
    needed = {name: each for name, each in worth.items() if getattr(here, name)}
    if not needed:
        return say("All steps are switched off: the network gets the whole canvas, shrunk.")
    name, most = max(needed.items(), key=lambda item: item[1].loss)
    if most.loss < MATTERS:
        return say("This drawing is read alike without any one of the steps.")
    return say(
        "**{capitalize}** matters most here: {share} sure of {digit} with it, without it "
        "{other_share} sure of {other_digit}.",
        capitalize=translated(STEPS[name][0]),
        share=percent(most.share),
        digit=most.digit,
        other_share=percent(most.other_share),
        other_digit=most.other_digit,
    )


def worth_of_steps(sheet: Sheet, model: Model, here: PrepareSettings, index: int) -> dict[str, Worth]:
    """For each step the answer with it and without it; all in one pass through the network."""
    now = digits(sheet, model.image_size, here)[index].image
    images, names = [now], []
    for name in STEPS:
        found = digits(sheet, model.image_size, replace(here, **{name: not getattr(here, name)}))
        if index < len(found):
            images.append(found[index].image)
            names.append(name)
    shares: Shares = read(model, np.stack(images))
    top = shares.argmax(axis=1)
    return {
        name: Worth(int(top[0]), float(shares[0].max()), int(top[place]), float(shares[place].max()))
        for place, name in enumerate(names, 1)
    }
