"""What is wrong with the shown run, or was put right, above its figures."""

import time
from typing import Any

import streamlit as st

from dashboard.markdown import literal
from dashboard.running.troubles import notes, troubles
from engine.rundir import RunFolder, Status

COUNTED = 6.0  # seconds after which a trouble is told anew: how long it has lasted may be a part of it


def signs(run: RunFolder, status: Status) -> tuple[Any, ...]:
    """Equal to those of before, as long as what was rendered then need not be rendered anew."""
    return tuple(notes(run)), time.monotonic() // COUNTED if troubles(run, status) else None


def render(run: RunFolder, status: Status) -> None:
    """Nothing where all is well."""
    if found := troubles(run, status):
        st.warning(literal(" ".join(found)), icon=":material/warning:")
    if said := notes(run):
        st.info(literal(" ".join(said)), icon=":material/build:")
