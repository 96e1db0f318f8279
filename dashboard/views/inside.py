"""What the layers have learned."""

import streamlit as st


def render() -> None:
    """The whole page."""
    st.caption("What the layers have learned.")
