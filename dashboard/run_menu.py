"""The menu of runs: newest first, those started in a shell included."""

import time

import streamlit as st

from dashboard import session
from dashboard.progress import percent
from engine.rundir import RunFolder, Status, tail_events

MOST = 12


def render() -> None:
    """A menu that reads the run folders only while it is open."""
    menu = st.popover("Runs", key="run-menu", on_change="rerun", icon=":material/history:")
    if not menu.open:
        return
    with menu:
        found = session.runs().newest(MOST)
        if not found:
            st.caption("No run yet. Those that are started in a shell show up here too.")
        for run in found:
            chosen = run.id == session.shown().run_id
            st.button(
                _label(run, session.runs().status(run)),
                key=f"open-{run.id}",
                type="secondary" if chosen else "tertiary",
                width="stretch",
                on_click=_open,
                args=(run.id,),
            )
        if session.shown().run_id is not None:
            st.button("Show none", key="open-none", on_click=_open, args=(None,))


def _open(run_id: str | None) -> None:
    session.show(run_id)
    st.session_state["run-menu"] = False  # closes it


def _label(run: RunFolder, status: Status) -> str:
    started = time.strftime("%d %b %H:%M", time.localtime(run.config_file.stat().st_mtime))
    state = status.reason or status.state
    accuracy = newest_accuracy(run)
    return f"{run.id} · {started} · {state}" + (f" · {percent(accuracy)}" if accuracy is not None else "")


def newest_accuracy(run: RunFolder) -> float | None:
    """The newest validation accuracy that the last events tell of."""
    for event in tail_events(run.events_file):
        value = event.get("validation_accuracy") if event.get("event") != "Validated" else event.get("accuracy")
        if isinstance(value, float):
            return value
    return None
