"""The lines of the engine that worked out what is shown, as they stand in its files."""

from collections.abc import Sequence

import streamlit as st

from dashboard.language import say
from engine.explain.unit_sources import Lines


def code(found: Sequence[Lines], key: str) -> None:
    """Each function under its name; folded away until somebody wants to read."""
    with st.expander(say("The engine's lines that ran"), key=key):
        for each in found:
            st.caption(f"`{each.title}`, {each.file}:{each.line}")
            st.code(each.text, language="python")
