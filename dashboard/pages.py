"""The pages along the top, and the way from one to another."""

from collections.abc import Callable
from importlib import import_module
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import RerunException, StopException, get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

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


def made_anew() -> NoReturn:
    """Make the whole page anew, from inside a run of it or from a callback. To be used in place of `st.rerun`.

    Raises:
        RerunException, StopException: always; they end the run.
    """
    context = get_script_run_ctx()
    if context is not None and context.script_requests is not None:
        # st.rerun turns a request that waits already into one for this page: a click on another page would be lost.
        waiting = context.script_requests.on_scriptrunner_yield()
        if waiting is not None:
            raise RerunException(waiting.rerun_data) if waiting.type is ScriptRequestType.RERUN else StopException()
    st.rerun()


def _render(name: str) -> Callable[[], None]:
    """Imports a view when it is first opened: the first page must not wait for the others."""
    return lambda: import_module(f"dashboard.views.{name}").render()
