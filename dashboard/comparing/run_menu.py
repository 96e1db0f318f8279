"""The menu of runs: newest first, those started in a shell included."""

from datetime import datetime

import streamlit as st

from dashboard import session
from dashboard.comparing.catalog import Summary
from dashboard.comparing.picking import catalog
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.training.progress import percent

MOST = 12


def render() -> None:
    """A menu that reads the run folders only while it is open."""
    menu = st.popover(say("Runs"), key="run-menu", on_change="rerun", icon=":material/history:")
    if not menu.open:
        return
    with menu:
        summaries, _ = catalog().look()
        if not summaries:
            st.caption(say("No run yet. Those that are started in a shell show up here too."))
        for each in summaries[:MOST]:
            chosen = each.id == session.shown().run_id
            st.button(
                _label(each),
                key=f"open-{each.id}",
                type="secondary" if chosen else "tertiary",
                width="stretch",
                on_click=_open,
                args=(each.id,),
            )
        if len(summaries) > MOST:
            st.caption(
                say(
                    "The {most} newest of {count:,}. The page Runs has all of them, side by side.",
                    most=MOST,
                    count=len(summaries),
                )
            )
        if session.shown().run_id is not None:
            st.button(say("Show none"), key="open-none", on_click=_open, args=(None,))


def _open(run_id: str | None) -> None:
    session.show(run_id)
    st.session_state["run-menu"] = False  # closes it


def _label(summary: Summary) -> str:
    started = say("{time:%d %b %H:%M}", time=datetime.fromtimestamp(summary.created))
    accuracy = summary.newest if summary.going else summary.best
    parts = [summary.name, started, translated(summary.outcome), percent(accuracy) if accuracy is not None else ""]
    return ("★ " if summary.about.starred else "") + literal(" · ".join(part for part in parts if part))
