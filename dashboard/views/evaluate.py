"""Which digits go wrong, and why."""

import streamlit as st


def render() -> None:
    """The whole page."""
    st.caption("Which digits go wrong, and why.")
