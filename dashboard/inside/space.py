"""A map of the hidden space: images as points, near each other where a layer takes them for alike."""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.drawing.pin_curves import Pin, Pinned, image_of
from dashboard.drawing.readers import reads_drawings
from dashboard.inside.by_hand_moment import home
from dashboard.inside.held_back import HeldBack, held_back
from dashboard.inside.layer_names import layer_title
from dashboard.inside.space_map import Own, space_map
from dashboard.inside.space_words import caption, verdict
from dashboard.inside.space_work import Layout, lay_out
from dashboard.inside.subject import Key, Subject
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.running.jobs import Progress
from engine import Model
from engine.arrays import Array, Bytes
from engine.explain.space import PIXELS, last_hidden, turned

PATIENCE = 0.5  # seconds that a page which does not poll waits: a PCA mostly comes sooner
REFRESH = {"pca": 4.0, "tsne": 20.0}  # seconds from one picture of weights that change to the next
LAST = -2  # the last hidden layer, whatever its number


@dataclass(frozen=True, eq=False)
class Shown:
    """The picture on the page: turned to the one before, and brought to the map's size."""

    layout: Layout
    model: Model
    key: Key
    held: HeldBack
    turned: Array  # (n, 2)
    turn: Array  # (2, 2): a point of the layout, less `middle`, times this lies in `turned`
    middle: Array
    reach: float  # deviation of the points: the map's unit
    when: float


@dataclass(frozen=True, eq=False)
class Asked:
    """A picture that is being worked out."""

    model: Model
    key: Key
    layer: int
    method: str


@dataclass
class SpaceDesk:
    """What the map is set to."""

    layer: int = LAST
    method: str = "pca"
    shown: Shown | None = None
    asked: Asked | None = None


def render(subject: Subject) -> None:
    """The section."""
    desk, model = session.kept("inside-space", SpaceDesk), subject.model
    if desk.layer >= len(model.network.layers):
        desk.layer = LAST
    _choice(desk, model)
    layer = last_hidden(model) if desk.layer == LAST else desk.layer
    with st.container(key="space-wait"):  # both stay, or the browser would make the map anew
        _look(desk, subject, layer)
    with st.container(key="space-shown", gap="small"):
        if desk.shown is not None:
            _show(desk.shown, subject)


def _choice(desk: SpaceDesk, model: Model) -> None:
    methods = {"pca": say("PCA"), "tsne": say("t-SNE")}
    hidden = last_hidden(model)
    with st.container(horizontal=True, vertical_alignment="bottom", key="space-choice", gap="small"):
        controlled(
            st.selectbox,
            say("Layer"),
            "space-layer",
            desk.layer,
            lambda layer: setattr(desk, "layer", layer),
            options=[LAST, PIXELS, *range(len(model.network.layers))],
            format_func=partial(_layer_name, model, hidden),
            width=270,
        )
        controlled(
            st.segmented_control,
            say("Method"),
            "space-method",
            desk.method,
            lambda method: setattr(desk, "method", method or desk.method),
            options=list(methods),
            required=True,
            format_func=methods.__getitem__,
            help=say(
                "PCA is the widest plane through the points: quick, and true to distances. t-SNE bends the space so "
                "that neighbours stay together: seconds, and better at showing groups."
            ),
        )


def _layer_name(model: Model, hidden: int, layer: int) -> str:
    if layer == PIXELS:
        return say("the image's pixels")
    if layer == LAST:
        last = say("the image's pixels") if hidden == PIXELS else layer_title(model, hidden)
        return say("last hidden: {layer}", layer=last)
    return layer_title(model, layer)


def _look(desk: SpaceDesk, subject: Subject, layer: int) -> None:
    """Bring `desk.shown` up to date; while a picture is on its way the one before stays, if it is of the same run."""
    shown = desk.shown
    same = shown is not None and home(shown.key) == home(subject.key) and shown.layout.layer == layer
    if shown is not None and same and shown.layout.method == desk.method:
        fresh = time.monotonic() - shown.when < REFRESH[desk.method]
        if shown.key == subject.key or (subject.live and shown.key[0] == subject.key[0] and fresh):
            return
    before = shown if same else None
    images = held_back(subject.model, PATIENCE)
    progress: Progress[Any] = images
    if images.result is not None:
        desk.asked = _asked(desk, subject, layer)
        progress = _lay_out(desk.asked, images.result, before)
    if images.result is not None and progress.result is not None and desk.asked is not None:
        desk.shown, desk.asked = _fitted(progress.result, desk.asked, images.result, before), None
        return
    desk.shown = None if progress.problem else before
    if progress.problem:
        desk.asked = None
        st.caption(literal(translated(progress.problem)))
        return
    subject.wants_polling()
    if before is None or not subject.live:  # a map that follows a run in training must not move up and down
        st.progress(progress.share, say("Laying out the images …"))


