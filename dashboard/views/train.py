"""Build a network, watch it learn, draw for it."""

import math

import streamlit as st

from dashboard import session, style
from dashboard.charts import architecture_picture
from dashboard.comparing import run_menu
from dashboard.drawing import answer, pad, pins
from dashboard.drawing.readers import choose
from dashboard.language import say, translated
from dashboard.learning import banner, playing
from dashboard.live_chart import load_plotly
from dashboard.picture import picture
from dashboard.running import troubles
from dashboard.settings import sidebar
from dashboard.settings.stack import StackCheck, planned, short
from dashboard.training import control_bar, curves_panel, live_changes, progress, steering, time_machine, warnings
from engine.config import TrainingConfig
from engine.history import History
from engine.rundir import RunError, RunFolder, Status
from engine.spec import SettingError

TICK = 0.3  # seconds between two looks at a run that trains
PAD_SIDE = 300
PICTURE_WIDTH = 640  # pixels, of one row of layers
NO_RUN = Status("none")
SAME_SEED = "From the same seed, so that the two can be compared. The run that trains now goes on beside it."
HOW = """
- **Train**, and within seconds the loss falls and the accuracy rises, here.
- **Draw** a digit at any time, and see the answer change while the network learns.
- **Change** anything on the left. Learning rate, momentum, dropout, decay, augmentation and batch size act at once,
  also on a run that is under way.
"""


def render() -> None:
    """The whole page. What comes and goes does so inside containers that stay: the pad must never move.

    An element whose place among its siblings changes is made anew by the browser, and a canvas made anew is empty.
    """
    shown = session.shown()
    shown.stale = False
    playing.follow_address()
    run = _shown_run()
    fixed = _in_step(run)
    checked = sidebar.render()
    banner.render(run)
    with st.container(key="notices"):
        if fixed:
            _offer_new_run(fixed)
    status = session.runs().status(run) if run else NO_RUN
    shown.polling = _must_poll(status)
    st.fragment(_live, run_every=TICK if shown.polling else None)(checked)
    with st.container(key="below"):
        if run is not None:
            with st.expander(say("The network")):
                _network(checked)
    load_plotly()  # last: its 4.8 MB must not hold up the rest


def _shown_run() -> RunFolder | None:
    """The run in the address, if there is one of that name."""
    shown = session.shown()
    if shown.run_id is None:
        return None
    try:
        return session.runs().open(shown.run_id)
    except RunError as error:
        session.show(None)
        shown.problem = str(error)
        return None


def _must_poll(status: Status) -> bool:
    """Whether there is something to wait for."""
    shown = session.shown()
    return status.state in steering.WAITING or shown.looking or bool(shown.untouched)


def _in_step(run: RunFolder | None) -> list[str]:
    """Make the sidebar and the run agree; names of changed settings that a run in training cannot take."""
    if run is None:
        return []
    try:
        steering.adopt(run)
        waiting = session.runs().status(run).state in steering.WAITING
        return steering.send_changes(run) if waiting else []
    except (RunError, SettingError) as error:
        session.shown().problem = str(error)
        return []


def _offer_new_run(fixed: list[str]) -> None:
    """Settings were changed that the run in training cannot take: say so, and offer the way back."""
    names = ", ".join(dict.fromkeys(path.partition(".")[0].replace("_", " ") for path in fixed))
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="other-settings"):
        st.markdown(
            say(
                "These settings differ from the run's in **{names}**, which cannot change while it trains.",
                names=names,
            )
        )
        seen = session.shown().seen or TrainingConfig()
        st.button(say("Train them in a new run"), key="train-new", on_click=steering.train, help=translated(SAME_SEED))
        st.button(say("Back to the run's"), key="back", type="tertiary", on_click=session.draft().load, args=(seen,))


def _live(checked: StackCheck) -> None:
    """All that changes while a run trains."""
    steering.clear_away()
    shown, run = session.shown(), _shown_run()
    status = session.runs().status(run) if run else NO_RUN
    if shown.stale or _must_poll(status) != shown.polling:
        st.rerun()  # the whole page: its other parts have to follow, or this fragment's timer starts or stops
    shown.looking = False
    history = session.runs().history(run) if run else None
    found = time_machine.found_of(run)
    snapshot = time_machine.chosen(run, found)
    at_step = snapshot.step if snapshot else None
    top = st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="top")
    figures = st.container(key="figures", gap="xsmall")
    with st.container(horizontal=True, key="stage", gap="medium"):
        charts = st.container(key="charts", gap="xsmall")
        with st.container(key="pad-panel", width=PAD_SIDE, gap="xsmall"):
            answer.render(choose(run, at_step), pad.render(PAD_SIDE))  # first of all: a hand waits for it
    with top:
        control_bar.render(run, status, history, checked)
        run_menu.render()
    with figures:
        control_bar.problems(status, checked)
        if run is not None:
            warnings.render(run, status)
        if history is not None and run is not None:
            progress.render(history, status, _note(run, status, history), at_step)
        else:
            style.sentence(
                say("This network cannot be trained yet.") if checked.problem else say("Ready. Press Train.")
            )
    with charts:
        if history is None or run is None:
            _before(checked)
        else:
            view = curves_panel.render(history, run.id, at_step)
            time_machine.render(run, history, found, checked)
            with st.container(key="further", gap="xsmall"):
                curves_panel.render_further(history, view)
            with st.container(key="changes", gap=None):
                live_changes.render(history, status)
    with st.container(key="pinned"):
        pins.render_strip(run, at_step)
    if shown.looking and not shown.polling:
        st.rerun()  # what is being found must be fetched


def _before(checked: StackCheck) -> None:
    """What there is to see before anything is trained."""
    _network(checked)
    config = session.draft().config
    images = planned(config)
    steps = math.ceil(images / config.batch_size)
    st.caption(
        say(
            "{parameters:,} parameters, {macs} multiply-adds for each image. {images:,} images in "
            "batches of {batch_size}: {steps:,} steps an epoch, {epochs:,} epochs.",
            parameters=checked.parameters,
            macs=short(checked.macs),
            images=images,
            batch_size=config.batch_size,
            steps=steps,
            epochs=config.epochs,
        )
    )
    st.markdown(translated(HOW.strip()))


def _note(run: RunFolder, status: Status, history: History) -> str:
    """What is to be said of a run that does not train, though it has not ended."""
    if status.state == "queued":
        before = session.runs().place_in_queue(run.id)
        return say("Waiting for a free core") + (say(", behind {before} other runs.", before=before) if before else ".")
    if status.state == "starting":
        return say("Starting: the images are being loaded.")
    if status.state == "paused" and not history.step:
        return say("Ready at step 0: nothing is learned yet. Press Train.")
    if status.reason == "failed":
        return say("It could not begin: {failure}", failure=session.runs().failure(run))
    if status.state == "interrupted":
        return troubles.interruption(run, session.runs().failure(run))
    if playing.playing().quiet and history.step:
        return say("What do the curves tell? The diagnosis is yours.")
    return ""


def _network(checked: StackCheck) -> None:
    """The network in the sidebar as a picture."""
    if checked.summaries:
        picture(architecture_picture(checked.summaries, width=PICTURE_WIDTH), "network")
