"""Who reads: the shown run, other runs, the networks that ship; one or several side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.drawing.readers import Reader, of_run, pretrained
from dashboard.language import say, translated
from engine.rundir import RunFolder

NEWEST = 12  # runs that are offered
MOST = 6  # readers side by side
SHOWN = "the run on the Train page"


@dataclass(frozen=True)
class Choice:
    """A line of the menu."""

    key: str  # what the desk remembers: two runs may have the same name, and a name may change
    label: str
    reader: Reader | None  # None: a run without weights yet
    run: RunFolder | None = None


def choices(shown: RunFolder | None) -> list[Choice]:
    """What can be chosen, the first one by default. The shown run is that of the Train page, at its step."""
    found = (
        [Choice(SHOWN, translated(SHOWN), of_run(shown, session.shown().at_step), shown)] if shown is not None else []
    )
    found += [Choice(str(reader.path), reader.name, reader) for reader in pretrained()]
    names = {each.reader.name for each in found if each.reader is not None}
    for run in session.runs().newest(NEWEST):
        reader = None if shown is not None and run.id == shown.id else of_run(run)
        if reader is not None:
            if reader.name in names:
                reader = replace(reader, name=f"{reader.name} ({run.id})")
            names.add(reader.name)
            found.append(Choice(run.id, reader.name, reader, run))
    return found


def chosen(offered: Sequence[Choice]) -> list[Choice]:
    """Those that were chosen and are still there; the first with weights where none is."""
    keys = session.desk().readers
    found = [each for each in offered if each.key in keys]
    if not any(each.reader for each in found):
        found += [next(each for each in offered if each.reader)] if any(each.reader for each in offered) else []
    return found


def readers(offered: Sequence[Choice]) -> list[Reader]:
    """Who reads now."""
    return [each.reader for each in chosen(offered) if each.reader is not None]


def render(offered: list[Choice]) -> list[Reader]:
    """The menu. Returns who reads now."""
    desk = session.desk()
    keys = [each.key for each in offered]
    labels = {each.key: each.label for each in offered}
    controlled(
        _menu,
        say("Who reads"),
        "readers",
        [key for key in desk.readers if key in labels] or keys[:1],
        lambda wish: setattr(desk, "readers", wish),
        offered=keys,
        format_func=lambda key: labels.get(key, key),
    )
    return readers(offered)


def _menu(
    label: str, key: str, on_change: Any, value: list[str], offered: list[str], format_func: Callable[[str], str]
) -> None:
    st.multiselect(
        label,
        offered,
        default=[each for each in value if each in offered],
        key=key,
        format_func=format_func,
        on_change=on_change,
        max_selections=MOST,
        placeholder=say("Choose a network"),
        help=say("The newest weights of a run, or networks that ship with the project. Several answer side by side."),
    )
