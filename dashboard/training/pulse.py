"""What moves several times a second on the Train page, for the page to fetch."""

import time
from dataclasses import dataclass
from typing import Any

from dashboard import session
from dashboard.drawing import answer, pins
from dashboard.drawing.readers import choose
from dashboard.live_feed import Fresh
from dashboard.training import curves_panel, progress, time_machine, warnings
from dashboard.training.curves_panel import View
from engine.history import History
from engine.rundir import RunError, RunFolder, Status
from engine.snapshots import Snapshot

FILES_TICK = 1.5  # seconds from one look for new snapshots, and for what a worker says, to the next


@dataclass
class Shows:
    """What the page was last made of."""

    state: tuple[Any, ...] = ()
    files: tuple[Any, ...] = ()
    view: View | None = None
    looked: float = 0.0  # when the files were looked at


def note(
    run: RunFolder | None, status: Status, history: History | None, found: list[Snapshot], view: View | None
) -> None:
    """The page was made of this; `found` are the run's snapshots."""
    shows = session.kept("shows", Shows)
    shows.state, shows.view = _state(run, status, history), view
    shows.files, shows.looked = _files(run, status, found) if run else (), time.monotonic()


def fresh() -> Fresh | None:
    """The figures, curves and answers as they are now; None where more has changed, so that all must be made anew."""
    shows, run_id = session.kept("shows", Shows), session.shown().run_id
    try:
        run = session.runs().open(run_id) if run_id else None
        status, history = (session.runs().status(run), session.runs().history(run)) if run else (None, None)
    except RunError:
        return None
    if run is None or status is None or history is None or shows.view is None:
        return Fresh({}, {})
    now = _state(run, status, history)
    if now[:-1] != shows.state[:-1]:
        return None
    if now != shows.state:
        return Fresh({}, {})  # the page is being rewound: the run of it that shows that is under way
    at_step = shows.view.at_step
    pinned, snapshots = pins.fresh(run, at_step), Fresh({}, {})
    if time.monotonic() - shows.looked > FILES_TICK:
        found = time_machine.found_of(run)
        if _files(run, status, found) != shows.files:
            return None
        shows.looked, snapshots = time.monotonic(), time_machine.fresh(run, history, found)
    figures = {"figures": progress.html(run, status, history, at_step)}
    curves = curves_panel.fresh_charts(history, shows.view) if at_step is None else {}
    return Fresh(
        figures | answer.of_pad(choose(run, at_step)) | pinned.blocks | snapshots.blocks,
        curves | pinned.parts | snapshots.parts,
    )


def _state(run: RunFolder | None, status: Status, history: History | None) -> tuple[Any, ...]:
    """What buttons, notes and lists depend on."""
    changes = len(history.changes) if history is not None else 0
    resting = history.step if history is not None and status.state == "paused" else None
    begun = history is not None and bool(history.step)
    return run.id if run else None, status.state, status.reason, changes, begun, resting, session.shown().at_step


def _files(run: RunFolder, status: Status, found: list[Snapshot]) -> tuple[Any, ...]:
    """What else the page is made of, and what takes a look at files: whether it can read, whether it can be rewound,
    and what is wrong."""
    return run.newest is not None, bool(found), warnings.signs(run, status)
