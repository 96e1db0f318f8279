"""What the folders of runs tell of them."""

from typing import Any

from engine.rundir import EventReader, RunFolder


def events_of(run: RunFolder, kind: str) -> list[dict[str, Any]]:
    """Those of one kind, in order."""
    return [event for event in EventReader(run.events_file).read() if event.get("event") == kind]


def began(run: RunFolder) -> float:
    """When its first batches were told, by the clock; 0 before."""
    return next((float(event["time"]) for event in events_of(run, "RunStarted")), 0.0)


def ended(run: RunFolder) -> dict[str, Any] | None:
    """The event of its end; None before."""
    return next(iter(events_of(run, "RunEnded")), None)


def left_the_queue(run: RunFolder) -> bool:
    """It was given up while it waited at a pause: nobody will end it but a later wish."""
    return run.status().state in ("ended", "interrupted")
