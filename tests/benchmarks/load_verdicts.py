"""Whether the queue was fair, and everybody left alone."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.running.ownership import owner_of
from engine.rundir import EventReader, RunFolder, runs

if TYPE_CHECKING:
    from load_people import Person

SAME_MOMENT = 3.0  # seconds: of two that begin together, the one with a worker that was ready is ahead


@dataclass(frozen=True)
class Turns:
    """Runs with the times at which they were wanted and begun. overtaken: how many were by one wanted later."""

    runs: list[tuple[float, float]]

    @property
    def overtaken(self) -> int:
        """Runs that began later than one that was wanted after them."""
        return sum(
            any(other > wanted + SAME_MOMENT and since < begun - SAME_MOMENT for other, since in self.runs)
            for wanted, begun in self.runs
        )


def turns(root: Path) -> Turns:
    """Of all runs in a folder that have begun."""
    found = []
    for run in runs(root):
        start = next((event for event in _events(run) if event.get("event") == "RunStarted"), None)
        if start is not None:
            found.append((run.config_file.stat().st_mtime, float(start["time"])))
    return Turns(found)


def strange(root: Path, person: "Person") -> set[str]:
    """Runs that were listed for a person and belong to another; none where runs belong to nobody."""
    own = {owner_of(RunFolder(root / run_id)) for run_id in person.runs}
    return {run_id for run_id in person.seen - set(person.runs) if owner_of(RunFolder(root / run_id)) not in own}


def isolation(root: Path, persons: Sequence["Person"]) -> list[str]:
    """Who saw or commanded another's run."""
    problems = []
    private = os.environ.get("INKLING_PRIVATE") == "1"
    for person in persons:
        if private and (others := strange(root, person)):
            problems.append(f"person {person.number} saw {len(others)} runs of others: {sorted(others)[:3]}")
        for run_id, changes in person.runs.items():
            events = _events(RunFolder(root / run_id))
            told = sum(event.get("event") == "SettingsChanged" for event in events)
            ended = next((event for event in events if event.get("event") == "RunEnded"), {})
            if told > changes:
                problems.append(f"run {run_id} was changed {told} times; its person did so {changes} times")
            if ended.get("reason") == "stopped" and run_id not in person.stopped:
                problems.append(f"run {run_id} was stopped, but not by its person")
    owned = [run_id for person in persons for run_id in person.runs]
    if len(owned) != len(set(owned)):
        problems.append("two people were led to one run")
    return problems


def people_table(root: Path, persons: Sequence["Person"]) -> str:
    """One line a person: who saw whose runs, who waited how long, what failed."""
    lines = ["person  rounds  runs  seen  of others  longest wait for a turn, s  slowest answer, s  failures"]
    for person in persons:
        waits, answers = (max(person.times[name], default=math.nan) for name in ("begun", "answers"))
        lines.append(
            f"{person.number:>6}  {person.rounds:>6}  {len(person.runs):>4}  {len(person.seen):>4}  "
            f"{len(strange(root, person)):>9}  {waits:>26.1f}  {answers:>17.2f}  {person.failures:>8}"
            + ("  gave up" if person.gave_up else "")
        )
    return "\n".join(lines)


def log_complaints(log: Path) -> list[str]:
    """Lines of the server's log that tell of a failure."""
    words = ("Traceback", "Error", "Exception", "Warning", "missing ScriptRunContext")
    lines = log.read_text(errors="replace").splitlines()
    return [f"the server's log: {line[:300]}" for line in lines if any(word in line for word in words)][:20]


def _events(run: RunFolder) -> list[dict[str, Any]]:
    return EventReader(run.events_file).read()
