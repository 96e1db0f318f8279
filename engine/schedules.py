"""Schedules: the learning rate over the steps, as a factor on the optimizer's own."""

import math
from dataclasses import dataclass

from engine.spec import Settings, option


@dataclass(frozen=True)
class Schedule(Settings, family="schedule"):
    """Base of the schedules. The first `warmup` steps rise in a straight line (Goyal et al. 2017, section 2.2)."""

    warmup: int = option(0, "steps over which the learning rate first rises from 0", low=0, high=100_000)

    def factor(self, step: int, total: int) -> float:
        """Factor for the step (from 0) of a run of `total` steps."""
        if step < self.warmup:
            return (step + 1) / (self.warmup + 1)
        return self.shape(step, total)

    def shape(self, step: int, total: int) -> float:
        """The factor past the warm-up."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate all the time."""

    def shape(self, step: int, total: int) -> float:
        return 1.0


@dataclass(frozen=True)
class Steps(Schedule):
    """Falls at once, every so many steps: factor ** floor(step / every)."""

    every: int = option(5000, "steps from one fall to the next", low=1, high=1_000_000)
    by: float = option(0.9, "what the learning rate is multiplied by", low=0.01, high=1.0)

    def shape(self, step: int, total: int) -> float:
        return float(self.by ** (step // self.every))


@dataclass(frozen=True)
class Exponential(Schedule):
    """Falls a little at every step and ends at `final` of its start: final ** (step / total)."""

    final: float = option(0.01, "share of the learning rate that is left at the end", low=1e-6, high=1.0, log=True)

    def shape(self, step: int, total: int) -> float:
        return float(self.final ** (step / max(total, 1)))


@dataclass(frozen=True)
class Cosine(Schedule):
    """Falls along half a cosine, slowly at both ends: (1 + cos(pi step / total)) / 2.

    (Loshchilov and Hutter 2017, equation 5, without restarts)
    """

    def shape(self, step: int, total: int) -> float:
        return (1 + math.cos(math.pi * min(step / max(total, 1), 1))) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Rises to the full learning rate, then falls to almost 0: fast training in few epochs.

    From 1 / start_divisor up to 1 over `rise` of the steps, then down to 1e-4 / start_divisor, both along half a
    cosine. (Smith and Topin 2018)
    """

    rise: float = option(0.3, "share of the steps in which the learning rate rises", low=0.01, high=0.99)
    start_divisor: float = option(25.0, "the full learning rate over the first one", low=1.0, high=1000.0)

    def shape(self, step: int, total: int) -> float:
        start, end = 1 / self.start_divisor, 1e-4 / self.start_divisor
        peak = max(self.rise * total, 1)
        if step < peak:
            return start + (1 - start) * (1 - math.cos(math.pi * step / peak)) / 2
        fallen = min((step - peak) / max(total - peak, 1), 1)
        return end + (1 - end) * (1 + math.cos(math.pi * fallen)) / 2
