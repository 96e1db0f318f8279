"""The buttons that steer the shown run, always in the same places."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.settings.stack import StackCheck
from dashboard.training import steering
from engine.history import History
from engine.rundir import RunFolder, Status

SPEED_WIDTH = 150  # pixels
SPEEDS = (1.0, 3.0, 10.0, 30.0, 100.0, 0.0)  # steps a second; 0: full speed
RESET = "The same start again: a new run of the same settings and seed. It waits at step 0 until you press Train."
MAIN_WIDTH = 116  # pixels
NEW_SEED = "Another seed: other first weights, and the images in another order. It waits at step 0, as after Reset."


def render(run: RunFolder | None, status: Status, history: History | None, checked: StackCheck) -> None:
    """What can be done now. What cannot is grey, so that nothing moves."""
    going = status.going
    ready = status.state in ("running", "paused")
    step = history.step if history else 0
    with st.container(horizontal=True, vertical_alignment="center", key="control-bar", gap="xsmall"):
        with st.container(key="main-place", width=MAIN_WIDTH):  # for a moment the old button and the new one are there
            _main(run, status, step, checked.problem)
        if going:
            one_batch, one_epoch = steering.one_batch, steering.one_epoch
        else:
            one_batch, one_epoch = partial(steering.train, until_step=1), partial(steering.train, until_epoch=1.0)
        off = not ready if going else bool(checked.problem) or status.state == "interrupted"
        _button(say("One batch"), "skip_next", "step", one_batch, off)
        _button(say("One epoch"), "fast_forward", "epoch", one_epoch, off)
        _button(say("Stop"), "stop", "stop", steering.stop, not going)
        idle = run is None or bool(checked.problem)
        at_start = status.state == "paused" and step == 0 and session.shown().seen == session.draft().config
        _button(say("Reset"), "replay", "reset", steering.reset, idle or at_start, translated(RESET))
        _button(say("New seed"), "casino", "new-seed", steering.new_seed, bool(checked.problem), translated(NEW_SEED))
        _speed()


def problems(status: Status, checked: StackCheck) -> None:
    """Why something cannot be done."""
    going = status.going
    if problem := session.shown().problem or ("" if going else checked.problem):
        st.error(literal(translated(problem)), icon=":material/error:")


def _main(run: RunFolder | None, status: Status, step: int, problem: str) -> None:
    """The button that people look for."""
    if run is None or status.state == "ended":
        _primary("Train", "play_arrow", steering.train, problem)
    elif status.state == "interrupted":
        _primary("Continue", "play_arrow", steering.go_on)
    elif status.state == "paused":
        _primary("Resume" if step else "Train", "play_arrow", steering.resume, key="resume")
    else:
        _primary("Pause", "pause", steering.pause, say("It has not begun yet.") if status.state == "queued" else "")


def _primary(label: str, icon: str, act: Callable[[], None], problem: str = "", key: str = "") -> None:
    # a key for each meaning: a click on what was Resume a moment ago must not pause
    st.button(
        translated(label),
        key=f"main-{key or label.lower()}",
        type="primary",
        icon=f":material/{icon}:",
        width=MAIN_WIDTH,
        on_click=act,
        disabled=bool(problem),
    )


def _button(label: str, icon: str, key: str, act: Callable[[], None], off: bool, words: str = "") -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=act, disabled=off, help=words or None)


def _speed() -> None:
    controlled(
        st.select_slider,
        say("Speed"),
        "speed",
        session.shown().speed,
        steering.set_speed,
        options=list(SPEEDS),
        format_func=speed_words,
        label_visibility="collapsed",
        width=SPEED_WIDTH,
    )


def speed_words(steps_per_second: float) -> str:
    """As the dial prints it."""
    if not steps_per_second:
        return say("Full speed")
    return say(
        "{steps_per_second:g} step{s}/s", steps_per_second=steps_per_second, s="" if steps_per_second == 1 else "s"
    )
