"""Figures of a run that trains: looked for no oftener than it can bear."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.evaluating import watching
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.sources import Source
from engine.rundir import RunFolder
from tests.dashboard.evaluate_pages import outcome, trained


@pytest.fixture
def run(root: Path) -> RunFolder:
    return trained(root, "first")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    return now


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, run: RunFolder) -> list[Any]:
    """Answers at once; notes the stamps that were asked for."""
    stamps: list[Any] = []
    found = outcome(run)

    def ask(pool: object, stamp: Any, which: str, patience: float = 0.0, hands: int = 1) -> Any:
        stamps.append(stamp)
        return watching.outcome.Progress(1.0, replace(found, stamp=stamp, seconds=1.5))

    monkeypatch.setattr(watching.outcome, "ask", ask)
    monkeypatch.setattr(watching.session, "jobs", lambda: None)
    return stamps


def test_newer_weights_wait_until_the_run_has_rested(run: RunFolder, clock: list[float], asked: list[Any]) -> None:
    desk, source = EvaluateDesk(every=0.3), Source("a", "a", run.latest, live=True)

    def look() -> Any:
        return watching.watch(desk, source, "validation").found

    first = look()
    shutil.copy(run.best, run.path / "new")
    (run.path / "new").replace(run.latest)
    clock[0] += 11.9  # it took 1.5 s, so it rests for 12
    assert look() is first
    clock[0] += 0.2
    second = look()
    assert second is not first
    clock[0] += 60
    assert look() is second  # nothing newer is there
    assert len(asked) == 2


def test_the_page_is_made_anew_when_there_are_other_figures_than_it_shows(
    run: RunFolder, clock: list[float], asked: list[Any]
) -> None:
    desk, source = EvaluateDesk(every=0.3), Source("a", "a", run.latest, live=True)
    assert watching.has_news(desk, source, "validation")  # they are found here, too
    desk.seen = watching.watch(desk, source, "validation").found
    assert not watching.has_news(desk, source, "validation")
    shutil.copy(run.best, run.path / "new")
    (run.path / "new").replace(run.latest)
    assert not watching.has_news(desk, source, "validation")  # the run rests
    clock[0] += 12.1
    assert watching.has_news(desk, source, "validation")
    assert len(asked) == 2
