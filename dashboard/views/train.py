"""Build a network, watch it learn, draw for it."""

import math

import streamlit as st

from dashboard import pages, session, style
from dashboard.charts import architecture_picture
from dashboard.comparing import run_menu
from dashboard.drawing import answer, pad, pins
from dashboard.drawing.readers import choose
from dashboard.language import say, translated
from dashboard.learning import banner, playing
from dashboard.live_chart import load_plotly
from dashboard.live_feed import TICK, begin, block, offer, tick
from dashboard.picture import picture
from dashboard.settings import sidebar
from dashboard.settings.stack import StackCheck, planned, short
from dashboard.sharing import link_view
from dashboard.training import (
    control_bar,
    curves_panel,
    live_changes,
    progress,
    pulse,
    steering,
    time_machine,
    warnings,
)
from engine.config import TrainingConfig
from engine.history import History
from engine.rundir import RunError, RunFolder, Status
from engine.spec import SettingError

# Seconds between two runs of all else. What they show is fetched, or has them made as soon as it changes (see
# training/pulse.py); each costs a browser as much as seconds of fetching.
SLOW_TICK = 30.0
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
    shown.pace = _pace(status)
    st.fragment(_live, run_every=shown.pace)(checked)
    with st.container(key="below"):
        if run is not None:
            with st.expander(say("The network")):
                _network(checked)
    offer(pulse.fresh, (tick([status]) or TICK) if shown.polling else None)
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


def _pace(status: Status) -> float | None:
    """Seconds after which the page is to be made anew by itself; None: there is nothing to wait for."""
    shown = session.shown()
    trains = status.going
    if shown.looking or shown.untouched or (trains and shown.peeping):
        return TICK
    return SLOW_TICK if trains else None


def _in_step(run: RunFolder | None) -> list[str]:
    """Make the sidebar and the run agree; names of changed settings that a run in training cannot take."""
    if run is None:
        return []
    try:
        steering.adopt(run)
        waiting = session.runs().status(run).going
        return steering.send_changes(run) if waiting else []
    except (RunError, SettingError) as error:
        session.shown().problem = str(error)
        return []


def _offer_new_run(fixed: list[str]) -> None:
    """Settings were changed that the run in training cannot take: say so, and offer the way back."""
    names = ", ".join(dict.fromkeys(translated(path.partition(".")[0].replace("_", " ")) for path in fixed))
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
    begin()
    steering.clear_away()
    shown, run = session.shown(), _shown_run()
    status = session.runs().status(run) if run else NO_RUN
    if shown.stale or _pace(status) != shown.pace:
        pages.made_anew()  # the whole page: its other parts have to follow, or this fragment's timer is another one
    shown.looking = shown.peeping = False
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
        with st.container(key="problems", gap="xsmall"):
            control_bar.problems(status, checked)
            if run is not None:
                warnings.render(run, status)
        if history is not None and run is not None:
            st.html(block("figures", progress.html(run, status, history, at_step)))
            _fingerprint(run, history)
        else:
            ready = say("This network cannot be trained yet.") if checked.problem else say("Ready. Press Train.")
            style.sentence(ready)
    view = None
    with charts:
        if history is None or run is None:
            _before(checked)
        else:
            view = curves_panel.render(history, run.id, at_step)
            with st.container(key="rewinding"):
                time_machine.render(run, history, found, checked)
            with st.container(key="further", gap="xsmall"):
                curves_panel.render_further(history, view)
            with st.container(key="changes", gap=None):
                live_changes.render(history, status)
    with st.container(key="pinned"):
        pins.render_strip(run, at_step)
    pulse.note(run, status, history, found, view)
    if (_pace(status) or math.inf) < (shown.pace or math.inf):
        pages.made_anew()  # what is being found must be fetched


def _fingerprint(run: RunFolder, history: History) -> None:
    """The weights that a run ended with, by their digest: two runs of one link show the same."""
    found = link_view.ask_weights(run) if history.ended is not None else None
    if found is not None and not found.done:
        session.shown().looking = True
    if found is not None and found.result:
        planned_end = str((history.ended or {}).get("reason")) not in ("stopped", "diverged")
        if planned_end and not history.changes:
            words = say("Weights {digits}: the same link comes to the same ones on this machine.", digits=found.result)
        else:
            words = say("Weights {digits}", digits=found.result)
        st.caption(f":material/fingerprint: {words}")


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


def _network(checked: StackCheck) -> None:
    """The network in the sidebar as a picture."""
    if checked.summaries:
        picture(architecture_picture(checked.summaries, width=PICTURE_WIDTH), "network")
