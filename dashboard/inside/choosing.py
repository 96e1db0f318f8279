"""Which network at which moment is looked at."""

import time

import streamlit as st

from dashboard import session, style
from dashboard.comparing import run_menu
from dashboard.drawing.readers import Reader, choose
from dashboard.inside.desk import InsideDesk
from dashboard.inside.subject import Key
from dashboard.language import say
from dashboard.running.jobs import stamp
from dashboard.training import time_machine
from dashboard.training.time_slider import time_slider
from engine import Model
from engine.rundir import RunFolder, Status

REFRESH = 3.0  # seconds from one look at weights that change to the next: to be drawn they cost a run its core
RARELY = 8.0  # the same for sections that have much worked out at each look
HEAVY = ("histograms", "units", "space", "microscope")


def chosen(desk: InsideDesk, run: RunFolder | None) -> tuple[Model, Key, bool] | None:
    """The model, its key, and whether its weights still change; says what is looked at. None: nothing can be read."""
    status = session.runs().status(run) if run is not None else Status("none")
    found = time_machine.found_of(run)
    snapshot = time_machine.chosen(run, found)
    reader = choose(run, snapshot.step if snapshot is not None else None)
    own = run is not None and reader is not None and reader.path.is_relative_to(run.path)
    live = own and snapshot is None and status.trains
    model = _newest(desk, reader, live) if reader is not None else None
    with st.container(horizontal=True, vertical_alignment="center", key="inside-top", gap="small"):
        _sentence(model, reader, status, rewound=snapshot is not None, own=own, waits=run is not None and not own)
        run_menu.render()
    with st.container(key="inside-time"):
        if run is not None and len(found) > 1:
            history = session.runs().history(run)
            time_slider("inside-slider", time_machine.slider(history, found, snapshot), time_machine.rewind)
    return (model, desk.key, live) if model is not None and desk.key is not None else None


def due(desk: InsideDesk, run: RunFolder | None) -> bool:
    """Whether there are other weights to look at, and time for it."""
    if session.shown().at_step is not None or (reader := choose(run)) is None:
        return False
    return not _fresh_enough(desk, reader) and _key(reader) not in (None, desk.key)


def _fresh_enough(desk: InsideDesk, reader: Reader) -> bool:
    """Whether weights of a file that changes were read a moment ago."""
    return _is_read(desk, reader) and time.monotonic() - desk.asked < (RARELY if desk.section in HEAVY else REFRESH)


def _is_read(desk: InsideDesk, reader: Reader) -> bool:
    """Whether the page shows weights of this file, be they its newest or not."""
    return desk.key is not None and desk.key[0] == reader.path


def _key(reader: Reader) -> Key | None:
    try:
        return stamp(reader.path)
    except OSError:  # the run was deleted, or the snapshot made room for another
        return None


def _newest(desk: InsideDesk, reader: Reader, live: bool) -> Model | None:
    """The weights in the file; of a file that changes, those of a moment ago as long as they are fresh enough."""
    if live and desk.model is not None and _fresh_enough(desk, reader):
        return desk.model
    now, key = time.monotonic(), _key(reader)
    if key is None:
        return None
    if key != desk.key or desk.model is None:
        model = reader.model()
        if model is None:
            return desk.model if _is_read(desk, reader) else None
        desk.model, desk.key, desk.asked = model, key, now
    return desk.model


def _sentence(
    model: Model | None, reader: Reader | None, status: Status, rewound: bool, own: bool, waits: bool
) -> None:
    """What is looked at. own: it is the run's own; waits: the run has no weights yet."""
    if reader is None:
        words = say("There is no network to look into yet. Train one on the page Train.")
    elif model is None:
        words = say("The weights of {name} cannot be read; they may have been deleted.", name=reader.name)
    else:
        figures = {
            "name": reader.name[:1].upper() + reader.name[1:],
            "step": model.checkpoint.position.step,
            "layers": len(model.network.layers),
            "count": len(model.network.vector),
        }
        if rewound:
            words = say("{name}: {layers} layers, {count:,} parameters. Rewound.", **figures)
        elif own and status.trains:
            words = say("{name} trains, step {step:,}: {layers} layers, {count:,} parameters.", **figures)
        elif own:
            words = say("{name}, at step {step:,}: {layers} layers, {count:,} parameters.", **figures)
        elif waits:
            words = say(
                "The run has no weights yet. This is {name}: {layers} layers, {count:,} parameters.",
                **(figures | {"name": reader.name}),
            )
        else:
            words = say("This is {name}: {layers} layers, {count:,} parameters.", **(figures | {"name": reader.name}))
    style.sentence(words, "rewound" if rewound else status.state if own else "")
