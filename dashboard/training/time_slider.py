"""A slider over the moments of a run. Streamlit's own is made anew when its range grows, out of a person's hand."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.language import say

_SCRIPT = Path(__file__).with_name("time_slider.js")
_HTML = """<div class="time-slider"><input type="range" min="0" step="1" >
<output></output></div>"""
_STYLE = """
.time-slider { display: flex; flex-direction: column; gap: 0.1rem; }
.time-slider input { width: 100%; margin: 0.35rem 0; height: 1.1rem; appearance: none; background: none;
  cursor: pointer; }
.time-slider input::-webkit-slider-runnable-track { height: 0.3rem; border-radius: 0.2rem; background:
  linear-gradient(to right, var(--st-primary-color) var(--share), var(--st-border-color) var(--share)); }
.time-slider input::-moz-range-track { height: 0.3rem; border-radius: 0.2rem; background: var(--st-border-color); }
.time-slider input::-moz-range-progress { height: 0.3rem; border-radius: 0.2rem;
  background: var(--st-primary-color); }
.time-slider input::-webkit-slider-thumb { appearance: none; width: 1.1rem; height: 1.1rem; border-radius: 50%;
  margin-top: -0.4rem; background: var(--st-primary-color); border: none; }
.time-slider input::-moz-range-thumb { width: 1.1rem; height: 1.1rem; border-radius: 50%; border: none;
  background: var(--st-primary-color); }
.time-slider input:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px;
  border-radius: 0.3rem; }
.time-slider input:disabled { opacity: 0.4; cursor: default; }
.time-slider output { font-size: 0.88rem; font-variant-numeric: tabular-nums; min-height: 1.4em; }
"""


@functools.cache
def _component() -> Any:
    script = _SCRIPT.read_text(encoding="utf-8")
    return st.components.v2.component("time_slider", isolate_styles=False, html=_HTML, css=_STYLE, js=script)


def slider_data(steps: list[int], labels: list[str], now: str, at: int | None) -> dict[str, Any]:
    """What it shows: it stands at `at`, one of the steps; None: now, the right end. Also for `live_feed.Fresh`.

    labels: what each of the steps is called; now: the same for the right end.
    """
    return {"steps": steps, "labels": labels, "now": now, "at": at, "label": say("Time machine")}


def time_slider(key: str, data: dict[str, Any], moved: Callable[[int | None], None]) -> None:
    """Show it with `slider_data`, and report where a person moves it."""

    def report() -> None:
        told = st.session_state[key]["moved"]
        step = told.get("step") if isinstance(told, dict) else None
        moved(step if isinstance(step, int) and not isinstance(step, bool) else None)

    _component()(key=key, data=data | {"key": key}, height="content", on_moved_change=report)
