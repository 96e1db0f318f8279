"""The table of runs: rows that stay where they are while their figures change, sorted and filtered in the browser.

st.dataframe paints its cells on a canvas, forgets what is selected when its data changes, and knows rows by their
number only. Here a row is known by its run: it stays picked whatever else comes, goes or is sorted.
"""

import functools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.charts.overlay import tone_color, tone_dash
from dashboard.comparing.catalog import Summary
from dashboard.language import ENGLISH, language, translated
from dashboard.palette import palette
from engine.limits import is_private

ROWS = "run-table-rows"  # where a tab keeps them
_SAID = (  # by run_table.js, and the states of runs
    *("Run", "Accuracy", "Validation", "Test", "Epochs", "Trained", "Parameters", "Started", "State"),
    *("Best validation accuracy, %", "Test accuracy at the end, %", "Time spent training"),
    *("★ Starred", "Going on", "Ended", "Races", "Repeats", "Star", "Open", "race", "repeats"),
    *("Filter by name, settings or note", "Filter runs", "Pick none", "Pick all that are shown"),
    *("No run fits this filter.", "1 run", "#total runs", "#shown of #total runs", "#runs, #count picked"),
    *("Pick the whole group", "goes on from #parent", "of"),
    *("queued", "starting", "running", "paused", "interrupted", "finished", "stopped", "diverged", "failed"),
    *("target", "patience"),
    *("Pick #name", "Star #name", "Take the star off #name", "Open #name on the Train page"),
)
_Kept = tuple[Summary, int | None, str, str, bytes]  # what a row was made of, its language the last, and the row
_Rows = dict[str, _Kept]  # by run
_HERE = Path(__file__)
_BORDERS = {"solid": "solid", "dash": "dashed", "dashdot": "dotted"}  # a line in a chart -> in a table


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "run_table",
        isolate_styles=False,
        html="<div class='run-table'></div>",
        css=_HERE.with_suffix(".css").read_text(encoding="utf-8"),
        js=_HERE.with_suffix(".js").read_text(encoding="utf-8"),
    )


def run_table(
    summaries: Sequence[Summary],
    tones: Mapping[str, int],
    picked: Sequence[str],
    revision: int,
    pick: Callable[[list[str]], None],
    act: Callable[[str, str], None],
) -> None:
    """Draw it.

    tones     run -> the place of its line in the order of colours; runs that are not in the chart have none
    picked    the runs that are picked; the browser takes them over when `revision` changes, and knows best otherwise
    pick      called with all picked runs when a person has changed them
    act       called with "star", "unstar", "open" or "group", and the run
    """
    key = "run-table"

    def picked_changed() -> None:
        value = _reported(key, "picked")
        ids = value.get("ids") if isinstance(value, Mapping) else None
        if isinstance(ids, list):
            pick([each for each in ids if isinstance(each, str)])

    def acted() -> None:
        value = _reported(key, "act")
        if isinstance(value, Mapping) and value.get("kind") in ("star", "unstar", "open", "group"):
            act(str(value["kind"]), str(value.get("id")))

    # Bytes, made of rows that are kept: Streamlit would turn 500 dictionaries into JSON twice, several times a second.
    kept: _Rows = st.session_state.get(ROWS, {})
    seen = {each.id for each in summaries}
    made: _Rows = {
        each.id: _kept_row(kept.get(each.id), each, tones.get(each.id), _parent(each, seen)) for each in summaries
    }
    st.session_state[ROWS] = made  # of this tab, which has colours of its own; what is not in the table is forgotten
    rows = b",".join(row for *_, row in made.values())
    rest = json.dumps({"picked": list(picked), "revision": revision, "words": _words()}).encode()
    data = b'{"rows":[' + rows + b"]," + rest[1:]
    _component()(data=data, key=key, height="content", on_picked_change=picked_changed, on_act_change=acted)


def _words() -> dict[str, str]:
    """What the table says, in the language of this tab; nothing for English, which it knows."""
    return {} if language() == ENGLISH else {text: translated(text) for text in _SAID}


def line_style(tone: int) -> dict[str, str]:
    """A run's line as CSS has it, on light and on dark pages."""
    color = f"light-dark({tone_color(tone, palette(False))}, {tone_color(tone, palette(True))})"
    return {"color": color, "dash": _BORDERS[tone_dash(tone)]}


def _reported(key: str, name: str) -> Any:
    state = st.session_state.get(key)
    return state.get(name) if isinstance(state, Mapping) else getattr(state, name, None)


def _parent(each: Summary, seen: set[str]) -> str:
    """The run that this one goes on from; where ids are keys, only one that this person sees in any case."""
    return each.about.parent if each.about.parent in seen or not is_private() else ""


def _kept_row(kept: _Kept | None, each: Summary, tone: int | None, parent: str) -> _Kept:
    """The row as JSON, made anew only for a new summary, another line, parent or language."""
    if kept is not None and kept[0] is each and kept[1:4] == (tone, parent, language()):
        return kept
    row = _row(each) | {"parent": parent, "line": None if tone is None else line_style(tone)}
    return each, tone, parent, language(), json.dumps(row).encode()


def _row(each: Summary) -> dict[str, Any]:
    """What the browser needs of a run. Accuracies in percent."""
    return {
        "id": each.id,
        "name": each.name,
        "words": translated(each.words),
        "note": each.about.note,
        "starred": each.about.starred,
        "kind": each.about.kind if each.about.group else "",
        "state": each.state,
        "outcome": each.outcome,
        "going": each.going,
        "epoch": round(each.epoch, 2),
        "epochs": each.config.epochs if each.config else 0,
        "best": _percent(each.best if each.best is not None else each.newest),
        "test": _percent(each.test),
        "seconds": round(each.seconds, 1),
        "parameters": each.parameters,
        "created": round(each.created, 3),
        "trail": each.trail,
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 2)
