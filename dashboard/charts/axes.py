"""Where the axes of the curves begin and end, so that the interesting part fills them and nothing jumps."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.charts.sampling import Column

_ACCURACY_STARTS = (0.0, 50.0, 80.0, 90.0, 95.0, 98.0)
_ROUND_TOPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True)
class Limits:
    """A range of the vertical axis. peak: the largest value, where it lies above the range; else None."""

    low: float
    high: float
    log: bool = False
    peak: float | None = None

    @property
    def axis(self) -> dict[str, Any]:
        """The settings of a Plotly axis."""
        ends = [math.log10(self.low), math.log10(self.high)] if self.log else [self.low, self.high]
        if not self.log:
            return {"type": "linear", "range": ends, "uirevision": "linear", "nticks": 6}
        ratio = self.high / self.low
        ticks = "D1" if ratio < 8 else "D2" if ratio < 500 else 1  # all digits; 1, 2 and 5; powers of ten
        return {"type": "log", "range": ends, "uirevision": "log", "dtick": ticks}


def loss_limits(raw: Column, smooth: Column, validation: Column, log: bool) -> Limits:
    """From 0 to a round number above all that is shown; a spike, which would flatten the rest, is cut on a linear axis.

    A spike is what lies above three times the 95th percentile of the points, as the first batches of a long run do.
    """
    shown = np.concatenate([raw, validation])
    shown = shown[np.isfinite(shown)]
    if not len(shown):
        return Limits(0.1, 1.0, log=True) if log else Limits(0.0, 1.0)
    peak = float(shown.max())
    usual = peak if log else min(peak, 3 * float(np.percentile(shown, 95)))
    high = _round_up(usual if usual > 0 else peak)
    cut = peak if peak > high else None
    if not log:
        return Limits(0.0, high, peak=cut)
    strong = np.concatenate([smooth, validation])
    positive = [part[part > 0] for part in (strong[np.isfinite(strong)], shown)]
    if not len(positive[1]):
        return Limits(high / 10, high, log=True, peak=cut)
    # Batches that are read without a mistake have losses near 0, far below all others: they may leave the axis.
    low = min(float(np.percentile(positive[1], 5)), float(positive[0].min(initial=math.inf)))
    return Limits(max(min(low * 0.8, high / 2), 1e-9 * high), high, log=True, peak=cut)


def accuracy_limits(smooth: Column, validation: Column) -> Limits:
    """From the highest of a few round starts above which nine tenths of the points lie, to 100 %.

    The start only rises as the run goes on, a few times in all, since what was bad at first becomes a smaller part.
    """
    shown = np.concatenate([smooth, validation])
    shown = shown[np.isfinite(shown)]
    if len(shown) < 20:
        return Limits(0.0, 100.0)
    level = float(np.percentile(shown, 10))
    low = max((start for start in _ACCURACY_STARTS if start <= level), default=0.0)
    return Limits(low, 100.0 + (100.0 - low) * 0.02)


def _round_up(value: float) -> float:
    """The next round number; a curve that touches the top edge is not seen well, so 2 % of room is left."""
    if value <= 1e-12:
        return 1e-12 if value > 0 else 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next((top * power for top in _ROUND_TOPS if top * power >= 1.02 * value), 12.5 * power)