def _asked(desk: SpaceDesk, subject: Subject, layer: int) -> Asked:
    """What is waited for: of weights that change, what was asked for first, or there would never be a picture."""
    known = desk.asked
    if known is not None and subject.live:
        if (known.key[0], known.layer, known.method) == (subject.key[0], layer, desk.method):
            return known
    return Asked(subject.model, subject.key, layer, desk.method)


def _lay_out(asked: Asked, held: HeldBack, before: Shown | None) -> Progress[Layout]:
    """A t-SNE goes on from the one before, so that it moves no more than it must."""
    goes_on = before is not None and asked.method == before.layout.method == "tsne" and before.held.key == held.key
    start, digest = (before.layout.picture, before.layout.digest) if before is not None and goes_on else (None, "")
    key = ("space", asked.key, held.key, asked.layer, asked.method, digest)
    model, layer, method = asked.model, asked.layer, asked.method
    return session.jobs().ask(key, lambda tell: lay_out(model, held, layer, method, start, tell), PATIENCE)


def _fitted(layout: Layout, asked: Asked, held: HeldBack, before: Shown | None) -> Shown:
    """Turn a picture to the one before, and bring it to the map's size."""
    middle = layout.picture.mean(axis=0)
    turn: Array = np.eye(2)
    if before is not None and before.held.key == held.key:
        both = min(len(before.turned), len(layout.picture))  # t-SNE has fewer images
        turn = turning(layout.picture[:both], before.turned[:both])
    placed = np.asarray((layout.picture - middle) @ turn, np.float32)
    reach = float(placed.std()) or 1.0
    return Shown(layout, asked.model, asked.key, held, placed / reach, turn, middle, reach, time.monotonic())


def turning(picture: Array, like: Array) -> Array:
    """The turn or mirroring (2, 2) by which `turned` brings a picture near to another."""
    centred = picture - picture.mean(axis=0)
    return np.linalg.lstsq(centred, turned(picture, like), rcond=None)[0]


def _show(shown: Shown, subject: Subject) -> None:
    layout, held = shown.layout, shown.held
    st.markdown(verdict(layout))
    own = _own(shown, subject)
    count = layout.count
    space_map(
        shown.turned,
        held.images[:count],
        held.labels[:count],
        layout.answers,
        layout.sure,
        own,
        say("map of {count:,} validation images", count=count),
        "space-map",
    )
    st.caption(caption(layout))
    st.caption(
        say(
            "{count:,} validation images; a ring marks those that are misread, a frame your own. Click the map, then "
            "use the wheel to zoom; drag to move; point at a digit to enlarge it; a class below shows it alone.",
            count=count,
        )
    )


def _own(shown: Shown, subject: Subject) -> list[Own]:
    """The chosen image or drawing and the pinned digits, at their places."""
    model = shown.model
    found: list[tuple[Bytes, str]] = []
    if subject.image is not None and subject.image.shape == model.checkpoint.image_shape[:2]:
        found.append((subject.image, say("the chosen image") if subject.label is not None else say("your drawing")))
    if reads_drawings(model.checkpoint.image_shape):
        pins: list[Pin] = session.kept("pins", Pinned).items
        found += [(image_of(pin, model.image_size), say("pinned as {label}", label=pin.label)) for pin in pins]
    if not found:
        return []
    images = np.stack([image for image, _ in found])
    places = (shown.layout.place(model, images) - shown.middle) @ shown.turn / shown.reach
    answers = model.predict(images)
    return [
        Own(place, image, say("{what}, read as {answer}", what=what, answer=int(shares.argmax())))
        for (image, what), place, shares in zip(found, places, answers, strict=True)
    ]
