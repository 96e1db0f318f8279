"""A network to take along: as a page, as source that can be read here, as files for other programs."""

from functools import partial

import streamlit as st

from dashboard.language import say, spoken, translated
from engine.checkpoint import Model
from engine.export import FORMS, Form, export, packed
from engine.saying import ENGLISH, Language

READABLE = {
    "numpy": "NumPy",
    "pytorch": "PyTorch",
    "keras": "Keras",
}  # forms that are source, by their own names
CODE_HEIGHT = 460  # pixels
WIDTH = 900  # pixels, at most: a button belongs to the words beside it


def render(model: Model, name: str) -> None:
    """Each form with what it is for, its size and a button; and the source, to be read.

    name: what a person called the network. The files are made when somebody asks for them.
    """
    with st.container(key="take-home", gap="small", width=WIDTH):
        for form, (title, purpose) in _words().items():
            _row(form, FORMS[form], title, purpose, model, name)
    _source(model, name)


def _words() -> dict[str, tuple[str, str]]:
    """Title and purpose of each form, what most people want first."""
    return {
        "html": (
            say("A page with a drawing pad"),
            say(
                "One file that works offline in any browser, on a phone too. It prepares drawings and answers as this "
                "page does."
            ),
        ),
        "numpy": (
            say("A script for NumPy"),
            say("The whole network in less than a hundred lines that need nothing else, with its weights."),
        ),
        "pytorch": (
            say("Source for PyTorch"),
            say("The same network with its weights, and its training under the same settings."),
        ),
        "keras": (
            say("Source for Keras"),
            say("The same network with its weights, and its training; a comment says what Keras does otherwise."),
        ),
        "onnx": (
            say("ONNX"),
            say("For programs in other languages, phones and servers. Pictures go in, probabilities come out."),
        ),
        "npz": (
            say("The weights by name (.npz)"),
            say(
                "For whatever reads NumPy's files. Inkling opens it again, here or on another computer; "
                "engine/checkpoint/FORMAT.md says what is in it."
            ),
        ),
    }


def _row(key: str, form: Form, title: str, purpose: str, model: Model, name: str) -> None:
    problem = form.problem(model)
    with st.container(key=f"take-{key}", horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(gap=None):
            st.markdown(f"**{title}**")
            st.caption(purpose if not problem else f"{purpose} {_sentence(translated(problem))}")
        st.download_button(
            say("Download, {size}", size=_size(form.size(model))),
            partial(make, model, key, name, spoken()),
            form.file_name(name),
            mime="application/octet-stream",  # a page is kept as a file, not opened in place of this one
            key=f"take-home-{key}",
            on_click="ignore",
            icon=":material/download:",
            disabled=bool(problem),
            width=170,
        )


def make(model: Model, form: str, name: str, tongue: Language = ENGLISH) -> bytes:
    """What the button of a form sends."""
    return packed(export(model, form, name, say=tongue))[1]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _size(count: int) -> str:
    if count < 1_000_000:
        return say("{kilobytes:.0f} kB", kilobytes=max(count / 1000, 1))
    return say("{megabytes:.1f} MB", megabytes=count / 1_000_000)


def _source(model: Model, name: str) -> None:
    """One of the sources, for those who want to read it first."""
    form = st.segmented_control(
        say("Read the source here"), list(READABLE), format_func=READABLE.__getitem__, key="take-home-source"
    )
    if form is not None:
        file = FORMS[form].file_name(name).removesuffix(".zip")
        st.code(FORMS[form].make(model, name, file, ENGLISH).decode(), language="python", height=CODE_HEIGHT)
