"""A large pad, and what happens to a drawing before a network sees it."""

from html import escape

import streamlit as st

from dashboard import answer, pad, session
from dashboard.live_chart import load_plotly
from dashboard.readers import Reader, of_run, pretrained
from engine.drawing import Prepared

PAD_SIDE = 380  # fits into a window 420 pixels wide


def render() -> None:
    """The whole page."""
    with st.container(horizontal=True, key="stage", gap="large"):
        with st.container(key="draw-pad", width=PAD_SIDE, gap="xsmall"):
            pad.render(PAD_SIDE)
        with st.container(key="charts", gap="small"):
            reader = _choose()
            answer.render(reader, height=300)
    model = reader.model() if reader else None
    prepared = answer.prepared_sketch(session.drawing().image, model.image_size if model else 28)
    with st.container(key="steps"):
        if prepared is not None:
            _steps(prepared)
    load_plotly()  # last: its 4.8 MB must not hold up the rest


def _choose() -> Reader | None:
    """Which network answers: those of the newest runs, and the pretrained ones."""
    found = [reader for run in session.runs().newest(12) if (reader := of_run(run)) is not None]
    readers = {reader.name: reader for reader in (*found, *pretrained())}
    if not readers:
        return None
    shown = f"run {session.shown().run_id}"
    names = list(readers)
    name = st.selectbox(
        "Who reads",
        names,
        index=names.index(shown) if shown in names else 0,
        key="reader",
        persist_state="session",
        help="The newest weights of a run, or a network that ships with the project.",
    )
    return readers.get(name or "")


def _steps(prepared: Prepared) -> None:
    st.markdown("##### How the drawing becomes what the network sees", anchors=False)
    pictures = "".join(
        f"<figure>{answer.picture(step.image, step.name)}<figcaption>{escape(step.name)}</figcaption></figure>"
        for step in prepared.steps
    )
    st.html(f'<div class="ink-steps">{pictures}</div>')
    st.caption("As in MNIST: the digit is 20 of 28 pixels tall or wide, and its centre of mass is in the middle.")
