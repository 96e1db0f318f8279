"""The lab report: what a person writes for it, which runs are in it, and its files."""

import html
import json
import time
from collections.abc import Sequence
from functools import partial

import streamlit as st

from dashboard import session
from dashboard.comparing.picking import catalog
from dashboard.controlled import controlled
from dashboard.drawing.pin_curves import Pinned
from dashboard.language import say, spoken, translated
from dashboard.markdown import literal
from dashboard.sharing import address, expectation
from dashboard.sharing.desk import desk, keyed, tell_of
from engine.about import LONGEST_NOTE, read_about
from engine.arrays import Bytes
from engine.history import History
from engine.limits import public_id
from engine.report import curves_csv, data_json, gather
from engine.report import render as render_report
from engine.rundir import RunFolder
from engine.saying import ENGLISH, Language

MOST_RUNS = 7  # in one report: so many colours are told apart


def render() -> None:
    """The whole section."""
    run = session.shown_run()
    if run is None:
        st.caption(say("No run is shown. Train one, or choose one on the page Runs; its report is made here."))
        expectation.render("share")
        return
    st.markdown(
        say(
            "**A lab report** in one file that opens offline: settings, curves to point at and zoom, confusion matrix, "
            "errors, your drawings and words, and all that it takes to do it again."
        )
    )
    _words(run)
    runs = [run, *_others(run)]
    pins = _pins()
    with st.container(horizontal=True, key="report-files"):
        name = file_name(run)
        make = partial(page, runs, pins, address.base(), spoken())
        _download(say("Report"), f"{name}.html", "text/html", "report", make)
        _download(say("Data (JSON)"), f"{name}.json", "application/json", "json", partial(data, runs, pins))
        _download(say("Curves (CSV)"), f"{name}.csv", "text/csv", "csv", partial(curves, run))
    st.caption(say("They are made when you press the button, of the runs as they are then; that takes some seconds."))


def _download(label: str, name: str, kind: str, key: str, make: partial[bytes]) -> None:
    st.download_button(
        label,
        make,
        name,
        mime=kind,
        key=f"download-{key}",
        on_click="ignore",
        icon=":material/download:",
        type="primary" if key == "report" else "secondary",
    )


def _words(run: RunFolder) -> None:
    """Hypothesis, notes and conclusion of the run; a hypothesis of before the run is not changed afterwards."""
    about, history = read_about(run), session.runs().history(run)
    if about.hypothesis and about.hypothesis_step == 0 and history.step:
        st.markdown(say("**Hypothesis**, written before the run began:"))
        st.markdown(f"> {literal(about.hypothesis)}")
    else:
        label = say("Hypothesis") if not history.step else say("Hypothesis: written now, at step {s:,}", s=history.step)
        _field(run, label, "hypothesis", about.hypothesis)
    _field(run, say("Notes"), "note", about.note)
    _field(run, say("Conclusion"), "conclusion", about.conclusion)
    if desk().problem:
        st.error(literal(translated(desk().problem)))


def _field(run: RunFolder, label: str, name: str, text: str) -> None:
    def changed(new: str) -> None:
        more = (
            {"hypothesis_step": session.runs().history(run).step, "hypothesis_time": time.time()}
            if name == "hypothesis"
            else {}
        )
        tell_of(run, **{name: new.strip()}, **more)

    controlled(st.text_area, label, f"about-{name}-{run.id}", text, changed, max_chars=LONGEST_NOTE, height=90)


def _others(run: RunFolder) -> list[RunFolder]:
    """Further runs, to be compared with this one."""
    here = desk()
    summaries, _ = catalog().look()
    names = {each.id: each.name for each in summaries if each.id != run.id}
    if not names:
        return []
    here.compared = keyed(
        st.multiselect,
        say("Compare with"),
        list(names),
        "report-others",
        here.compared,
        format_func=lambda run_id: f"{names[run_id]} ({run_id})" if names[run_id] != run_id else run_id,
        max_selections=MOST_RUNS - 1,
        placeholder=say("other runs: the report then shows what differs, and who is ahead"),
    )
    return [RunFolder(run.path.with_name(run_id)) for run_id in here.compared]


def _pins() -> list[tuple[int, Bytes]]:
    """The digits that are pinned in this tab, cropped."""
    return [(pin.label, pin.ink) for pin in session.kept("pins", Pinned).items]


def page(runs: Sequence[RunFolder], pins: Sequence[tuple[int, Bytes]], base: str, tongue: Language = ENGLISH) -> bytes:
    """The report's file; one that says why it cannot be made, where it cannot."""
    try:
        found = [gather(run, pins if number == 0 else ()) for number, run in enumerate(runs)]
        return render_report(found, address=base, say=tongue).encode()
    except (ValueError, OSError) as error:
        return f"<!doctype html><meta charset=utf-8><p>{html.escape(tongue(str(error)))}</p>".encode()


def data(runs: Sequence[RunFolder], pins: Sequence[tuple[int, Bytes]]) -> bytes:
    """All numbers of the report."""
    try:
        return data_json([gather(run, pins if number == 0 else ()) for number, run in enumerate(runs)]).encode()
    except (ValueError, OSError) as error:
        return json.dumps({"problem": str(error)}).encode()


def curves(run: RunFolder) -> bytes:
    """The curves, whole."""
    history = History(run.events_file)
    history.update()
    return curves_csv(history).encode()


def file_name(run: RunFolder) -> str:
    """A run's name as a file may have it."""
    name = read_about(run).name or public_id(run.id)
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in name)[:60].strip("-") or public_id(
        run.id
    )
