"""The pages along the top, and the way from one to another."""

from collections.abc import Callable
from importlib import import_module

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from dashboard.language import say

TITLES = {
    "train": "Train",
    "draw": "Draw",
    "evaluate": "Evaluate",
    "inside": "Inside",
    "runs": "Runs",
    "share": "Share",
    "learn": "Learn",
}
FIRST = "train"


def page(name: str) -> StreamlitPage:
    """A page by its name, for the navigation, `st.switch_page` and `st.page_link`."""
    return st.Page(_render(name), title=say(TITLES[name]), url_path=name, default=name == FIRST)


def _render(name: str) -> Callable[[], None]:
    """Imports a view when it is first opened: the first page must not wait for the others."""
    return lambda: import_module(f"dashboard.views.{name}").render()
