"""The link: to the settings, or to those of a run; what it leaves here; and one that locks or hides controls."""

import contextlib
from pathlib import Path

import streamlit as st

from dashboard import session, style
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.running.jobs import Progress, stamp
from dashboard.settings.locks import Locks
from dashboard.sharing import address, lock_names
from dashboard.sharing.desk import desk, keyed, wait_for
from engine.checkpoint import read_checkpoint
from engine.config import TrainingConfig
from engine.fingerprint import fingerprint
from engine.link import stays_here
from engine.recipe import grouped, recipe
from engine.rundir import RunError, RunFolder
from engine.spec import SettingError


def render() -> None:
    """The whole section."""
    run = session.shown_run()
    config = _chosen(run)
    st.markdown(say("**A link to these settings**, seed included. Who opens it sees this page, ready to train."))
    text = address.link(config)
    st.code(text, language=None, wrap_lines=True)
    st.caption(say("{count} characters. Copy it with the button at its right.", count=len(text)))
    for sentence in stays_here(config):
        st.caption(say(":material/home: Stays here: {what}", what=literal(translated(sentence))))
    with st.container(key="share-recipe"):
        _fingerprints(config, run)
    with st.container(key="share-locks", gap="small"):
        _teacher(config)


def _chosen(run: RunFolder | None) -> TrainingConfig:
    """The sidebar's settings, or those that the shown run began with."""
    here, draft = desk(), session.draft().config
    if run is None:
        return draft
    try:
        of_run = run.config()
    except (RunError, SettingError) as error:
        st.error(literal(translated(str(error))))
        return draft
    if of_run == draft:
        return draft
    controlled(
        st.segmented_control,
        say("Which settings"),
        "share-which",
        here.of_run,
        lambda wish: setattr(here, "of_run", wish),
        options=[False, True],
        format_func=lambda each: say("Of the run that is shown") if each else say("Of the sidebar"),
        required=True,
    )
    if here.of_run and session.runs().history(run).changes:
        st.caption(say("This run was changed while it trained. The link has its settings as it began."))
    return of_run if here.of_run else draft


def _fingerprints(config: TrainingConfig, run: RunFolder | None) -> None:
    """Of what is to be trained, and of what came out."""
    found = wait_for(("recipe", config, stamp_of(config)), lambda tell: recipe(config))
    tiles = [(say("Recipe"), found.result or ("–" if found.problem else "…"), "")]
    if run is not None:
        tiles.append((say("Weights of the run"), weights_of(run) or "–", ""))
    style.tiles(tiles)
    if found.problem:
        st.caption(literal(translated(found.problem)))
    st.caption(
        say(
            "The recipe is a digest of what decides the weights: settings, all images and labels, the engine's source, "
            "versions and processor. Runs of the same recipe that nobody changes or stops come to the same weights, to "
            "the last bit: their fingerprints are the same."
        )
    )
    if run is not None:
        _unlike(run)


def stamp_of(config: TrainingConfig) -> tuple[object, ...]:
    """Of the files that the settings name: their contents may change under the same name."""
    found = []
    for name in (config.data.source, config.data.personal, config.start_from):
        with contextlib.suppress(OSError):  # nothing is there, as of data that is known by its name
            found.append(stamp(Path(name)))
    return tuple(found)


def weights_of(run: RunFolder) -> str:
    """The fingerprint of a run's newest weights; "" while it is not known."""
    found = ask_weights(run)
    desk().waiting |= found is not None and not found.done
    return found.result or "" if found is not None else ""


def ask_weights(run: RunFolder) -> Progress[str] | None:
    """The fingerprint of a run's newest weights as a job; None without weights, also where they are just gone."""
    newest = run.newest
    if newest is None:
        return None
    try:
        key = ("fingerprint", *stamp(newest))
    except OSError:
        return None
    return session.jobs().ask(key, lambda tell: grouped(fingerprint(read_checkpoint(newest))), patience=0.05)


def _unlike(run: RunFolder) -> None:
    """Why another run of this link would not come to the weights that are shown."""
    history = session.runs().history(run)
    if history.ended is None:
        st.caption(say("The run has not ended: its weights and their fingerprint still change."))
    elif str(history.ended.get("reason")) in ("stopped", "diverged"):
        st.caption(say("The run did not come to its planned end: another one of this link stops elsewhere."))
    elif history.changes:
        st.caption(say("The run was changed while it trained: another one of this link comes to other weights."))


def _teacher(config: TrainingConfig) -> None:
    """A link under which some controls are locked or hidden."""
    here = desk()
    with st.expander(say("For a class: lock or hide controls"), key="share-teacher", on_change="rerun") as opened:
        if not opened.open:
            return
        look = {"format_func": lock_names.in_words, "placeholder": say("none")}
        known = list(lock_names.known())
        here.locked = keyed(st.multiselect, say("Locked: shown, but fixed"), known, "share-locked", here.locked, **look)
        here.hidden = keyed(st.multiselect, say("Hidden"), known, "share-hidden", here.hidden, **look)
        held = Locks(frozenset(here.locked), frozenset(here.hidden))
        if held:
            st.code(address.link(config, held), language=None, wrap_lines=True)
        st.caption(
            say(
                "A setting means all that belongs to it: “optimizer” locks its learning rate too, “layers” the whole "
                "stack. Who opens the link can unlock: it guides, and is no examination."
            )
        )
