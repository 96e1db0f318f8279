"""What can be done with the runs that are picked."""

import zlib
from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import session
from dashboard.comparing import group_form
from dashboard.comparing.catalog import Summary
from dashboard.comparing.picking import change_about, open_run, picking, take_settings
from dashboard.comparing.race import MOST_LANES
from dashboard.controlled import controlled
from dashboard.language import say
from dashboard.markdown import literal
from engine.about import LONGEST_NAME, LONGEST_NOTE
from engine.rundir import RunError

MOST_PROBLEMS = 3  # that are said; one more would hide the page


def render(picked: Sequence[Summary]) -> None:
    """A row of buttons that make sense for one run, or for several."""
    with st.container(horizontal=True, vertical_alignment="center", key="picked-actions", gap="xsmall"):
        if len(picked) == 1:
            (one,) = picked
            _button(say("Open"), "open_in_new", "open-picked", open_run, one.id, help=say("Show it on the Train page."))
            _button(
                say("Change and train"),
                "tune",
                "duplicate",
                take_settings,
                one,
                off=one.config is None,
                help=say("Put its settings into the sidebar of the Train page, to change them and train anew."),
            )
            _name_and_note(one)
        _steering(picked)
        starred = all(each.about.starred for each in picked)
        label = say("Take stars off") if starred else say("Star")
        _button(label, "star", "star-picked", _star, [each.id for each in picked], not starred)
        few = say("Up to {most_lanes} runs.", most_lanes=MOST_LANES) if len(picked) > MOST_LANES else None
        many = len(picked) > MOST_LANES
        _button(say("Race"), "sports_score", "race-picked", group_form.open_form, "race", off=many, help=few)
        _button(say("Repeat"), "repeat", "repeat-picked", group_form.open_form, "repeats", off=many, help=few)
        _delete(picked)


def _steering(picked: Sequence[Summary]) -> None:
    """Continue what was interrupted; stop what goes on."""
    interrupted = [each.id for each in picked if each.state == "interrupted"]
    if interrupted:
        _button(say("Continue"), "play_arrow", "continue-picked", _each, session.runs().resume, interrupted)
    going = [each.id for each in picked if each.going]
    if going:
        _button(say("Stop"), "stop", "stop-picked", _each, _stop, going)


def _button(
    label: str, icon: str, key: str, act: Callable[..., None], *args: object, off: bool = False, help: str | None = None
) -> None:
    st.button(label, key=key, icon=f":material/{icon}:", on_click=act, args=args, disabled=off, help=help)


def _name_and_note(summary: Summary) -> None:
    popover = st.popover(say("Name and note"), key=f"about-{summary.id}", on_change="rerun", icon=":material/edit:")
    if not popover.open:
        return
    with popover:
        controlled(
            st.text_input,
            say("Name"),
            f"name-{summary.id}",
            summary.about.name,
            lambda text: change_about(summary.id, name=(text or "").strip()),
            max_chars=LONGEST_NAME,
            placeholder=summary.id,
        )
        controlled(
            st.text_area,
            say("Note"),
            f"note-{summary.id}",
            summary.about.note,
            lambda text: change_about(summary.id, note=(text or "").strip()),
            max_chars=LONGEST_NOTE,
            placeholder=say("What was tried, and what came of it"),
        )
        st.caption(literal(say("Run {id}", id=summary.id)))


def _delete(picked: Sequence[Summary]) -> None:
    # The key holds what is picked, so that a question is never answered for other runs than it was asked for.
    key = delete_key([each.id for each in picked])
    popover = st.popover(say("Delete"), key=key, on_change="rerun", icon=":material/delete:")
    if not popover.open:
        return
    with popover:
        going = [each.name for each in picked if each.going and each.state != "queued"]
        if going:
            st.markdown(say("What trains cannot be deleted. Stop it first:"))
            st.text("\n".join(going))
            return
        what = say("this run") if len(picked) == 1 else say("these {count} runs", count=len(picked))
        st.markdown(say("Delete {what} with all weights, curves and notes? **This cannot be undone.**", what=what))
        st.text("\n".join(each.name for each in picked[:8]) + ("\n…" if len(picked) > 8 else ""))
        ids = [each.id for each in picked]
        st.button(say("Delete {what}", what=what), key="delete-now", type="primary", on_click=_delete_now, args=(ids,))


def delete_key(ids: Sequence[str]) -> str:
    """The key of the question whether these runs are to be deleted."""
    return f"delete-{zlib.crc32(' '.join(ids).encode())}"


def _delete_now(ids: Sequence[str]) -> None:
    page, shown = picking(), session.shown()
    page.put([])

    def delete(run_id: str) -> None:
        session.runs().delete(run_id)
        if shown.run_id == run_id:
            session.show(None)

    _each(delete, ids)


def _star(ids: Sequence[str], starred: bool) -> None:
    for run_id in ids:
        change_about(run_id, starred=starred)


def _each(act: Callable[[str], None], ids: Sequence[str]) -> None:
    problems = []
    for run_id in ids:
        try:
            act(run_id)
        except RunError as error:
            problems.append(str(error))
    picking().problem = in_short(problems)


def in_short(problems: Sequence[str]) -> str:
    """The first few of them, and how many more there are."""
    more = len(problems) - MOST_PROBLEMS
    return " ".join([*problems[:MOST_PROBLEMS], *([say("And {more} more like these.", more=more)] if more > 0 else [])])


def _stop(run_id: str) -> None:
    session.runs().command(run_id, wish="stopped")
