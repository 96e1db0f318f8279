"""What was changed while the run trained, newest first, each with the way back."""

from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.charts.marks import change_text
from dashboard.language import say
from dashboard.training import steering
from engine.history import History
from engine.rundir import Status

MOST = 4  # of the newest changes


@dataclass(frozen=True)
class Row:
    """One setting of a change. number: of the change in the run, from 0: a fork may follow one at the same step."""

    number: int
    step: int
    path: str
    pair: list[object]  # old, new
    undoable: bool


def render(history: History, status: Status) -> None:
    """A line for each of the last changes; nothing where there was none."""
    rows = recent(history)
    if not rows:
        return
    st.html(f'<div class="ink-subheading">{escape(say("Changed while it trained"))}</div>')
    for row in rows:
        key = f"change-{row.number}-{_css(row.path)}"
        with st.container(horizontal=True, vertical_alignment="center", key=key, gap="small"):
            text = escape(change_text(row.path, row.pair))
            st.html(f'<div class="ink-change">step {row.step:,}: <b>{text}</b></div>', width="content")
            if row.undoable and status.state != "ended":
                st.button(
                    say("Undo"),
                    key=f"undo-{row.number}-{row.path}",
                    type="tertiary",
                    icon=":material/undo:",
                    on_click=steering.undo,
                    args=(row.path, row.pair[0]),
                )


def recent(history: History) -> list[Row]:
    """The last changes, newest first.

    What a later change has gone over cannot be undone by itself, nor what a fork began with.
    """
    rows: list[Row] = []
    seen: set[str] = set()
    for number, change in reversed(list(enumerate(history.changes))):
        for path, pair in change.changes.items():
            rows.append(Row(number, change.step, path, pair, path not in seen and not change.parent))
            seen.add(path)
        if len(rows) >= MOST:
            break
    return rows[:MOST]


def _css(path: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in path)
