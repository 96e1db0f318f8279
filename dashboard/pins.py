"""My digit learns: digits that are pinned to watch a network make up its mind about them."""

import streamlit as st

from engine.rundir import RunFolder


def render_strip(run: RunFolder | None, at_step: int | None) -> None:
    """Each pinned digit with its picture, its ten bars, and the probability of the right answer over the run.

    run: whose weights read; None: a network that ships. at_step: the step to which the run is rewound.
    """
    st.container(key="pins")
