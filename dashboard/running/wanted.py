"""What people want of a run, by its folder: whether it rests, is given up, or may go on for a moment."""

from pathlib import Path
from typing import Any

from engine.mending import recovered_control
from engine.rundir import Control, RunError, RunFolder, tail_events

FEW_STEPS = 10  # a paused run may make so many without a place of its own: people step by hand


def control_of(run: RunFolder) -> Control:
    """What is wanted now; made anew where the file is damaged. Raises RunError, CheckpointError."""
    try:
        return run.control()
    except RunError:
        return recovered_control(run)


def is_given_up(run: RunFolder) -> bool:
    """Whether somebody wants it to end."""
    try:
        return run.control().wish == "stopped"
    except RunError:
        return False


def goes_on_for_a_moment(run: RunFolder, control: Control) -> bool:
    """Whether it is to make so few steps that it needs no place of its own."""
    step = next(tail_events(run.events_file), {}).get("step", 0)
    return control.until_step is not None and control.until_step - step <= FEW_STEPS


def rests(root: Path, run_id: str) -> bool:
    """Whether a run's worker waits at a pause, or will from the next batch on."""
    try:
        run = RunFolder.open(root, run_id)
        control = run.control()
    except RunError:
        return False
    if control.wish == "paused":
        return True
    # Paused by itself, and not told to go on since: then the mark where it stopped would lie ahead of it.
    newest = next(tail_events(run.events_file), {})
    return control.wish == "running" and newest.get("event") == "Paused" and _is_reached(control, newest)


def _is_reached(control: Control, event: dict[str, Any]) -> bool:
    """Whether an event is at or beyond the point at which the run is to pause."""
    step, epoch = control.until_step, control.until_epoch
    return (step is not None and event.get("step", 0) >= step) or (epoch is not None and event.get("epoch", 0) >= epoch)
