"""A link, a report, a model that works elsewhere, and runs on their way out and in."""

import contextlib

import streamlit as st

from dashboard import pages, session
from dashboard.comparing import run_menu
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.sharing import address, link_view, report_view, take_home, travel_view
from dashboard.sharing.desk import SECTIONS, desk
from dashboard.training import steering
from engine.about import read_about
from engine.checkpoint import CheckpointError, load_checkpoint
from engine.rundir import RunError
from engine.spec import SettingError

TICK = 0.3  # seconds between two looks at what is being worked out
STYLE = """<style>
.st-key-share-body { max-width: 860px; }
.st-key-share-body [data-testid=stCode] code { white-space: pre-wrap; word-break: break-all; }
.st-key-share-recipe .ink-tile b { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 1.1rem;
  white-space: normal; }
.st-key-share-recipe .ink-tiles { grid-template-columns: repeat(auto-fit, minmax(min(240px, 100%), 1fr)); }
.st-key-share-in { margin-top: 1.2rem; }
</style>"""


def render() -> None:
    """The whole page. All of it is one fragment, which polls while something is worked out."""
    travel_view.leave_if_wished()
    here, run = desk(), session.shown_run()
    if run is not None:
        with contextlib.suppress(RunError, SettingError):  # what it is in the way of is said where it is
            steering.adopt(run)
    st.html(STYLE)
    here.polling = here.waiting
    st.fragment(_page, run_every=TICK if here.polling else None)()


def _page() -> None:
    here = desk()
    if here.waiting != here.polling or st.session_state.get("share-leave"):
        pages.made_anew()  # the whole page: this fragment's timer starts or stops, or another page is to be opened
    here.waiting = False
    titles = {
        "link": say("Link"),
        "report": say("Lab report"),
        "model": say("Take the model home"),
        "runs": say("Run in and out"),
    }
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="share-top"):
        controlled(
            st.segmented_control,
            say("What to share"),
            "share-section",
            here.section,
            lambda wish: setattr(here, "section", wish),
            options=list(SECTIONS),
            format_func=titles.__getitem__,
            required=True,
            label_visibility="collapsed",
        )
        run_menu.render()
    _which()
    with st.container(key="share-body", gap="small"):
        address.render_notice()
        with st.container(key=f"share-{here.section}", gap="small"):
            {"link": link_view.render, "report": report_view.render, "model": _model, "runs": travel_view.render}[
                here.section
            ]()
    if here.waiting and not here.polling:
        pages.made_anew()  # what is being worked out must be fetched


def _which() -> None:
    """The run that is meant."""
    run = session.shown_run()
    if run is not None:
        st.caption(say("Run: {name}", name=literal(read_about(run).name or run.id)))
    elif session.shown().run_id is not None:
        st.warning(say("The run in the address is not here; it may have been deleted."))


def _model() -> None:
    """The network of the shown run, for use elsewhere."""
    run = session.shown_run()
    newest = run.newest if run is not None else None
    if run is None or newest is None:
        st.caption(say("There is no trained network to take along yet. Train one, or choose a run."))
        return
    try:
        model = load_checkpoint(newest)
    except CheckpointError as error:
        st.error(literal(translated(str(error))), icon=":material/error:")
        return
    take_home.render(model, read_about(run).name or run.id)
