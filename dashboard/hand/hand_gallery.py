"""Small pictures of a person's drawings, each of which can be chosen with a click or with the keyboard."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from dashboard.explaining.morph_view import data_uri
from engine.datasets.personal import Hand

MOST = 96  # pictures; the newest

_HTML = "<div class='hand' role='list'></div>"
_STYLE = """
.hand { display: flex; flex-wrap: wrap; gap: 0.4rem; max-height: 15rem; overflow-y: auto; padding: 3px; }
.hand button { position: relative; width: 52px; padding: 0; border: 2px solid transparent; border-radius: 6px;
  background: color-mix(in srgb, var(--st-text-color) 6%, transparent); color: var(--st-text-color);
  font: 600 0.8rem/1.35 var(--st-font); cursor: pointer; }
.hand img { display: block; width: 48px; height: 48px; border-radius: 4px 4px 0 0; background: #000;
  image-rendering: pixelated; }
.hand button:hover { border-color: color-mix(in srgb, var(--st-primary-color) 50%, transparent); }
.hand button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.hand button[aria-pressed=true] { border-color: var(--st-primary-color); }
.hand .held::after { content: ""; position: absolute; right: 4px; top: 4px; width: 8px; height: 8px;
  border-radius: 50%; background: #f0a040; border: 1px solid #000; }
"""
_SCRIPT = """
const shown = new WeakMap();
export default function ({ data, parentElement, setTriggerValue }) {
  const place = parentElement.querySelector(".hand");
  if (!place) return;
  const text = JSON.stringify(data.items);
  if (shown.get(place) !== text) {
    place.replaceChildren(...data.items.map(({ id, label, held, src }) => {
      const button = document.createElement("button");
      const image = document.createElement("img");
      image.src = src;
      image.alt = "";
      button.type = "button";
      button.dataset.id = id;
      button.className = held ? "held" : "";
      button.setAttribute("aria-label", `drawing ${id}, ${label}${held ? ", held back" : ""}`);
      button.append(image, String(label));
      return button;
    }));
    shown.set(place, text);
  }
  for (const button of place.children) {
    const id = Number(button.dataset.id);
    button.setAttribute("aria-pressed", String(id === data.chosen));
    button.onclick = () => setTriggerValue("chosen", { id: id === data.chosen ? null : id });
  }
}
"""


@functools.cache
def _component() -> Any:
    return st.components.v2.component("hand_gallery", html=_HTML, css=_STYLE, js=_SCRIPT)


@functools.lru_cache(maxsize=8)
def _items(hand: Hand, label: int | None) -> tuple[dict[str, Any], ...]:
    places: NDArray[np.intp] = np.flatnonzero(np.ones(len(hand), np.bool_) if label is None else hand.labels == label)
    return tuple(
        {
            "id": int(hand.ids[place]),
            "label": int(hand.labels[place]),
            "held": bool(hand.held[place]),
            "src": data_uri(hand.images[place]),
        }
        for place in places[::-1][:MOST]
    )


def gallery(hand: Hand, label: int | None, chosen: int | None, choose: Callable[[int | None], None], key: str) -> None:
    """The newest drawings, of one digit if `label` says so; reports the id of what is clicked, None to let go."""

    def report() -> None:
        told = st.session_state[key]["chosen"]
        name = told.get("id") if isinstance(told, dict) else None
        choose(name if isinstance(name, int) and not isinstance(name, bool) else None)

    data = {"items": list(_items(hand, label)), "chosen": chosen}
    _component()(key=key, data=data, height="content", on_chosen_change=report)
