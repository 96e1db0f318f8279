"""The Runs page with many runs and several tabs: rows that are kept, menus that are told apart, all errors said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.comparing import run_table
from dashboard.comparing.picked_actions import in_short
from dashboard.running.runs import Runs
from engine.optimizers import SGD, Adam
from engine.rundir import RunError, RunFolder
from tests.dashboard.test_catalog import write_whole
from tests.dashboard.test_runs_page import SMALL, checked, delete_key, open_page, opened, pick


@pytest.fixture
def two(root: Path) -> list[RunFolder]:
    """Two runs that have ended."""
    made = [RunFolder.create(root, replace(SMALL, optimizer=each), type(each).__name__) for each in (Adam(), SGD())]
    for run in made:
        write_whole(run)
    return made


def test_tabs_with_other_colours_do_not_make_each_others_rows_anew(
    two: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pick(open_page(), "Adam", "SGD"), pick(open_page(), "SGD", "Adam")
    made: list[str] = []
    plain = run_table._row

    def counted(summary: Any) -> dict[str, Any]:
        made.append(summary.id)
        return plain(summary)

    monkeypatch.setattr(run_table, "_row", counted)
    for at in (first, second, first, second):
        checked(at.run())
    assert made == []


def test_rows_of_deleted_runs_are_forgotten(two: list[RunFolder]) -> None:
    at = open_page()
    session.runs().delete("SGD")
    checked(at.run())
    assert list(at.session_state[run_table.ROWS]) == ["Adam"]


def refuse(self: Runs, run_id: str) -> None:
    raise RunError(f"Run {run_id} cannot be moved.")


def test_all_that_could_not_be_deleted_is_said(two: list[RunFolder], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Runs, "delete", refuse)
    at: AppTest = pick(open_page(), "Adam", "SGD")
    opened(at, delete_key(at.session_state["picking"].ids))
    checked(at.button("delete-now").click().run())
    assert at.error[0].value == "Run Adam cannot be moved\\. Run SGD cannot be moved\\."


def test_of_many_errors_the_first_are_said_and_the_others_counted() -> None:
    assert in_short([f"{number}." for number in range(9)]) == "0. 1. 2. And 6 more like these."
    assert in_short([]) == ""


def test_the_menu_of_settings_knows_runs_apart_beyond_the_first_eight(root: Path) -> None:
    ids = [f"{'x' * 30}{number:02}" for number in range(12)]
    for name in ids:
        write_whole(RunFolder.create(root, SMALL, name))
    at = pick(open_page(), *ids[:9], ids[9])
    at.session_state["picking"].form = "repeats"
    key = source(checked(at.run())).key
    source(at).set_value(ids[9])
    checked(at.run())
    pick(at, *ids[:9], ids[10])
    assert source(at).key != key
    assert ids[9] not in source(at).options


def source(at: AppTest) -> Any:
    return next(each for each in at.selectbox if each.label == "Start from")
