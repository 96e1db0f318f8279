"""Images side by side, each with a few words and a button of its own."""

import base64
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import streamlit as st
from numpy.typing import NDArray

_HERE = Path(__file__)


@dataclass(frozen=True)
class Card:
    """One image. place: which of its set; title: in strong letters; lines: below; words: for whoever cannot see it."""

    place: int
    source: str  # as the address of an image
    title: str
    lines: tuple[str, ...]
    words: str
    wrong: bool = True


@functools.cache
def _component() -> Any:
    script, look = (_HERE.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".js", ".css"))
    return st.components.v2.component(
        "gallery", isolate_styles=False, html="<div class='gallery'></div>", css=look, js=script
    )


def gallery(key: str, cards: Sequence[Card], picked: int | None, pick: Callable[[int], None]) -> None:
    """Draw them; `pick` is called with the place of the one that was clicked."""

    def reported() -> None:
        state = st.session_state.get(key)
        value = state.get("picked") if isinstance(state, Mapping) else getattr(state, "picked", None)
        place = value.get("place") if isinstance(value, Mapping) else None
        if place in [card.place for card in cards]:
            pick(int(place))

    data = {"cards": [asdict(card) for card in cards], "picked": picked}
    _component()(data=data, key=key, height="content", on_picked_change=reported)


def encoded(image: NDArray[Any]) -> str:
    """A grey image as the address of a picture."""
    return "data:image/png;base64," + base64.b64encode(cv2.imencode(".png", image)[1].tobytes()).decode()
