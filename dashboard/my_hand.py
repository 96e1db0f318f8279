"""Learn my hand: drawings that were corrected are kept, counted, and learned from."""

import streamlit as st

from dashboard.readers import Reader
from engine.drawing import Prepared


def render(reader: Reader | None, prepared: Prepared | None) -> None:
    """The panel. prepared: what is drawn now, as the reader sees it; None: nothing."""
    st.empty()
