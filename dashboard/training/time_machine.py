"""The whole run under one slider: back to any snapshot, a look inside it, and on from there."""

import time
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.charts import confusion_figure, confusion_words, pictures_html
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.live_feed import Fresh, block
from dashboard.markdown import literal
from dashboard.settings.stack import StackCheck
from dashboard.training import steering
from dashboard.training.looks import Look, Looks
from dashboard.training.moments import labels
from dashboard.training.time_slider import slider_data, time_slider
from engine.history import History
from engine.rundir import RunFolder
from engine.snapshots import Snapshot, at_or_before, most_bytes, snapshots

CONTINUE = (
    "Starts a new run from this snapshot, with the optimizer's state, under the settings in the sidebar. "
    "The run that you see stays as it is."
)
PATIENCE = 0.3  # seconds that a page which does not poll waits for a look inside: most come sooner
REFRESH = 3.0  # seconds between two looks into the newest snapshot of a run that trains
MATRIX_SIDE = 330


def chosen(run: RunFolder | None, found: list[Snapshot]) -> Snapshot | None:
    """The snapshot to which the page is rewound; None: it shows the newest. One that was thinned has an elder."""
    at_step = session.shown().at_step
    if run is None or at_step is None or not found:
        return None
    return at_or_before(found, at_step) or found[0]


def found_of(run: RunFolder | None) -> list[Snapshot]:
    """The run's snapshots, in the order of steps."""
    return snapshots(run) if run is not None else []


def slider(history: History, found: list[Snapshot], at: Snapshot | None) -> dict[str, Any]:
    """What a time_slider over the run's snapshots shows."""
    steps = [each.step for each in found]
    now = say("now: step {step:,}", step=history.step) if history.step else say("now: nothing is trained yet")
    return slider_data(steps, labels(history, steps), now, at.step if at else None)


def room_html(found: list[Snapshot]) -> str:
    """How many snapshots there are, and what they take of what they may."""
    used = say(
        "{count} snapshots, {megabytes:.3g} of {most_bytes:.3g} MB",
        count=len(found),
        megabytes=sum(each.bytes for each in found) / 2**20,
        most_bytes=most_bytes() / 2**20,
    )
    return f'<div class="ink-subheading">{escape(say("Time machine"))} <small>{escape(used)}</small></div>'


def fresh(run: RunFolder, history: History, found: list[Snapshot]) -> Fresh:
    """Both as they are now."""
    if not found:
        return Fresh({}, {})
    return Fresh({"time-room": room_html(found)}, {"time-slider": slider(history, found, chosen(run, found))})


def render(run: RunFolder, history: History, found: list[Snapshot], checked: StackCheck) -> None:
    """Slider, buttons, and what is inside. Nothing before the first snapshot."""
    if not found:
        return
    at = chosen(run, found)
    with st.container(border=True, key="time-machine", gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center", key="time-head", gap="xsmall"):
            st.html(block("time-room", room_html(found)), width="content")
            _buttons(at, checked)
        time_slider("time-slider", slider(history, found, at), rewind)
        _inside(at or found[-1], rewound=at is not None)


def _buttons(at: Snapshot | None, checked: StackCheck) -> None:
    st.button(
        say("Back to now"),
        key="back-to-now",
        icon=":material/last_page:",
        on_click=rewind,
        args=(None,),
        disabled=at is None,
    )
    st.button(
        say("Continue from here"),
        key="continue-from",
        icon=":material/fork_right:",
        on_click=steering.continue_from,
        args=(at.step if at else 0,),
        disabled=at is None or bool(checked.problem),
        help=translated(CONTINUE),
    )


def rewind(step: int | None) -> None:
    """Take the pages to a step of the run; None: to now."""
    session.shown().at_step = step


@dataclass
class Peephole:
    """What one tab sees inside: the newest look that was found, and when it asked for the next."""

    look: Look | None = None
    step: int = 0
    run: Path | None = None
    asked: Snapshot | None = None
    when: float = 0.0
    rewound: bool = False  # it asked for what the page was rewound to


def _inside(snapshot: Snapshot, rewound: bool) -> None:
    """A look into the snapshot, which is found only while somebody looks. Until it is, the one before stays."""
    inside = st.expander(
        say("Look inside at this step"), key="inside", on_change="rerun"
    )  # another label would close it
    if not inside.open:
        return
    shown, hole = session.shown(), session.kept("peephole", Peephole)
    shown.peeping = True
    if hole.run != snapshot.path.parent:
        hole = st.session_state["peephole"] = Peephole(run=snapshot.path.parent)
    if not rewound and shown.polling:
        snapshot = _still_new(hole) or snapshot
    if snapshot != hole.asked:
        hole.asked, hole.when = snapshot, time.monotonic()
    hole.rewound = rewound
    found = looks().get(snapshot.path, 0.0 if shown.polling else PATIENCE)
    shown.looking = found is None
    if found is not None:
        hole.look, hole.step = found, snapshot.step
    with inside:
        if hole.look is None:
            st.caption(say("Reading images with the weights of step {step:,} …", step=snapshot.step))
        elif hole.look.problem:
            st.caption(literal(translated(hole.look.problem)))
        else:
            _show(hole.look, hole.step)


def _still_new(hole: Peephole) -> Snapshot | None:
    """The newest snapshot of a moment ago, if it is still there: a run that trains has a newer one twice a second."""
    if hole.asked is None or hole.rewound or time.monotonic() - hole.when >= REFRESH:
        return None
    return hole.asked if hole.asked.path.exists() else None


def _show(look: Look, step: int) -> None:
    with st.container(horizontal=True, key="inside-parts", gap="medium"):
        with st.container(width=MATRIX_SIDE, gap="xsmall"):
            words = confusion_words(look.counts)
            st.caption(say("**Step {step:,}, on validation images.** {words}", step=step, words=words))
            live_chart(confusion_figure(look.counts), "confusion", "", MATRIX_SIDE, words)
        with st.container(key="first-weights", gap="xsmall"):
            st.caption(translated(look.caption))
            if look.pictures:
                names = [translated(name) for name in look.names]
                height = 72 if look.pictures[0].shape[0] > 15 else 60
                st.html(f'<div class="ink-kernels">{pictures_html(look.pictures, names, height)}</div>')


@st.cache_resource(show_spinner=False)
def looks() -> Looks:
    """What was found in snapshots, for all tabs."""
    return Looks(session.jobs())
