"""The small menu at the top of every page: in which language it speaks."""

import streamlit as st

from dashboard import controlled
from dashboard.language import ADDRESS, KEPT, choose, language, languages, say

STYLE = """<style>
.st-key-language { position: fixed; top: 0.55rem; right: 6.5rem; width: auto; z-index: 1000000; }
.st-key-language button { min-height: 2rem; padding: 0.1rem 0.5rem; border: 0; background: transparent; }
@media (max-width: 640px) { .st-key-language { right: 3.2rem; } }
</style>"""


def follow_address() -> None:
    """Keep the chosen language in the address, so that a reload and a link show it. Once in every full run, first."""
    asked = st.query_params.get(ADDRESS)
    known = st.session_state.setdefault("language in address", None)
    if asked and asked != known:
        choose(asked)
        st.session_state["language in address"] = asked
    elif KEPT in st.session_state and asked != st.session_state[KEPT]:
        st.query_params[ADDRESS] = st.session_state["language in address"] = st.session_state[KEPT]


def render() -> None:
    """The menu; its choice takes effect in the run that follows the click."""
    names = languages()
    st.html(STYLE)
    with st.container(key="language"):
        st.menu_button(
            names[language()],
            list(names),
            key="language-menu",
            icon=":material/translate:",
            on_click=_chosen,
            format_func=lambda code: names[code],
            help=say("The language of the page"),
        )


def _chosen() -> None:
    code = st.session_state["language-menu"]
    if code in languages() and code != language():
        choose(code)
        controlled.renew()  # their options are words of the language
