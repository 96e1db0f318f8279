"""The offer of the tour above the page on the first visit, and its card in the corner of every page."""

import functools
import os
from typing import Any

import streamlit as st

from dashboard import pages
from dashboard.language import say
from dashboard.learning import tour

KEY = "tour-memory"
TICK = 0.7  # seconds between two looks at what the person did
OFF = "INKLING_TOUR"  # "0": no tour is offered; for tests, and for pages that are shown to a crowd

_SCRIPT = """
const NAME = "inkling-tour";
let waits = 0;
export default function ({ data, setTriggerValue }) {
  let seen = false;
  try {
    seen = localStorage.getItem(NAME) === "seen";
    if (data.seen) localStorage.setItem(NAME, "seen");
  } catch { /* a browser that keeps nothing is offered it each time */ }
  // later than what the other parts of a new page tell: together with one within a fragment, Streamlit would run that
  // fragment only, and the offer lies outside
  clearTimeout(waits);
  if (data.ask) waits = setTimeout(() => setTriggerValue("told", seen ? "seen" : "new"), 400);
}
"""
_HIDDEN = ".st-key-tour-memory { position: absolute; width: 0; height: 0; overflow: hidden; }"
# of .streamlit/config.toml: Streamlit has them as variables within components only
GROUND, PRIMARY = "light-dark(#ffffff, #1d222d)", "light-dark(#3457d5, #4f6ff0)"
STYLE = """
.st-key-tour { position: fixed; right: 1rem; bottom: 1rem; width: min(23rem, calc(100vw - 2rem)); z-index: 999980; }
.st-key-tour-card { background: GROUND; border-radius: 0.7rem; padding: 0.8rem 1rem 0.7rem;
  box-shadow: 0 4px 24px rgba(0, 0, 0, 0.28); border: 1px solid PRIMARY; }
.st-key-tour-card p { font-size: 0.93rem; }
.st-key-tour-card button { min-height: 1.9rem; padding: 0.1rem 0.6rem; }
.stMainBlockContainer { padding-bottom: 17rem; } /* all of the page can be scrolled out from under the card */
""".replace("GROUND", GROUND).replace("PRIMARY", PRIMARY)
POINT = f"%s {{ outline: 3px solid {PRIMARY}; outline-offset: 3px; border-radius: 0.5rem; }}"


@functools.cache
def _component() -> Any:
    return st.components.v2.component("tour_memory", isolate_styles=False, js=_SCRIPT, css=_HIDDEN)


def offer() -> None:
    """Once in every full run, before the page: one element, whether there is an offer or not.

    It has a place of its own in the page, and covers nothing. Where there is no offer an empty element takes the place
    at once: what a run does not send again goes only when that run comes to its end, which a rerun may prevent.
    """
    now = tour.tour()
    if now.seen is not False or now.over or now.step is not None:
        st.empty()
        return
    with st.container(key="tour-offer", border=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="tour-buttons"):
            st.markdown(f"**{say('New here?')}** {say('Two minutes show what this page can do.')}", width="content")
            st.button(say("Take the tour"), key="tour-start", type="primary", on_click=tour.start)
            st.button(say("No, thanks"), key="tour-no", type="tertiary", on_click=tour.leave)


def render() -> None:
    """Once in every full run, after the page."""
    now = tour.tour()
    if os.environ.get(OFF) != "0":
        seen = now.over or now.step is not None
        _component()(
            data={"ask": now.seen is None, "seen": seen},
            key=KEY,
            height=1,
            on_told_change=_hear,
        )
    if now.step is None:
        st.empty()
        return
    with st.container(key="tour"):
        # not of a style alone: Streamlit keeps such elsewhere, where it can be lost while the card is there
        st.html(f"<style>{STYLE}</style><span></span>")
        st.fragment(_card, run_every=TICK if now.now != "end" else None)()


def _hear() -> None:
    """The browser says whether it has seen the tour."""
    tour.tour().seen = (st.session_state[KEY].told or "") == "seen"


def _card() -> None:
    """The step, and whether the one before was done. Looks again and again until the person did it."""
    tour.notice()
    now = tour.tour()
    if now.step is None or (now.now == "end" and now.met):
        now.met = {}
        pages.made_anew()  # the card goes, or there is nothing more to look for: the timer stops
    if now.now in tour.TARGETS:
        st.html(f"<style>{POINT % tour.TARGETS[now.now]}</style><span></span>")
    with st.container(key="tour-card", gap="xsmall"):
        if now.done and now.step and now.done[-1] == tour.STEPS[now.step - 1]:
            st.caption(f":green[:material/check_circle: {tour.title(now.done[-1])}]")
        if now.now != "end":
            place = say("{step} of {count}", step=now.step + 1, count=len(tour.STEPS))
            st.markdown(f"**{tour.title(now.now)}** :gray[· {place}]")
        else:
            st.markdown(f"**{tour.title(now.now)}**")
        st.markdown(tour.text(now.now))
        with st.container(horizontal=True, gap="small", key="tour-buttons"):
            if now.now == "end":
                st.button(say("Close"), key="tour-close", on_click=tour.leave)
                st.button(say("Once more"), key="tour-again", type="tertiary", on_click=tour.start)
            else:
                st.button(say("Skip this"), key="tour-skip", on_click=tour.skip)
                st.button(say("End the tour"), key="tour-end", type="tertiary", on_click=tour.leave)
