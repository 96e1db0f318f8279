"""The network as a picture, coloured by what it makes of the image."""

import streamlit as st

from dashboard.inside.subject import Subject


def render(subject: Subject) -> None:
    """The section."""
    st.caption(str(subject.step))
