"""Widgets that show a value which lives elsewhere, and report what a person makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass
class _Mounted:
    """A widget on the page: what it was mounted with, and what it is known to show."""

    version: int
    first: Any
    shows: Any


def controlled(widget: Any, label: str, name: str, value: Any, changed: Callable[[Any], None], **look: Any) -> None:
    """Draw a widget that shows `value`, whatever it showed before, and reports what a person makes of it.

    When the value was changed by something else, the widget is replaced by one with another key, and reports of the
    old one are ignored. Setting the widget's state would be shorter, and wrong: the browser sends the state of all
    widgets with each request, several times a second while a run is watched, and one that is under way would bring
    the old value back as a person's wish, or, where it knows nothing of the widget yet, the widget's default.
    """
    all_mounted: dict[str, _Mounted] = st.session_state.setdefault("mounted", {})
    mounted = all_mounted.get(name) or _Mounted(0, value, value)
    forgotten = _key(name, mounted) not in st.session_state and mounted.first != value  # another page was visited
    # a default that can no longer be chosen: Streamlit raises, or would have to be given it as an option
    gone = "options" in look and mounted.first not in (None, value, *look["options"])
    if mounted.shows != value or forgotten or gone:
        mounted = _Mounted(mounted.version + 1, value, value)
    all_mounted[name] = mounted
    key = _key(name, mounted)

    def report() -> None:
        if all_mounted[name] is mounted:
            mounted.shows = st.session_state[key]
            changed(mounted.shows)

    widget(label, key=key, on_change=report, **_with_default(widget, mounted.first, look))


def renew() -> None:
    """Replace all widgets by fresh ones, as when their labels and options turn into another language."""
    for mounted in st.session_state.get("mounted", {}).values():
        mounted.shows = object()  # equal to no value


def _key(name: str, mounted: _Mounted) -> str:
    return f"{name}--{mounted.version}" if mounted.version else name


def _with_default(widget: Any, first: Any, look: dict[str, Any]) -> dict[str, Any]:
    """The arguments with the default, under the name that it has for this widget."""
    if widget is st.pills:
        return look | {"default": first if first in look["options"] else None}
    if "options" in look and first not in look["options"]:
        look = look | {"options": [first, *look["options"]]}
        if widget is st.select_slider:
            look["options"].sort()
    if widget is st.selectbox:
        return look | {"index": look["options"].index(first)}
    return look | {"default" if widget is st.segmented_control else "value": first}
