"""Short illustrated pages on every control, challenges, and what teachers need of them."""

import streamlit as st

from dashboard.language import say
from dashboard.learning import catalogue, teaching

SECTIONS = ("controls", "challenges", "teachers")
ADDRESS = "section"


def render() -> None:
    """The whole page."""
    titles = {
        "controls": say("What each control does"),
        "challenges": say("Challenges"),
        "teachers": say("For teachers"),
    }
    asked = st.query_params.get(ADDRESS, SECTIONS[0])
    chosen = st.segmented_control(
        say("Section"),
        SECTIONS,
        default=asked if asked in SECTIONS else SECTIONS[0],
        format_func=lambda name: titles[name],
        required=True,
        key="learn-section",
        label_visibility="collapsed",
        persist_state="session",
    )
    if chosen == "challenges":
        catalogue.render()
    elif chosen == "teachers":
        st.subheader(say("Make a challenge"))
        teaching.render_maker()
        st.subheader(say("Verify codes"))
        teaching.render_checks()
