"""Train, pause, step, stop: the buttons, and what they do to the shown run."""

from collections.abc import Callable

import streamlit as st

from dashboard import session
from dashboard.stack import StackCheck
from engine.config import TrainingConfig, differences
from engine.rundir import RunError, RunFolder, Status

WAITING = ("queued", "starting", "running", "paused")  # states in which a run has not come to its end


def render(run: RunFolder | None, status: Status, step: int, checked: StackCheck) -> None:
    """The buttons that make sense now, always in the same places."""
    going = status.state in WAITING
    with st.container(horizontal=True, vertical_alignment="center", key="control-bar", gap="xsmall"):
        if run is None or status.state == "ended":
            _main("Train", "play_arrow", train, checked.problem)
        elif status.state == "interrupted":
            _main("Continue", "play_arrow", _continue)
        elif status.state == "paused":
            _main("Resume", "play_arrow", _resume)
        else:
            _main("Pause", "pause", _pause, "It has not begun yet." if status.state == "queued" else "")
        if going:
            _button(
                "One step",
                "skip_next",
                "step",
                lambda: _one_step(step),
                off=status.state in ("queued", "starting"),
            )
        else:
            _button("One step", "skip_next", "step", lambda: train(until_step=1), off=bool(checked.problem))
        _button("Stop", "stop", "stop", lambda: _wish("stopped"), off=not going)
        if run is not None and status.state != "ended":
            _button("New run", "add", "again", train, off=bool(checked.problem))


def problems(status: Status, checked: StackCheck) -> None:
    """Why something cannot be done."""
    going = status.state in WAITING
    if problem := session.shown().problem or ("" if going else checked.problem):
        st.error(problem, icon=":material/error:")


def _main(label: str, icon: str, act: Callable[[], None], problem: str = "") -> None:
    # a key for each meaning: a click on what was Resume a moment ago must not pause
    st.button(
        label,
        key=f"main-{label.lower()}",
        type="primary",
        icon=f":material/{icon}:",
        width=136,
        on_click=act,
        disabled=bool(problem),
    )


def _button(label: str, icon: str, key: str, act: Callable[[], None], off: bool) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=act, disabled=off)


def train(until_step: int | None = None) -> None:
    """Start a run of what the sidebar shows, and show it."""
    shown, config = session.shown(), session.draft().config
    try:
        run = session.runs().start(config, until_step)
    except RunError as error:
        shown.problem = str(error)
        return
    session.show(run.id)
    shown.loaded, shown.seen = run.id, config


def _continue() -> None:
    shown = session.shown()
    shown.problem = ""
    try:
        session.runs().resume(shown.run_id or "")
    except RunError as error:
        shown.problem = str(error)


def _pause() -> None:
    _wish("paused")


def _resume() -> None:
    _command(wish="running", until_step=None)


def _one_step(step: int) -> None:
    _command(wish="running", until_step=step + 1)


def _wish(wish: str) -> None:
    _command(wish=wish)


def _command(**wishes: object) -> None:
    shown = session.shown()
    shown.problem = ""
    try:
        session.runs().command(shown.run_id or "", **wishes)
    except RunError as error:
        shown.problem = str(error)


def effective(run: RunFolder) -> TrainingConfig:
    """A run's settings with its live changes. Raises RunError, SettingError."""
    return run.config().with_values(run.control().settings)


def adopt(run: RunFolder) -> None:
    """Show the settings of a run that was just opened, or that another tab has changed. Raises RunError."""
    shown, draft = session.shown(), session.draft()
    settings = effective(run)
    untouched = shown.seen is not None and draft.config == shown.seen
    if shown.loaded != run.id or (untouched and settings != shown.seen):
        draft.load(settings)
        shown.loaded, shown.seen = run.id, settings


def send_changes(run: RunFolder) -> list[str]:
    """Send what was changed in the sidebar to a run that trains.

    Returns the names of settings that cannot change while it does; then nothing is sent, for what was changed is
    a plan for another run.
    """
    shown, config = session.shown(), session.draft().config
    if shown.seen is None or config == shown.seen:
        return []
    changes = list(differences(shown.seen, config))
    fixed = [change.path for change in changes if not change.live]
    if not fixed:
        session.runs().change(run.id, {change.path: change.new for change in changes})
        shown.seen = config
    return fixed
