"""Look inside: what the layers of the shown run have learned, and what they make of an image."""

from importlib import import_module
from pathlib import Path

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.inside import choosing, image_choice
from dashboard.inside.desk import InsideDesk, inside_desk
from dashboard.inside.subject import Key, Subject
from dashboard.language import say
from dashboard.live_chart import load_plotly
from engine import Model
from engine.arrays import Bytes
from engine.rundir import RunFolder

STYLE = f"<style>{(Path(__file__).with_name('inside.css')).read_text(encoding='utf-8')}</style>"
MODULES = {
    "network": "network",
    "weights": "weights",
    "maps": "maps",
    "histograms": "histograms",
    "units": "units",
    "space": "space",
    "by-hand": "by_hand",
    "microscope": "microscope",
}  # section -> module in dashboard.inside


def render() -> None:
    """The whole page."""
    desk = inside_desk()
    desk.fragment(_page, lambda: choosing.due(desk, session.shown_run()))
    load_plotly()  # last: its 4.8 MB must not hold up the rest


def _page() -> None:
    desk, run = inside_desk(), session.shown_run()
    with desk.making():
        st.html(STYLE)
        with st.container(key="inside-head", gap="xsmall"):
            found = choosing.chosen(desk, run)
        with st.container(horizontal=True, key="inside-stage", gap="medium"):
            with st.container(key="inside-image", width=image_choice.WIDTH, gap="small"):
                if found is not None:
                    image, label = image_choice.render(desk, *found)
            with st.container(key="inside-parts-of-it", gap="small"):
                _sections(desk)
                with st.container(key=f"inside-section-{desk.section}", gap="small"):
                    if found is not None:
                        _section(desk, run, *found, image, label)


def _section(
    desk: InsideDesk,
    run: RunFolder | None,
    model: Model,
    key: Key,
    live: bool,
    image: Bytes | None,
    label: int | None,
) -> None:
    """The one that is chosen; only it is worked out."""

    def wants_polling() -> None:
        desk.waiting = True

    own = run if run is not None and key[0].is_relative_to(run.path) else None
    step = model.checkpoint.position.step
    subject = Subject(model, key[0], key, model.config, own, step, live, image, label, wants_polling)
    import_module(f"dashboard.inside.{MODULES[desk.section]}").render(subject)


def _sections(desk: InsideDesk) -> None:
    titles = {
        "network": say("Network"),
        "weights": say("Weights"),
        "maps": say("Feature maps"),
        "histograms": say("Histograms"),
        "units": say("Units"),
        "space": say("Hidden space"),
        "by-hand": say("By hand"),
        "microscope": say("Optimizer"),
    }
    controlled(
        st.segmented_control,
        say("What to look at"),
        "inside-what",
        desk.section,
        lambda wish: setattr(desk, "section", wish or desk.section),
        options=list(MODULES),
        required=True,
        format_func=titles.__getitem__,
        label_visibility="collapsed",
    )
