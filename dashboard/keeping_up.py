"""How the pages Evaluate and Inside keep up with what is being worked out, and with a run that trains.

Each is one fragment. It looks several times a second at work that a person waits for. A run that trains would pay for
that with a part of a core: there the page is made anew only when something is new, which the browser asks for.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.live_feed import Fresh, offer
from dashboard.training.steering import WAITING
from engine.rundir import RunFolder

TICK = 0.2  # seconds between two looks at what is being worked out
ASK = 0.4  # seconds between two questions whether there is something new of a run that trains
PATIENCE = 1.5  # seconds after which a page that waits is made anew all the same: it shows how far things are


@dataclass
class KeepingUp:
    """One tab's page. waiting: something is on its way; whoever waits for it says so in each run of the page."""

    waiting: bool = False
    follows: bool = False  # a run that trains
    tick: float | None = None  # seconds after which the fragment runs by itself
    state: str = ""  # of that run, when the page was made
    made: float = 0.0  # when that was, on the monotonic clock
    ended: int = 0  # jobs that had ended by then

    @property
    def polling(self) -> bool:
        """Whether the page looks again by itself."""
        return self.follows or self.tick is not None

    def fragment(self, page: Callable[[], None], due: Callable[[], bool]) -> None:
        """Show the page. due: whether there is something new to show of a run that trains, and time for it."""
        self.follows, self.tick = self._wish()
        st.fragment(page, run_every=self.tick)()
        offer(lambda: None if self._has_news() or due() else Fresh({}, {}), ASK if self.follows else None)

    @contextmanager
    def making(self) -> Iterator[None]:
        """Around all that the fragment shows."""
        if self._wish() != (self.follows, self.tick):
            st.rerun()  # the whole page: this fragment's timer starts or stops
        self.waiting, self.ended = False, session.jobs().ended
        self.made, self.state = time.monotonic(), self._state()
        yield
        if self.waiting and not self.polling:
            st.rerun()  # what is being found must be fetched

    def followed(self) -> RunFolder | None:
        """The run whose weights the page shows as they change."""
        return session.shown_run()

    def _state(self) -> str:
        run = self.followed()
        return session.runs().status(run).state if run is not None else ""

    def _wish(self) -> tuple[bool, float | None]:
        follows = self._state() in WAITING
        return follows, TICK if self.waiting and not follows else None

    def _has_news(self) -> bool:
        late = time.monotonic() - self.made > PATIENCE
        return self._state() != self.state or (self.waiting and (late or session.jobs().ended != self.ended))
