"""My digit learns: digits that are pinned to watch a network make up its mind about them.

They belong to one browser tab, which also keeps them over a reload; other people on the same server do not see them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.charts import probability_bars
from dashboard.charts.bars import percent
from dashboard.charts.pinned import color_of, pinned_figure
from dashboard.controlled import controlled
from dashboard.drawing import answer, tab_memory
from dashboard.drawing.pin_curves import MOST_PINS, Curves, Pin, Pinned, Shares, ask, curves, image_of, right_since
from dashboard.drawing.readers import choose, no_drawings, pretrained, reads_drawings
from dashboard.drawing.reading import Sheet, answers, digits, on_desk, remembered
from dashboard.language import say
from dashboard.live_chart import chart_data, show_chart
from dashboard.live_feed import Fresh, block
from dashboard.markdown import literal
from engine import Model
from engine.rundir import RunFolder

CHART_HEIGHT = 230
PATIENCE, PATIENCE_IN_TRAINING = 0.3, 0.015  # seconds for what snapshots say, each time the page is made
FIRST_SIZE = 28  # pixels, as MNIST; what is pinned is the ink, which fits any other size


@dataclass
class Form:
    """What is being typed to pin the next ones."""

    sheet: Sheet | None = None  # for which `label` is meant
    label: str = ""
    problem: str = ""


def render_strip(run: RunFolder | None, at_step: int | None) -> None:
    """Each pinned digit with its picture, its ten bars, and the probability of the right answer over the run.

    run: whose weights read; None: a network that ships. at_step: the step to which the run is rewound.
    """
    pins = session.kept("pins", Pinned)
    with st.container(key="pins", gap="small"):
        st.markdown(say("##### My digits"), anchors=False)
        _form(pins, on_desk() if session.place().page == "draw" else session.drawing().sketch)
        with st.container(key="pins-live", gap="small"):
            if pins.items:
                _live(pins, run, at_step)
        tab_memory.render(pins)


def _form(pins: Pinned, sheet: Sheet | None) -> None:
    """Say which digits they are, and pin them."""
    form = session.kept("pin-form", Form)
    found = digits(sheet, FIRST_SIZE) if sheet is not None else ()
    if sheet is not form.sheet:
        form.sheet, form.label, form.problem = sheet, _guess(sheet), ""
    with st.container(horizontal=True, vertical_alignment="bottom", key="pin-form", gap="small"):
        controlled(
            st.text_input,
            say("Pin as") if len(found) < 2 else say("Pin {count} digits as", count=len(found)),
            "pin-as",
            form.label,
            lambda text: setattr(form, "label", text.strip()),
            width=150,
            max_chars=2 * MOST_PINS,
            placeholder=say("0 to 9"),
            disabled=not found,
            help=say(
                "Which digit it is. The guess is that of the best network that ships; change it where it is wrong.",
            ),
        )
        st.button(say("Pin"), key="pin", icon=":material/keep:", on_click=_pin, args=(pins, form), disabled=not found)
        if pins.items:
            st.button(say("Remove all"), key="pin-clear", type="tertiary", on_click=pins.items.clear)
    if form.problem:
        st.error(literal(form.problem), icon=":material/error:")
    elif not pins.items:
        st.caption(
            say(
                "Draw a digit, say which one it is, and pin it. Its bars and the curve of the right "
                "answer stay here while a network learns, also for a run that has ended.",
            )
        )


def _guess(sheet: Sheet | None) -> str:
    """What a trained network takes the digits for, all in a row."""
    reader = next(iter(pretrained()), None)
    model = reader.model() if reader is not None else None
    if model is None or sheet is None:
        return ""
    shares = answers(session.desk().answers, "guess", model, sheet)
    return "".join(str(int(each.argmax())) for each in shares)


def _pin(pins: Pinned, form: Form) -> None:
    found = digits(form.sheet, FIRST_SIZE) if form.sheet is not None else ()
    text = "".join(form.label.split())
    form.problem = problem(text, len(found), MOST_PINS - len(pins.items))
    if form.problem:
        return
    for prepared, label in zip(found, text, strict=True):
        ink = next(step.image for step in prepared.steps if step.name == "crop")
        pins.items.append(Pin(pins.ever, int(label), np.ascontiguousarray(ink)))
        pins.ever += 1


def problem(text: str, count: int, room: int) -> str:
    """Why `count` digits cannot be pinned as `text`, where there is room for `room` more; "" if they can."""
    if not (text.isascii() and text.isdigit()):
        return say(
            "Say which digits they are, in order, such as {word}; got “{text_}”.",
            word="7" if count == 1 else "371",
            text_=text,
        )
    if len(text) != count:
        if count == 1:
            return say("There is 1 digit on the pad, and “{text_}” is {count}.", text_=text, count=len(text))
        return say(
            "There are {found} digits on the pad, and “{text_}” is {count}.",
            found=count,
            text_=text,
            count=len(text),
        )
    if count > room:
        return say(
            "At most {most_pins} digits can be pinned, and there is room for {room} more. Remove some first.",
            most_pins=MOST_PINS,
            room=room,
        )
    return ""


def _live(pins: Pinned, run: RunFolder | None, at_step: int | None) -> None:
    """What changes while a network learns."""
    items = tuple(pins.items)
    reader = choose(run, at_step)
    model = reader.model() if reader is not None else None
    if reader is None or model is None:
        st.caption(say("No network can read yet. Press Train."))
        return
    if not reads_drawings(model.checkpoint.image_shape):
        st.caption(literal(no_drawings(reader, model.checkpoint.image_shape)))
        return
    found = _curves(run, items, model if at_step is None else None)
    cards = _cards(items, model, found)
    with st.container(horizontal=True, key="pin-cards", gap="small"):
        for pin in items:
            with st.container(width=172, key=f"pin-card-{pin.number}", gap="xsmall"):
                st.html(block(_block(pin), cards[_block(pin)]))
                st.button(say("Remove"), key=f"unpin-{pin.number}", type="tertiary", on_click=_unpin, args=(pins, pin))
    if run is None or found is None or not len(found.steps):
        st.caption(
            say("These are the answers of {name}. Train a network to see the curves.", name=literal(reader.name))
        )
        return
    if data := _chart(run, items, found, at_step):
        show_chart(data, "pin-curves")
    more = say(" {left} of its snapshots are still to be asked.", left=found.left) if found.left else ""
    st.caption(
        say(
            "How sure {name} was of the right answer, in each snapshot of its weights.{more}",
            name=literal(reader.name),
            more=more,
        )
    )


def fresh(run: RunFolder | None, at_step: int | None) -> Fresh:
    """The pinned digits' pictures, bars and curves as they are now."""
    items = tuple(session.kept("pins", Pinned).items)
    reader = choose(run, at_step) if items else None
    model = reader.model() if reader is not None else None
    if model is None or not reads_drawings(model.checkpoint.image_shape):
        return Fresh({}, {})
    found = _curves(run, items, model if at_step is None else None)
    data = _chart(run, items, found, at_step) if run is not None and found is not None and len(found.steps) else None
    return Fresh(_cards(items, model, found), {"pin-curves": data} if data else {})


