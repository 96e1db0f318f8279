"""Learn my hand: drawings that were corrected are kept, looked through, and learned from."""

from html import escape

import numpy as np
import streamlit as st

from dashboard.controlled import controlled
from dashboard.drawing.readers import Reader, read
from dashboard.explaining.morph_view import data_uri
from dashboard.hand import hand_desk, hand_learning, hand_travel
from dashboard.hand.hand_gallery import MOST, gallery
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine.arrays import Bytes
from engine.datasets import DataError
from engine.datasets.inks import IMAGE_SIDE, ink_of
from engine.datasets.personal import CLASSES, Hand
from engine.drawing import Prepared, PrepareSettings

ALL_STEPS = 1 + len(PrepareSettings.__dataclass_fields__)  # "ink", and one for each that can be left out
STYLE = """<style>
.ink-hand { border-collapse: collapse; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
.ink-hand th, .ink-hand td { text-align: left; padding: 0.3rem 1.2rem 0.3rem 0; font-weight: 400;
  border-bottom: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.ink-hand thead th { font-size: 0.8rem; opacity: 0.75; }
.ink-hand td { font-weight: 600; }
.ink-note { font-size: 0.82rem; opacity: 0.75; margin: 0.35rem 0 0; }
.ink-chosen { width: 56px; height: 56px; image-rendering: pixelated; border-radius: 4px; display: block; }
</style>"""


def render(reader: Reader | None, prepared: Prepared | None) -> None:
    """The panel. prepared: what is drawn now, as the reader sees it; None: nothing."""
    hand = hand_desk.read()
    st.html(STYLE)
    with st.container(key="hand-correct", gap="xsmall"):
        _correct(reader, prepared, hand)
    with st.container(key="hand-said"):
        here = hand_desk.desk()
        drawing = prepared.image.tobytes() if prepared is not None else b""
        if here.drawing != drawing:
            here.drawing, here.told = drawing, ""
        if here.problem:
            st.warning(literal(translated(here.problem)), icon=":material/error:")
        elif here.told:
            st.caption(here.told)
    with st.container(key="hand-set", gap="xsmall"):
        _set(hand)
    with st.container(key="hand-figures", gap="xsmall"):
        if reader is not None and len(hand):
            hand_learning.render(reader, hand)


def _correct(reader: Reader | None, prepared: Prepared | None, hand: Hand) -> None:
    """Right, or what it is instead."""
    model = reader.model() if reader is not None else None
    if prepared is None or model is None or prepared.image.shape != model.checkpoint.image_shape[:2]:
        st.caption(say("Draw a digit, and say here whether it was read right. What you confirm or correct is kept."))
        return
    answer = int(read(model, prepared.image).argmax())
    try:
        ink = ink_of(prepared)
    except DataError as error:
        st.caption(str(error))
        return
    image = prepared.image if prepared.image.shape[0] == IMAGE_SIDE and len(prepared.steps) == ALL_STEPS else None
    kept = _label_of(hand, ink)
    with st.container(horizontal=True, vertical_alignment="bottom", key="hand-right", gap="small"):
        st.button(
            say("Right, it is a {answer}", answer=answer) if answer != 8 else say("Right, it is an 8"),
            key="hand-confirm",
            icon=":material/check:",
            disabled=kept == answer or answer >= CLASSES,
            on_click=_keep,
            args=(ink, answer, image),
        )
        controlled(
            st.pills,
            say("No, it is a …"),
            "hand-label",
            kept,
            lambda label: _keep(ink, label, image) if label is not None else _drop(ink),
            options=list(range(CLASSES)),
            help=say(
                "The drawing is kept with this label on your disk, for networks to learn from. A second "
                "click takes it out again.",
            ),
        )


def _label_of(hand: Hand, ink: Bytes) -> int | None:
    """The label with which this very drawing is kept."""
    same = np.flatnonzero((hand.inks == ink).all(axis=(1, 2)))
    return int(hand.labels[same[0]]) if len(same) else None


def _keep(ink: Bytes, label: int, image: Bytes | None) -> None:
    hand_desk.change(lambda hand: hand.added(ink, label, image), say("Kept as a {label}.", label=label))
    here, hand = hand_desk.desk(), hand_desk.read()
    if here.told and hand.held[(hand.inks == ink).all(axis=(1, 2))].any():
        here.told += say(" It is held back (orange dot): no run learns from it, it tells how well your hand is read.")


def _drop(ink: Bytes) -> None:
    def without(hand: Hand) -> Hand:
        return hand.chosen(~(hand.inks == ink).all(axis=(1, 2)))

    hand_desk.change(without, say("Taken out again."))


def _set(hand: Hand) -> None:
    """Counts, small pictures, and what can be done with them."""
    here = hand_desk.desk()
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="hand-head"):
        if len(hand):
            counts = np.bincount(hand.labels, minlength=CLASSES)
            names = {-1: say("All {count}", count=len(hand))} | {
                digit: f"{digit} ×{counts[digit]}" for digit in np.flatnonzero(counts)
            }
            controlled(
                st.pills,
                say("My drawings"),
                "hand-filter",
                -1 if here.label not in names else here.label,
                lambda label: setattr(here, "label", None if label == -1 else label),
                options=[int(name) for name in names],
                required=True,
                format_func=lambda label: names.get(label, str(label)),
            )
        hand_travel.render(hand)
    if not len(hand):
        return
    label = here.label if here.label is not None and (hand.labels == here.label).any() else None
    gallery(hand, label, here.chosen, lambda name: setattr(here, "chosen", name), "hand-gallery")
    more = (len(hand) if label is None else int((hand.labels == label).sum())) - MOST
    if more > 0:
        st.caption(say("The newest {most}; {more} older ones are kept as well.", most=MOST, more=more))
    with st.container(key="hand-chosen"):
        _chosen(hand, here)


def _chosen(hand: Hand, here: hand_desk.HandDesk) -> None:
    """Another label for one drawing, or away with it."""
    found = np.flatnonzero(hand.ids == (-1 if here.chosen is None else here.chosen))
    if not len(found):
        return
    place, name = int(found[0]), int(hand.ids[found[0]])

    def relabel(label: int | None) -> None:
        if label is not None:
            hand_desk.change(
                lambda now: now.relabelled(name, label), say("Drawing {name} is a {label} now.", name=name, label=label)
            )

    def delete() -> None:
        hand_desk.change(lambda now: now.without(name), say("Drawing {name} is deleted.", name=name))
        here.chosen = None

    with st.container(horizontal=True, vertical_alignment="center", key="hand-one", gap="small"):
        alt = escape(say("drawing {name}", name=name))
        st.html(
            f'<img class="ink-chosen" alt="{alt}" src="{data_uri(hand.images[place])}">',
            width="content",
        )
        controlled(
            st.pills,
            say("Drawing {name} is a …", name=name),
            "hand-relabel",
            int(hand.labels[place]),
            relabel,
            options=list(range(CLASSES)),
            required=True,
        )
        st.button(say("Delete it"), key="hand-delete", icon=":material/delete:", type="tertiary", on_click=delete)
