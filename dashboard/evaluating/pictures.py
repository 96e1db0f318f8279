"""Images of a set, a page at a time, and one of them closely."""

from collections.abc import Callable

import streamlit as st

from dashboard.charts.bars import percent
from dashboard.controlled import controlled
from dashboard.evaluating import close_up
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.gallery import Card, encoded, gallery
from dashboard.evaluating.outcome import Outcome, Places
from dashboard.evaluating.sources import Source
from dashboard.language import say

ON_A_PAGE = 40

MakeCard = Callable[[int], Card]


def one_network(found: Outcome) -> MakeCard:
    """What is said below each image: label and answer, how sure, and the second guess."""

    def card(place: int) -> Card:
        true, read, second = (int(each[place]) for each in (found.held.labels, found.read, found.second))
        sure, rest = (percent(float(found.shares[place, each])) for each in (read, second))
        wrong = true != read
        title = f"{true} → {read}" if wrong else str(true)
        lines = (say("{share} sure", share=sure), say("then {second}: {share}", second=second, share=rest))
        words = say("a {true}, read as {read}, {share} sure", true=true, read=read, share=sure)
        return Card(place, encoded(found.held.images[place]), title, lines, words, wrong)

    return card


def pictures(here: EvaluateDesk, found: Outcome, places: Places, card: MakeCard, source: Source) -> None:
    """The images at these places, in this order."""
    if here.picked is not None and here.picked not in places:
        here.picked = None
    with st.container(key="evaluate-close-up"):
        if here.picked is not None:
            close_up.render(here, found, here.picked, source)
    last = max(len(places) - 1, 0) // ON_A_PAGE
    here.page = min(here.page, last)
    shown = places[here.page * ON_A_PAGE : (here.page + 1) * ON_A_PAGE]
    if not len(places):
        st.caption(say("There are none."))
        return
    gallery("evaluate-gallery", [card(int(place)) for place in shown], here.picked, lambda place: _pick(here, place))
    with st.container(horizontal=True, vertical_alignment="center", key="evaluate-pages", gap="small"):
        if last:
            _pages(here, last)
            first = here.page * ON_A_PAGE + 1
            st.caption(
                say("{first:,} to {end:,} of {count:,}", first=first, end=first + len(shown) - 1, count=len(places))
            )
    st.caption(
        say(
            "Click an image to see it closely. Mistakes that a network is very sure of are often strange digits or "
            "wrong labels; those it is unsure of lie between two classes."
        )
    )


def _pick(here: EvaluateDesk, place: int) -> None:
    here.picked = None if here.picked == place else place


def _pages(here: EvaluateDesk, last: int) -> None:
    st.button(say("Previous"), key="page-back", disabled=not here.page, on_click=_turn, args=(here, here.page - 1))
    controlled(
        st.number_input,
        say("Page"),
        f"gallery-page-{last}",
        here.page + 1,
        lambda wish: _turn(here, int(wish or 1) - 1),
        min_value=1,
        max_value=last + 1,
        width=110,
        label_visibility="collapsed",
    )
    st.button(say("Next"), key="page-on", disabled=here.page == last, on_click=_turn, args=(here, here.page + 1))


def _turn(here: EvaluateDesk, page: int) -> None:
    here.page, here.picked = max(page, 0), None
