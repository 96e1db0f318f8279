"""The address is the document: the settings of the sidebar are in it, and one that is opened sets the sidebar.

    ?s=1.SPQbKYMxCBsIMcQ8FgA            the settings (engine/link.py)
    &lock=optimizer&hide=augmentation   controls that a teacher has locked or hidden (lock_names.py)
    &run=RUN                            the run that is shown, which others have only on this computer

Opening an address trains nothing and changes no run. Where the named run is here and still in training, its own
settings are shown, not those of the address: what the sidebar shows would be sent to it.
"""

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.language import say, translated
from dashboard.markdown import literal
from dashboard.settings import locks
from dashboard.settings.locks import Locks
from dashboard.sharing import lock_names
from dashboard.training import steering
from engine.config import TrainingConfig
from engine.link import LinkError, decode, encode
from engine.presets import DEFAULT, PRESETS
from engine.rundir import RunError
from engine.spec import SettingError

SETTINGS, LOCK, HIDE = "s", "lock", "hide"
_SCRIPT = Path(__file__).with_name("address.js")
_STYLE = ".st-key-address { position: absolute; width: 0; height: 0; overflow: hidden; }"


@dataclass
class Opened:
    """The address that this tab was opened with."""

    taken: bool = False  # it was looked at
    config: TrainingConfig | None = None  # its settings, if it had any
    held: Locks = field(default_factory=Locks)  # its locks
    ignored: list[str] = field(default_factory=list)  # what of it could not be used, in sentences
    problem: str = ""  # why nothing of its settings could


def opened() -> Opened:
    """The address that this tab was opened with."""
    return session.kept("opened", Opened)


def follow() -> None:
    """Take the settings out of the address that a tab is opened with. Once in every full run, before the page."""
    here = opened()
    if here.taken:
        return
    here.taken = True
    _take_locks(here)
    text = st.query_params.get(SETTINGS)
    if not text:
        return
    try:
        here.config, ignored = decode(text)
    except LinkError as error:
        here.problem = str(error)
        return
    here.ignored += ignored
    if _make_room():
        session.draft().load(here.config)


def _make_room() -> bool:
    """Whether the sidebar may show the address's settings; those of a run that it names are taken in first."""
    run_id = session.shown().run_id
    if run_id is None:
        return True
    try:
        run = session.runs().open(run_id)
        waits = session.runs().status(run).going
        steering.adopt(run)
    except (RunError, SettingError):
        return True  # it is not here, or cannot be read: then the settings are all there is
    return not waits


def _take_locks(here: Opened) -> None:
    locked, unknown = lock_names.read(st.query_params.get(LOCK, ""))
    hidden, unknown_too = lock_names.read(st.query_params.get(HIDE, ""))
    here.ignored += unknown + unknown_too
    here.held = Locks(locked, hidden, say("Locked by the link that this page was opened with."))
    if here.held:
        locks.set(here.held)


def release() -> None:
    """Let go of the locks that the address brought."""
    if locks.current() == opened().held:
        locks.set(Locks())
    opened().held = Locks()


def render_notice() -> None:
    """What became of the address: shown until it is read, on the page where settings are shown."""
    here = opened()
    with st.container(key="link-notice", gap="xsmall"):
        if here.problem:
            st.warning(say("The link's settings cannot be used: {problem}", problem=literal(translated(here.problem))))
        elif here.ignored:
            told = "".join(f"\n- {literal(sentence)}" for sentence in here.ignored)
            st.warning(say("Of the link that was opened, this was ignored:") + told)
        elif here.config is not None and here.config == session.draft().config and session.shown().run_id is None:
            st.caption(say(":material/link: Settings of the link that was opened. Press Train."))
        if here.problem or here.ignored:
            st.button(say("I have read it"), key="link-read", type="tertiary", on_click=_forget, args=(here,))
        held = locks.current()
        if held and held.by:
            st.caption(f":material/lock: {literal(held.by)}")
        if held and held == here.held:
            st.button(say("Unlock"), key="link-unlock", type="tertiary", on_click=release)


def _forget(here: Opened) -> None:
    here.problem, here.ignored = "", []


def parts(config: TrainingConfig, held: Locks) -> dict[str, str]:
    """What an address says of settings and locks; nothing of those that a fresh page has anyway."""
    named = {
        SETTINGS: encode(config) if held or config != PRESETS[DEFAULT].config else "",
        LOCK: lock_names.written(held.locked),
        HIDE: lock_names.written(held.hidden),
    }
    return {name: text for name, text in named.items() if text}


def link(config: TrainingConfig, held: Locks | None = None) -> str:
    """A whole link to these settings, as this browser reaches the page."""
    named = {SETTINGS: encode(config)} | parts(config, held or Locks())
    return f"{base()}?{'&'.join(f'{name}={text}' for name, text in named.items())}"


def base() -> str:
    """The address of the first page, as this browser has it."""
    url = (st.context.url or "http://localhost:8501/").partition("?")[0].partition("#")[0]
    page = session.place().page
    return (url.removesuffix("/").removesuffix(f"/{page}") if page else url.removesuffix("/")) + "/"


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "address", isolate_styles=False, js=_SCRIPT.read_text(encoding="utf-8"), css=_STYLE
    )


def render() -> None:
    """Put the sidebar's settings into the browser's address. Once in every full run, after the page. Shows nothing."""
    held = opened().held
    _component()(data=parts(session.draft().config, held), key="address", height=1)
