"""What the fields of an event hold, whatever somebody wrote there. Nothing here raises."""

import math
from typing import Any

import numpy as np

from engine.history.tables import Column

LARGEST_STEP = 2.0**53  # whole numbers beyond it are not exact as floats
LARGEST_VALUE = 1e30  # what is beyond is as good as infinite, and sums of it would be
_NUMBERS = {int, float, type(None)}  # not bool, which is an int to isinstance


def number(value: Any) -> float:
    """A JSON number as a float; NaN for null, for what is too large and for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value) if abs(value) < LARGEST_VALUE else math.nan


def share(value: Any) -> float:
    """A JSON number from 0 to 1; NaN for anything else."""
    found = number(value)
    return found if 0 <= found <= 1 else math.nan


def whole(event: dict[str, Any] | None, name: str) -> int:
    """A count from an event; 0 if it has none."""
    value = number(event.get(name)) if event else 0.0
    return int(value) if 0 <= value < LARGEST_STEP else 0


def column(value: Any) -> Column:
    """A JSON list of numbers as an array, null as NaN; empty for anything else."""
    if not isinstance(value, list) or not set(map(type, value)) <= _NUMBERS:
        return np.empty(0)
    try:
        values = np.array(value, np.float64)
    except OverflowError:
        return np.empty(0)
    values[~(np.abs(values) < LARGEST_VALUE)] = np.nan
    return values


def place(event: dict[str, Any]) -> tuple[float, float, float] | None:
    """Step, epoch and seconds of an event, or None if it does not say where it belongs."""
    step, epoch, seconds = (number(event.get(name)) for name in ("step", "epoch", "seconds"))
    known = 0 <= step < LARGEST_STEP and step == int(step) and epoch >= 0 and seconds >= 0
    return (step, epoch, seconds) if known else None
