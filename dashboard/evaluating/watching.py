"""Figures that follow a run: asked for in the background, no oftener than a run in training can bear."""

import os
import time
from dataclasses import dataclass

from dashboard import session
from dashboard.evaluating import outcome
from dashboard.evaluating.desk import EvaluateDesk, Watched
from dashboard.evaluating.outcome import Outcome, Stamp
from dashboard.evaluating.sources import Source
from dashboard.running.jobs import stamp

REST = 3.0  # seconds at least from one look at a run that trains to the next
REST_SHARE = 8.0  # ... and this many times as long as the look took
PATIENCE = 0.9  # seconds that a page which does not poll waits: to be made twice would take it longer
HANDS = min(2, os.cpu_count() or 1)  # threads that read images where no run trains; else it needs the cores
KEPT = 12  # networks whose newest figures a tab keeps


@dataclass(frozen=True)
class Sight:
    """What there is to show now. share: how far the first figures are; problem: why there are none.

    waits: the page has to look again for what is being worked out.
    """

    found: Outcome | None = None
    share: float = 0.0
    problem: str = ""
    waits: bool = False


def watch(here: EvaluateDesk, source: Source, which: str) -> Sight:
    """The newest figures of a network. While others are worked out, those before stay."""
    watched = here.watched.setdefault(f"{source.key} {which}", Watched())
    while len(here.watched) > KEPT:
        del here.watched[next(iter(here.watched))]
    try:
        newest = stamp(source.path)
    except OSError:
        return Sight(watched.outcome, problem="" if watched.outcome else "gone")
    if watched.asked is None and not _due(watched, newest, source.live):
        return Sight(watched.outcome)
    if watched.asked is None or not source.live:
        watched.asked, watched.began = newest, time.monotonic()
    return _follow(here, watched, which, hands=1 if session.runs().training() else HANDS)


def has_news(here: EvaluateDesk, source: Source, which: str) -> bool:
    """Whether there are other figures than those that the page was last made of.

    They are asked for here too: while a run trains, the page need not be made anew for that.
    """
    sight = watch(here, source, which)
    return sight.found is not here.seen or bool(sight.problem)


def _due(watched: Watched, newest: Stamp, live: bool) -> bool:
    """Whether there is something newer to look at, and time for it."""
    if watched.outcome is None:
        return True
    return newest != watched.outcome.stamp and not (live and time.monotonic() < watched.rests_until)


def _follow(here: EvaluateDesk, watched: Watched, which: str, hands: int) -> Sight:
    asked = watched.asked
    if asked is None:
        return Sight(watched.outcome)
    progress = outcome.ask(session.jobs(), asked, which, 0.0 if here.polling else PATIENCE, hands)
    if progress.result is not None:
        took = progress.result.seconds
        watched.outcome, watched.asked = progress.result, None
        watched.rests_until = time.monotonic() + max(REST, REST_SHARE * took)
    elif progress.problem:
        watched.asked = None
        watched.rests_until = time.monotonic() + REST
        if watched.outcome is None:
            return Sight(problem=progress.problem)
    waits = not progress.done and (watched.outcome is None or not here.follows)
    return Sight(watched.outcome, progress.share, waits=waits)
