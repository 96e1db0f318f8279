"""What is wrong with the shown run, or was put right, above its figures."""

import streamlit as st

from dashboard.markdown import literal
from dashboard.running.troubles import notes, troubles
from engine.rundir import RunFolder, Status


def render(run: RunFolder, status: Status) -> None:
    """Nothing where all is well."""
    if found := troubles(run, status):
        st.warning(literal(" ".join(found)), icon=":material/warning:")
    if said := notes(run):
        st.info(literal(" ".join(said)), icon=":material/build:")
