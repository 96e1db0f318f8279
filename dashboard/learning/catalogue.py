"""The challenges that ship, as cards to begin from."""

import streamlit as st

from dashboard import pages
from dashboard.language import say, translated
from dashboard.learning import playing
from dashboard.markdown import literal
from engine.challenge import SHIPPED, Challenge


def render() -> None:
    """A card each; a click takes the challenge."""
    now = playing.playing()
    if now.challenge is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="challenge-on"):
            name = literal(translated(now.challenge.name))
            st.markdown(say("You are at **{name}**.", name=name), width="content")
            st.page_link(pages.page("train"), label=say("Go on with it"), icon=":material/arrow_forward:")
    with st.container(key="challenge-cards"):
        for name, challenge in SHIPPED.items():
            with st.container(border=True, gap="xsmall", key=f"card-{name}"):
                _card(name, challenge)
    with st.form("challenge-link", border=False):
        text = st.text_input(say("or a challenge that somebody sent you: its link"), key="challenge-text")
        if st.form_submit_button(say("Take it")) and text.strip():
            _take(text.strip().rpartition(f"{playing.ADDRESS}=")[2].partition("&")[0])
    if now.problem:
        st.error(literal(now.problem))


def _card(name: str, challenge: Challenge) -> None:
    st.markdown(f"**{literal(translated(challenge.name))}**")
    st.markdown(literal(translated(challenge.text)))
    st.caption(price(challenge))
    if st.button(say("Take it"), key=f"take-{name}"):
        _take(name)


def _take(text: str) -> None:
    if playing.begin(text):
        st.switch_page(pages.page("train"))
    pages.made_anew()


def price(challenge: Challenge) -> str:
    """Goal and budget in a line."""
    goal, budget = challenge.goal, challenge.budget
    wanted = (
        say("{share:g} % of the validation images", share=100 * goal.accuracy)
        if goal.figure == "validation"
        else say("{share:g} % of the test images", share=100 * goal.accuracy)
    )
    parts = [
        wanted,
        say("at most {count:,} parameters", count=budget.parameters) if budget.parameters else "",
        say("at most {count:g} epochs", count=budget.epochs) if budget.epochs else "",
        say("at most {count:,} steps", count=budget.steps) if budget.steps else "",
        say("at most {count:,} images", count=budget.images) if budget.images else "",
    ]
    return " · ".join(part for part in parts if part)
