"""How the pages Evaluate and Inside keep up with what is being worked out, and with a run that trains.

Each is one fragment, and has no timer. To be made anew costs the browser a part of a core, which the work, or the run,
would pay for. So the browser asks whether there is something new, and only then the page is made anew.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from dashboard import pages, session
from dashboard.live_feed import Fresh, offer
from engine.rundir import GOING, RunFolder

TICK = 0.1  # seconds between two questions whether what a person waits for is there
ASK = 0.4  # seconds between two questions whether there is something new of a run that trains
# Seconds after which a page that waits is made anew all the same, to show how far things are; beside a run that trains
PROGRESS, LIVE_PROGRESS = 0.6, 1.5


@dataclass
class KeepingUp:
    """One tab's page.

    waiting: something is on its way; whoever waits for it says so in each run of the page.
    due_at: when it is to be made anew in any case, on the monotonic clock; said in each run of it as well.
    """

    waiting: bool = False
    due_at: float = math.inf
    every: float | None = None  # seconds between two questions of the browser; None: it asks nothing
    state: str = ""  # of the run that is followed, when the page was made
    made: float = 0.0  # when that was, on the monotonic clock
    ended: int = 0  # jobs that had ended by then
    whole: bool = False  # not the fragment alone is made, but all around it too

    @property
    def polling(self) -> bool:
        """Whether the page looks again by itself."""
        return self.every is not None

    @property
    def follows(self) -> bool:
        """Whether the run is in training, or will be."""
        return self._state() in GOING

    def fragment(self, page: Callable[[], None], due: Callable[[], bool]) -> None:
        """Show the page. due: whether there is something new to show of a run that trains, and time for it."""
        self.whole = True
        try:
            st.fragment(page)()
        finally:
            self.whole = False
        self.every = self._wish()
        offer(lambda: None if self._has_news() or (self.follows and due()) else Fresh({}, {}), self.every)

    @contextmanager
    def making(self) -> Iterator[None]:
        """Around all that the fragment shows."""
        self.waiting, self.due_at, self.ended = False, math.inf, session.jobs().ended
        self.made, self.state = time.monotonic(), self._state()
        yield
        if not self.whole and self._wish() != self.every:
            pages.made_anew()  # the whole page: the browser must begin to ask, or ask more or less often

    def followed(self) -> RunFolder | None:
        """The run whose weights the page shows as they change."""
        return session.shown_run()

    def _state(self) -> str:
        run = self.followed()
        return session.runs().status(run).state if run is not None else ""

    def _wish(self) -> float | None:
        if self.waiting and not self.follows:
            return TICK
        return ASK if self.follows or self.due_at < math.inf else None

    def _has_news(self) -> bool:
        now = time.monotonic()
        late = now - self.made > (LIVE_PROGRESS if self.follows else PROGRESS)
        came = self.waiting and (late or session.jobs().ended != self.ended)
        return came or now >= self.due_at or self._state() != self.state
