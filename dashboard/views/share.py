"""A link, a report, a model that works elsewhere."""

import streamlit as st


def render() -> None:
    """The whole page."""
    st.caption("A link, a report, a model that works elsewhere.")
