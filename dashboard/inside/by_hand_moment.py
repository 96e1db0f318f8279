"""Weights that stay while one reads their numbers, though the network trains on."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from dashboard import session
from dashboard.inside.subject import Key, Subject
from dashboard.language import say
from engine import Model
from engine.snapshots import Snapshot, at_or_before, snapshots


@dataclass
class Moment:
    """What is held on to."""

    model: Model | None = None
    key: Key | None = None
    live: bool = False


def held(subject: Subject, name: str) -> tuple[Model, Key]:
    """The weights whose numbers are shown; of a run that trains, those of the moment when they were asked for.

    Offers the newest ones. name: of the section, which has a moment of its own.
    """
    moment = session.kept(f"inside-moment-{name}", Moment)
    known = moment.key
    goes_on = subject.live and moment.live and known is not None and known[0] == subject.path
    if moment.model is None or known is None or not goes_on:
        moment.model, moment.key, moment.live = subject.model, subject.key, subject.live
        known = subject.key
    with st.container(horizontal=True, vertical_alignment="center", key=f"{name}-moment", gap="small"):
        if known != subject.key:
            step = moment.model.checkpoint.position.step
            st.caption(say("The network has learned on; these are the numbers of step {step:,}.", step=step))
            st.button(
                say("Use the newest weights"),
                key=f"{name}-newest",
                type="tertiary",
                icon=":material/refresh:",
                on_click=_let_go,
                args=(moment,),
            )
    return moment.model, known


def _let_go(moment: Moment) -> None:
    moment.model = None


def home(key: Key) -> Path:
    """The folder of the run to which a file with weights belongs, be it the newest one or a snapshot."""
    folder = key[0].parent
    return folder.parent if folder.name == "snapshots" else folder


def with_memory(subject: Subject, model: Model) -> Snapshot | None:
    """The run's last snapshot, which holds the optimizer's state, where the file that is shown has none."""
    saved = model.checkpoint
    if saved.slots or not saved.config.optimizer.slot_names or subject.run is None:
        return None
    return at_or_before(snapshots(subject.run), saved.position.step)
