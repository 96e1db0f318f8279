"""Who looks at the page: with INKLING_PRIVATE=1 the browser, known by a secret in a cookie of its own.

The secret never leaves the browser and this server's memory; runs carry its digest (running/ownership.py). Where no
cookie can be kept, the runs belong to the tab, and are found again by their links only.
"""

import re
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.running.ownership import SECRET, digest, new_secret, owner_of
from engine.limits import PATHS, is_private
from engine.rundir import RUN_ID, RunFolder

COOKIE = "inkling_browser"
KEPT = "visitor"
LOCAL = ("localhost", "127.0.0.1", "::1")
_SCRIPT = Path(__file__).with_suffix(".js")


@dataclass
class Known:
    """What this tab knows of its browser. opened: runs whose links were opened in this tab."""

    secret: str
    kept: bool = False  # the browser keeps it already
    opened: set[str] = field(default_factory=set)

    def take(self, secret: object) -> None:
        """The browser kept another one before: another tab was first."""
        if isinstance(secret, str) and SECRET.fullmatch(secret):
            self.secret = secret


def known() -> Known:
    """The browser of this tab."""
    if KEPT not in st.session_state:
        cookie = st.context.cookies.get(COOKIE, "")
        found = cookie if isinstance(cookie, str) and SECRET.fullmatch(cookie) else ""
        st.session_state[KEPT] = Known(found or new_secret(), bool(found))
    value: Known = st.session_state[KEPT]
    return value


class Browser:
    """Whoever asks in a run of the page's script; nobody in a thread of the server's own."""

    def owner(self) -> str:
        """The digest of the browser's secret; "" on a server whose runs belong to nobody."""
        return digest(known().secret) if is_private() and _on_a_page() else ""

    def sees(self, run: RunFolder) -> bool:
        """Its own runs, and those that were opened by a link."""
        if not is_private():
            return True
        return _on_a_page() and self.may_open(run) and (owner_of(run) == self.owner() or run.id in known().opened)

    def may_open(self, run: RunFolder) -> bool:
        """Runs that belong to somebody: whoever knows such an id was given it."""
        return not is_private() or bool(owner_of(run))


def remember(run_id: str) -> None:
    """A link to this run was opened here."""
    if is_private() and RUN_ID.fullmatch(run_id):
        known().opened.add(run_id)


def folder_name() -> str:
    """What the browser's own files lie under; "" where all people share them."""
    return Browser().owner()


def greet() -> None:
    """Let the browser keep its secret. Once in every full run of the page; draws nothing that is seen."""
    if not is_private() or known().kept:
        return
    here = known()
    with st.container(key="visitor"):
        st.html("<style>.st-key-visitor { position: absolute; height: 0; overflow: hidden; }</style>")
        _component()(
            data={"name": COOKIE, "secret": here.secret},
            key="visitor-cookie",
            on_secret_change=lambda: here.take(_reported("visitor-cookie")),
        )


def close_paths(environment: MutableMapping[str, str]) -> None:
    """Where others can reach the page, files may not be read by their path, unless INKLING_PATHS says otherwise."""
    address = st.get_option("server.address")
    if not environment.get(PATHS) and (is_private() or not (address and re.sub(r"[\[\]]", "", address) in LOCAL)):
        environment[PATHS] = "0"


def _component() -> Any:
    return st.components.v2.component("visitor_cookie", html="<span></span>", js=_SCRIPT.read_text(encoding="utf-8"))


def _reported(key: str) -> object:
    value = st.session_state.get(key)
    return value.get("secret") if isinstance(value, Mapping) else None


def _on_a_page() -> bool:
    return get_script_run_ctx(suppress_warning=True) is not None
