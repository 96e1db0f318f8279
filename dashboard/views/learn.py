"""Short illustrated pages on every control, challenges, and what teachers need of them."""

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.language import say
from dashboard.learning import catalogue, handbook, links, teaching

SECTIONS = ("controls", "challenges", "teachers")
ADDRESS = "section"
KEPT = "learn section"


def render() -> None:
    """The whole page."""
    titles = {
        "controls": say("What each control does"),
        "challenges": say("Challenges"),
        "teachers": say("For teachers"),
    }
    chosen = _section()
    controlled(
        st.segmented_control,
        say("Section"),
        "learn-section",
        chosen,
        _choose,
        options=list(SECTIONS),
        format_func=lambda name: titles[name],
        required=True,
        label_visibility="collapsed",
    )
    with st.container(key="learn", gap="small"):
        if chosen == "challenges":
            catalogue.render()
        elif chosen == "teachers":
            st.subheader(say("Make a challenge"), anchor=False)
            teaching.render_maker()
            st.subheader(say("Verify codes"), anchor=False)
            teaching.render_checks()
        else:
            handbook.render()


def _section() -> str:
    """Of the address, or the one that was open last in this tab. The page of a control is in the first."""
    asked = SECTIONS[0] if links.ADDRESS in st.query_params else st.query_params.get(ADDRESS)
    chosen = asked if asked in SECTIONS else session.kept(KEPT, lambda: SECTIONS[0])
    st.session_state[KEPT] = chosen
    return str(chosen)


def _choose(section: str) -> None:
    st.query_params.pop(links.ADDRESS, None)
    st.query_params[ADDRESS] = st.session_state[KEPT] = section