def _cards(items: tuple[Pin, ...], model: Model, found: Curves | None) -> dict[str, str]:
    shares = remembered(session.desk().answers, "pins", (model, items), lambda: ask(model, items))
    return {_block(pin): _card(pin, model, shares[place], found, place) for place, pin in enumerate(items)}


def _block(pin: Pin) -> str:
    return f"pin-{pin.number}"


def _chart(run: RunFolder, items: Sequence[Pin], found: Curves, at_step: int | None) -> dict[str, Any] | None:
    """The curves of those digits for which the network has a class; None where there is none."""
    places = [place for place, pin in enumerate(items) if pin.label < found.shares.shape[2]]
    if not places:
        return None
    drawn = [items[place] for place in places]
    labels, numbers = [pin.label for pin in drawn], [pin.number for pin in drawn]
    right = found.shares[:, places, labels]
    figure = pinned_figure(found.steps, right, labels, numbers, at_step, growing=_polling() and at_step is None)
    return chart_data(figure, run.id, CHART_HEIGHT, _chart_in_words(drawn, right, found))


def _unpin(pins: Pinned, pin: Pin) -> None:
    pins.items = [each for each in pins.items if each is not pin]


def _curves(run: RunFolder | None, items: tuple[Pin, ...], newest: Model | None) -> Curves | None:
    if run is None:
        return None
    return curves(run, items, newest, PATIENCE_IN_TRAINING if _polling() else PATIENCE)


def _polling() -> bool:
    """Whether the page follows a network in training."""
    return (session.desk() if session.place().page == "draw" else session.shown()).polling


def _card(pin: Pin, model: Model, shares: Shares, found: Curves | None, place: int) -> str:
    words = _in_words(pin, shares, found, place)
    wrong = ' class="wrong"' if int(shares.argmax()) != pin.label else ""
    return (
        f'<div class="ink-pin" style="border-left:4px solid {color_of(pin.number)}">'
        f"{answer.picture(image_of(pin, model.image_size), f'pinned {pin.label}')}"
        f"<div>{probability_bars(shares, words, compact=True)}</div><p{wrong}>{escape(words)}</p></div>"
    )


def _in_words(pin: Pin, shares: Shares, found: Curves | None, place: int) -> str:
    top = int(shares.argmax())
    if pin.label >= len(shares):
        return say(
            "A {label}, for which this network has no class: it knows 0 to {len}.", label=pin.label, len=len(shares) - 1
        )
    if top != pin.label:
        return say(
            "A {label}, taken for {top} ({shares}).", label=pin.label, top=top, shares=percent(float(shares[top]))
        )
    since = right_since(found, place, pin.label) if found is not None else None
    return say("A {label}, {shares} sure", label=pin.label, shares=percent(float(shares[top]))) + (
        say("; right since step {since:,}.", since=since) if since else "."
    )


def _chart_in_words(items: Sequence[Pin], right: Shares, found: Curves) -> str:
    ends = ", ".join(f"{pin.label}: {percent(float(right[-1, place]))}" for place, pin in enumerate(items))
    return say(
        "probability of the right answer from step {steps:,} to step {steps2:,}, last {ends}",
        steps=found.steps[0],
        steps2=found.steps[-1],
        ends=ends,
    )
