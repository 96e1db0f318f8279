"""Work in the background: in which order, how often, when it is given up, and what is remembered of it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dashboard.running import jobs as module
from dashboard.running.jobs import Jobs, Tell, stamp

PATIENCE = 20.0  # seconds a test waits for a thread


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Gate:
    """A job that waits until it is let through, and tells when it was begun."""

    begun: threading.Event
    go: threading.Event

    def __call__(self, tell: Tell) -> str:
        self.begun.set()
        assert self.go.wait(PATIENCE)
        tell(0.5)
        return "done"


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate(threading.Event(), threading.Event())
    yield made
    made.go.set()


def result(value: Any) -> Callable[[Tell], Any]:
    return lambda tell: value


def test_a_job_is_done_once_however_often_it_is_asked_for(gate: Gate) -> None:
    jobs = Jobs()
    assert jobs.ask("a", gate).result is None
    assert gate.begun.wait(PATIENCE)
    assert not jobs.ask("a", result("never")).done
    gate.go.set()
    assert jobs.ask("a", result("never"), PATIENCE).result == "done"
    assert jobs.ask("a", result("never")).result == "done"


def test_the_page_sees_how_far_it_is_and_what_was_found_so_far() -> None:
    jobs, told, go = Jobs(), threading.Event(), threading.Event()

    def work(tell: Tell) -> str:
        tell(0.25, ["first"])
        tell(0.5)
        told.set()
        assert go.wait(PATIENCE)
        return "all"

    jobs.ask("a", work)
    assert told.wait(PATIENCE)
    progress = jobs.ask("a", work)
    assert (progress.share, progress.partial, progress.done) == (0.5, ["first"], False)
    go.set()
    assert jobs.ask("a", work, PATIENCE).share == 1


def test_of_those_that_wait_the_lowest_rank_goes_first_then_the_one_asked_for_last(gate: Gate, clock: Clock) -> None:
    jobs, order = Jobs(threads=1, clock=clock), []

    def note(name: str) -> Callable[[Tell], str]:
        return lambda tell: order.append(name) or name

    jobs.ask("first", gate)
    assert gate.begun.wait(PATIENCE)
    for name, rank in (("later", 1), ("old", 0), ("new", 0), ("last", 2)):
        clock.now += 0.1
        jobs.ask(name, note(name), rank=rank)
    gate.go.set()
    assert jobs.ask("last", note("last"), PATIENCE, rank=2).result == "last"
    assert order == ["new", "old", "later", "last"]


def test_what_nobody_asks_for_any_more_is_left_out_when_its_turn_comes(gate: Gate, clock: Clock) -> None:
    jobs, seen = Jobs(threads=1, clock=clock), []
    jobs.ask("first", gate)
    assert gate.begun.wait(PATIENCE)
    jobs.ask("passed", lambda tell: seen.append("passed") or 1)
    clock.now += module.TURN_PATIENCE + 0.1
    jobs.ask("wanted", lambda tell: seen.append("wanted") or 1)
    gate.go.set()
    assert jobs.ask("wanted", result(1), PATIENCE).result == 1
    assert seen == ["wanted"]
    assert jobs.ask("passed", lambda tell: seen.append("again") or 2, PATIENCE).result == 2  # it begins anew
    assert seen == ["wanted", "again"]


def test_a_job_under_way_gives_up_when_its_page_is_gone_and_begins_anew_when_it_is_back(
    gate: Gate, clock: Clock
) -> None:
    jobs = Jobs(clock=clock)
    jobs.ask("a", gate)
    assert gate.begun.wait(PATIENCE)
    job = jobs._jobs["a"]
    clock.now += module.PATIENCE + 0.1
    gate.go.set()
    assert job.ended.wait(PATIENCE)
    assert job.state == "given up"
    assert jobs.ask("a", result("second"), PATIENCE).result == "second"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("no such data"), "no such data"),
        (FileNotFoundError(2, "gone"), "gone"),
        (MemoryError(), "not enough memory"),
        (ZeroDivisionError("secret"), "went wrong (ZeroDivisionError)"),
    ],
)
def test_why_nothing_was_found_is_told_in_words(
    error: Exception, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(tell: Tell) -> str:
        raise error

    progress = Jobs().ask("a", work, PATIENCE)
    assert progress.done
    assert words in progress.problem
    assert "secret" not in progress.problem
    assert ("Traceback" in capsys.readouterr().err) == isinstance(error, ZeroDivisionError)


def test_what_failed_is_tried_again_but_not_at_once(clock: Clock) -> None:
    def fail(tell: Tell) -> str:
        raise ValueError("for now")

    jobs = Jobs(clock=clock)
    assert jobs.ask("a", fail, PATIENCE).problem
    assert jobs.ask("a", result("better")).problem
    clock.now += module.AGAIN + 0.1
    assert jobs.ask("a", result("better"), PATIENCE).result == "better"


def test_only_so_many_results_are_kept_and_those_asked_for_lately_stay() -> None:
    jobs = Jobs(kept=2)
    for name in ("a", "b"):
        jobs.ask(name, result(name), PATIENCE)
    jobs.ask("a", result("a"))
    jobs.ask("c", result("c"), PATIENCE)
    assert jobs.ask("a", result("anew"), PATIENCE).result == "a"
    assert jobs.ask("b", result("anew"), PATIENCE).result == "anew"


@dataclass
class Large:
    nbytes: int


def test_large_results_are_let_go_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    jobs = Jobs()
    for name in ("a", "b"):
        jobs.ask(name, result(Large(60)), PATIENCE)
    jobs.ask("b", result(Large(1)))  # the question after it ended finds it too large
    assert list(jobs._jobs) == ["b"]
    assert jobs.ask("b", result(Large(1))).result == Large(60)


def test_what_runs_is_not_forgotten_for_something_newer(gate: Gate) -> None:
    jobs = Jobs(kept=1)
    jobs.ask("slow", gate)
    assert gate.begun.wait(PATIENCE)
    jobs.ask("quick", result(1), PATIENCE)
    gate.go.set()
    assert jobs.ask("slow", result("a second time"), PATIENCE).result == "done"


def test_a_file_with_other_contents_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"1")
    before = stamp(path)
    (tmp_path / "new").write_bytes(b"2")
    (tmp_path / "new").replace(path)
    assert stamp(path) != before
    path.unlink()
    with pytest.raises(OSError, match="weights"):
        stamp(path)
