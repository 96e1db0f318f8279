"""Short illustrated pages, a tour, and challenges."""

import streamlit as st


def render() -> None:
    """The whole page."""
    st.caption("Short illustrated pages, a tour, and challenges.")
