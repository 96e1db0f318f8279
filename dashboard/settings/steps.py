"""The positions of a slider, from a setting's range."""

import math
from typing import Any

from engine.spec import Option

MANTISSAS = (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)  # steps of a logarithmic slider in each decade
CLOSE_TO_ONE = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)


def slider_steps(annotation: Any, details: Option) -> list[Any]:
    """Positions of a slider with uneven steps; none where even steps, or a box to type into, serve better."""
    low, high = details.low, details.high
    if low is None or high is None:
        return []
    if details.log and annotation is int and math.log2(high).is_integer():
        return [2**power for power in range(int(math.log2(high)) + 1) if 2**power >= low]
    if details.log:
        return _decades(low, high, whole=annotation is int)
    if annotation is float and low == 0 and 0.99 <= high < 1:
        return [step for step in CLOSE_TO_ONE if step <= high]
    return []


def _decades(low: float, high: float, whole: bool) -> list[Any]:
    """1, 1.5, 2, 3, 5, 7, 10, ... between low and high. A range from 0 begins with 0 and goes on at 1e-6."""
    start = low or 1e-6
    powers = range(math.floor(math.log10(start)), math.ceil(math.log10(high)) + 1)
    steps = [float(f"{mantissa}e{power}") for power in powers for mantissa in MANTISSAS]
    inside = [step for step in steps if start <= step <= high and not (whole and step % 1)]
    return [int(step) if whole else step for step in [*([] if low else [0.0]), *inside]]


def even_step(extent: float) -> float:
    """A round number that divides the extent into about fifty steps."""
    rough = extent / 50
    power = 10.0 ** math.floor(math.log10(rough))
    return float(f"{min((1, 2, 5, 10), key=lambda m: abs(m * power - rough)) * power:g}")
