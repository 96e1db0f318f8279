"""When the pages Evaluate and Inside are made anew: once there is something new, for which the browser asks."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard import keeping_up, pages
from dashboard.keeping_up import ASK, LIVE_PROGRESS, PROGRESS, TICK, KeepingUp


class Page:
    """One page, made by hand: `state` is the run's, `news` what `due` says, `asked` what the browser may ask."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state, self.news, self.waits, self.now = "running", False, False, 100.0
        self.due_at = math.inf
        self.jobs = SimpleNamespace(ended=0)
        self.asked: Callable[[], Any] = lambda: None
        self.every: float | None = None
        self.upkeep = KeepingUp()
        monkeypatch.setattr(KeepingUp, "_state", lambda _: self.state)
        monkeypatch.setattr(keeping_up, "session", SimpleNamespace(jobs=lambda: self.jobs))
        monkeypatch.setattr(keeping_up, "time", SimpleNamespace(monotonic=lambda: self.now))
        monkeypatch.setattr(keeping_up, "offer", self._offer)
        monkeypatch.setattr(keeping_up, "st", SimpleNamespace(fragment=self._fragment))
        monkeypatch.setattr(pages, "made_anew", self._made_anew)
        self.make()

    def make(self) -> None:
        """The whole page, again where it wishes to be made again at once."""
        for _ in range(3):
            try:
                self.upkeep.fragment(self._show, lambda: self.news)
            except InterruptedError:
                continue
            return
        pytest.fail("the page is made anew without end")

    @property
    def is_stale(self) -> bool:
        """What the browser is told."""
        return self.asked() is None

    def _show(self) -> None:
        with self.upkeep.making():
            self.upkeep.waiting |= self.waits
            self.upkeep.due_at = self.due_at

    def _offer(self, fresh: Callable[[], Any], every: float | None) -> None:
        self.asked, self.every = fresh, every

    def _fragment(self, page: Callable[[], None]) -> Callable[[], None]:
        return page

    def _made_anew(self) -> None:
        raise InterruptedError


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    return Page(monkeypatch)


def test_a_run_that_trains_is_asked_for(page: Page) -> None:
    assert page.every == ASK
    assert not page.is_stale
    page.news = True
    assert page.is_stale


def test_a_run_that_changes_its_state_makes_the_page_anew_and_one_that_ended_is_asked_for_no_more(page: Page) -> None:
    page.state = "done"
    assert page.is_stale
    page.make()
    assert page.every is None
    page.news = True
    assert not page.is_stale


@pytest.mark.parametrize(("state", "progress"), [("running", LIVE_PROGRESS), ("done", PROGRESS)])
def test_what_the_page_waits_for_makes_it_anew_when_a_job_has_ended_or_to_show_how_far_it_is(
    page: Page, state: str, progress: float
) -> None:
    page.state = state
    page.make()
    page.jobs.ended = 1
    assert not page.is_stale  # it waits for none
    page.waits = True
    page.make()
    assert not page.is_stale
    page.jobs.ended = 2
    assert page.is_stale
    page.make()
    assert not page.is_stale
    page.now += progress + 0.1
    assert page.is_stale


def test_without_a_run_the_browser_asks_as_long_as_something_is_waited_for(page: Page) -> None:
    page.state = "done"
    page.make()
    assert page.every is None
    page.waits = True
    with pytest.raises(InterruptedError):
        page._show()  # after a click, which runs the fragment alone
    page.make()
    assert page.every == TICK
    page._show()
    page.waits = False
    with pytest.raises(InterruptedError):
        page._show()
    page.make()
    assert page.every is None


def test_a_page_that_is_due_at_a_time_is_made_anew_then_and_not_before(page: Page) -> None:
    page.state, page.due_at = "done", 103.0
    page.make()
    assert page.every == ASK
    page.jobs.ended = 1
    assert not page.is_stale
    page.now = 103.0
    assert page.is_stale
    page.due_at = math.inf
    page.make()
    assert page.every is None
