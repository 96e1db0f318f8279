"""What was changed while the run trained, newest first, each with the way back."""

from html import escape

import streamlit as st

from dashboard.charts.marks import change_text
from dashboard.training import steering
from engine.history import History
from engine.rundir import Status

MOST = 4  # of the newest changes


def render(history: History, status: Status) -> None:
    """A line for each of the last changes; nothing where there was none."""
    rows = recent(history)
    if not rows:
        return
    st.html('<div class="ink-subheading">Changed while it trained</div>')
    for step, path, pair, undoable in rows:
        with st.container(horizontal=True, vertical_alignment="center", key=f"change-{step}-{_css(path)}", gap="small"):
            st.html(
                f'<div class="ink-change">step {step:,}: <b>{escape(change_text(path, pair))}</b></div>',
                width="content",
            )
            if undoable and status.state != "ended":
                st.button(
                    "Undo",
                    key=f"undo-{step}-{path}",
                    type="tertiary",
                    icon=":material/undo:",
                    on_click=steering.undo,
                    args=(path, pair[0]),
                )


def recent(history: History) -> list[tuple[int, str, list[object], bool]]:
    """(step, path, [old, new], whether it can be undone) of the last changes, newest first.

    What a later change has gone over cannot be undone by itself, nor what a fork began with.
    """
    rows: list[tuple[int, str, list[object], bool]] = []
    seen: set[str] = set()
    for change in reversed(history.changes):
        for path, pair in change.changes.items():
            rows.append((change.step, path, pair, path not in seen and not change.parent))
            seen.add(path)
        if len(rows) >= MOST:
            break
    return rows[:MOST]


def _css(path: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in path)
