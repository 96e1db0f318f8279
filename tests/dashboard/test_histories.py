"""Which runs' curves are kept in memory, and when they are let go."""

from pathlib import Path

import pytest

from dashboard.running import histories
from dashboard.running.histories import MOST, Histories
from engine.history import History
from engine.rundir import RunFolder


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which stands still; one number."""
    now = [100.0]
    monkeypatch.setattr(histories, "monotonic", lambda: now[0], raising=False)
    return now


def looked_at(kept: Histories, root: Path, tab: str, count: int) -> list[History]:
    """What a page finds that draws the curves of so many runs."""
    return [kept.of(RunFolder(root / f"{tab}-{number}")) for number in range(count)]


def test_two_tabs_that_draw_many_runs_do_not_push_out_each_others(tmp_path: Path, clock: list[float]) -> None:
    kept = Histories()
    first = [looked_at(kept, tmp_path, tab, MOST - 4) for tab in ("left", "right")]
    clock[0] += 1
    second = [looked_at(kept, tmp_path, tab, MOST - 4) for tab in ("left", "right")]
    assert all(a is b for one, other in zip(first, second, strict=True) for a, b in zip(one, other, strict=True))


def test_what_nobody_asks_for_any_longer_is_let_go_except_the_last_few(tmp_path: Path, clock: list[float]) -> None:
    kept = Histories()
    first = looked_at(kept, tmp_path, "left", 2 * MOST)
    clock[0] += 60
    looked_at(kept, tmp_path, "right", 1)
    assert kept.of(RunFolder(tmp_path / f"left-{2 * MOST - 1}")) is first[-1]
    assert kept.of(RunFolder(tmp_path / "left-0")) is not first[0]
