"""Why this answer: what in the drawing mattered to the network, and what would change its mind."""

import streamlit as st

from dashboard.readers import Reader
from engine.drawing import Prepared


def render(reader: Reader, prepared: Prepared) -> None:
    """The panel, for a drawing that this reader has answered."""
    st.empty()
