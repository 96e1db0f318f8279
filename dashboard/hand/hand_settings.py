"""A person's own drawings in the sidebar: mixed into what is learned from, or learned by weights that are there."""

from html import escape
from pathlib import Path

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.hand import hand_desk
from dashboard.language import say
from dashboard.settings import forms, locks
from engine.datasets import DataError


def render() -> None:
    """A switch, once there are drawings to mix in; and where the weights come from, if they are not new."""
    with st.container(key="hand-settings", gap="xsmall"):
        _drawings()
        _weights()


def _drawings() -> None:
    draft, held = session.draft(), locks.current()
    if held.hides("data.personal"):
        return
    data = draft.rest.data
    hand = hand_desk.read()
    if len(hand.learned) or data.personal:
        about = say(
            "Those that you kept on the Draw page. A run learns from a copy of them as they are now; "
            "every third is held back, so that they can tell how well your hand is read.",
        )
        label, dressed = held.dress("data.personal", say("Mix in my own drawings"), about)
        key = f"personal{'-locked' if held.locks('data.personal') else ''}"
        controlled(st.toggle, label, key, bool(data.personal), _mix, **dressed)
    if data.personal:
        forms.Form(draft.put).fields(data, "data", only=("personal_share",))
        if len(hand.learned) and Path(data.personal).stem != hand_desk.digest(hand):
            st.html(f"<small>{escape(say('Your drawings have changed since they were mixed in.'))}</small>")
            st.button(
                say("Use them as they are now"),
                key="personal-again",
                on_click=_mix,
                args=(True,),
                disabled=held.locks("data.personal"),
            )


def _weights() -> None:
    draft = session.draft()
    if draft.rest.start_from:
        frozen = len(draft.rest.frozen)
        what = say(", of which the first {frozen} layers stay as they are", frozen=frozen) if frozen else ""
        words = say("Training goes on from the weights of a network that has learned already{what}.", what=what)
        st.html(f"<small>{escape(words)}</small>")
        st.button(say("Begin with new weights"), key="new-weights", on_click=_new_weights)


def _mix(on: bool) -> None:
    file = hand_desk.file()
    try:
        session.draft().put("data.personal", str(file.freeze(file.read())) if on else "")
    except DataError as error:
        session.shown().problem = str(error)


def _new_weights() -> None:
    session.draft().put("start_from", "")
    session.draft().put("frozen", [])
