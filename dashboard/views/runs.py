"""Every run: a table to pick from, the picked ones over each other, races and repeats."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from dashboard import pages, session, style
from dashboard.comparing import group_form, picked_actions, picked_panel
from dashboard.comparing.catalog import Summary
from dashboard.comparing.picking import catalog, change_about, open_run, picking
from dashboard.comparing.run_table import run_table
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.live_chart import load_plotly
from dashboard.markdown import literal
from dashboard.running.runs import Runs
from engine.limits import WORKERS, is_private
from engine.rundir import RunError

TICK = 0.3  # seconds between two looks while something trains
MOST_AT_ONCE = 16
CSS = Path(__file__).with_suffix(".css").read_text(encoding="utf-8")
EMPTY = """
Press **Train** on the Train page, or start a race here: a few settings side by side show in a minute what an optimizer
or a learning rate does. Runs that are started in a shell with `python -m engine train` show up here too.
"""
HINT = (
    "Pick runs in the table: their curves are drawn over each other, and the settings in which they differ are listed. "
    "A click on “race” or “repeats” beside a name picks all runs that were started together."
)


def render() -> None:
    """The whole page: one fragment, which looks again several times a second while something trains."""
    st.html(f"<style>{CSS}</style>")
    page = picking()
    page.polling = _must_poll(*catalog().look())
    st.fragment(_live, run_every=TICK if page.polling else None)()
    load_plotly()  # last: its 4.8 MB must not hold up the rest


def _must_poll(summaries: Sequence[Summary], unread: int) -> bool:
    return unread > 0 or any(each.going and each.state != "paused" for each in summaries)


def _live() -> None:
    page = picking()
    if page.leave:
        page.leave = False
        st.switch_page(pages.page("train"))
    summaries, unread = catalog().look()
    if _must_poll(summaries, unread) != page.polling:
        pages.made_anew()  # the whole page: this fragment's timer starts or stops
    by_id = {each.id: each for each in summaries}
    picked = [by_id[run_id] for run_id in page.ids if run_id in by_id]
    with st.container(key="runs-head", gap="xsmall"):
        _head(summaries, unread)
    with st.container(key="runs-form"):
        group_form.render(picked)
    with st.container(key="runs-list"):
        if summaries:
            _table(summaries, picked)
        elif not unread:
            st.markdown(translated(EMPTY.strip()))
    with st.container(key="runs-picked", gap="small"):
        if picked:
            picked_actions.render(picked)
            picked_panel.render(picked)
        elif summaries:
            st.caption(translated(HINT))


def _head(summaries: Sequence[Summary], unread: int) -> None:
    page, runs = picking(), session.runs()
    with st.container(horizontal=True, vertical_alignment="center", key="runs-top", gap="small"):
        with st.container(key="runs-sentence"):
            busy = any(each.state == "running" for each in summaries)
            style.sentence(_sentence(summaries, unread), "running" if busy else "")
        st.button(
            say("New race"),
            key="new-race",
            icon=":material/sports_score:",
            on_click=group_form.open_form,
            args=("race",),
        )
        st.button(
            say("New repeats"),
            key="new-repeats",
            icon=":material/repeat:",
            on_click=group_form.open_form,
            args=("repeats",),
        )
        if not is_private():  # else one visitor would set it for all
            _most_at_once(runs)
    _queue(summaries)
    if page.problem:
        st.error(literal(translated(page.problem)), icon=":material/error:")


def _most_at_once(runs: Runs) -> None:
    most = min(WORKERS.value() or MOST_AT_ONCE, MOST_AT_ONCE)
    controlled(
        st.number_input,
        say("Train at once"),
        "most-at-once",
        min(runs.most, most),
        _set_most,
        min_value=1,
        max_value=most,
        width=130,
        help=say(
            "How many runs may train at the same time; the others wait. As many as there are cores "
            "is a good choice: more of them are no faster altogether.",
        ),
    )


def _sentence(summaries: Sequence[Summary], unread: int) -> str:
    if unread:
        return say("Reading the runs: {unread:,} to go.", unread=unread)
    if not summaries:
        return say("No run yet.")
    count = len(summaries)
    training = sum(1 for each in summaries if each.state in ("running", "starting"))
    waiting, paused = (sum(1 for each in summaries if each.state == state) for state in ("queued", "paused"))
    one = {"trains": say("1 trains"), "waits": say("1 waits")}
    parts = [one["trains"] if training == 1 else say("{training} train", training=training) if training else ""]
    parts += [one["waits"] if waiting == 1 else say("{waiting} wait", waiting=waiting) if waiting else ""]
    parts += [say("{paused} paused", paused=paused) if paused else ""]
    said = ", ".join(part for part in parts if part)
    return say("{count:,} run{s}", count=count, s="" if count == 1 else "s") + (
        f": {said}." if said else say("; none trains now.")
    )


def _queue(summaries: Sequence[Summary]) -> None:
    """Who waits, in order."""
    names = {each.id: each.name for each in summaries}
    waiting = [names[run_id] for run_id in session.runs().queue() if run_id in names]
    if waiting:
        more = say(" and {len} more", len=len(waiting) - 8) if len(waiting) > 8 else ""
        listed = ", ".join(f"{place}. {name}" for place, name in enumerate(waiting[:8], 1))
        told = say("Waiting, in this order: {listed}{more}.", listed=listed, more=more)
        st.html(f'<div class="runs-caption">{escape(told)}</div>')


def _set_most(count: float) -> None:
    try:
        session.runs().most = int(count or 1)
    except RunError as error:
        picking().problem = str(error)


def _table(summaries: Sequence[Summary], picked: Sequence[Summary]) -> None:
    page = picking()
    run_table(summaries, picked_panel.tones(picked), [each.id for each in picked], page.revision, page.take, _act)


def _act(kind: str, run_id: str) -> None:
    """A star, a link or a group in the table was clicked."""
    if kind in ("star", "unstar"):
        change_about(run_id, starred=kind == "star")
    elif kind == "open":
        open_run(run_id)
    elif kind == "group":
        _pick_group(run_id)


def _pick_group(run_id: str) -> None:
    summaries, _ = catalog().look()
    group = next((each.about.group for each in summaries if each.id == run_id), "")
    members = [each for each in summaries if group and each.about.group == group]
    picking().put([each.id for each in sorted(members, key=lambda each: (each.created, each.id))])
