"""Whether one way of training beats another beyond luck, from a few runs of each that differ in their seed.

Two questions, two old answers, both usable with a handful of numbers:

- Could luck alone have sorted the results so? The exact permutation test (Fisher 1935; Pitman 1937): if A and B were
  the same, every way to deal the results into two hands of these sizes would be as likely. The share of deals whose
  means lie at least as far apart as they do is the chance of such a difference by luck. It assumes nothing about the
  results' distribution, and it is honest with few seeds: 3 against 3 can be dealt in only 20 ways, so that even the
  clearest result has a chance of 2 in 20.
- How large is the difference? Welch's interval (Welch 1947) for two groups of unequal spread:

      mean_a - mean_b  +-  t * sqrt(v_a / n_a + v_b / n_b)

  v: variance with n - 1; t: the quantile of Student's distribution with the degrees of freedom of Welch and
  Satterthwaite, (v_a/n_a + v_b/n_b)^2 / ((v_a/n_a)^2 / (n_a - 1) + (v_b/n_b)^2 / (n_b - 1)).

"Beyond luck" is said only where both agree at 5 %.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.saying import ENGLISH, Language

Values = npt.NDArray[np.float64]

CHANCE = 0.05  # a difference that luck makes more often than this is not called one
MOST_DEALS = 200_000  # C(20, 10) = 184,756: ten seeds each
MOST_SEEDS = 30  # beyond which nobody repeats a run to find out


@dataclass(frozen=True)
class Comparison:
    """A against B. Differences are mean of A minus mean of B, in the unit of the values."""

    count_a: int
    count_b: int
    difference: float
    low: float  # Welch's interval of 95 %
    high: float
    chance: float  # that luck alone deals a difference as large; NaN with too many results to deal all ways
    smallest_chance: float  # that so many results could show at best
    needed: int | None  # seeds of each that would show this difference, if it stays as it is; None: over MOST_SEEDS

    @property
    def beyond_luck(self) -> bool:
        """Whether both tests say that A and B differ."""
        apart = self.low > 0 or self.high < 0
        return apart and not self.chance > CHANCE


def compare(a: Sequence[float], b: Sequence[float]) -> Comparison:
    """Compare two groups of results. Raises ValueError for fewer than 2 results in one, or ones not finite."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if min(len(x), len(y)) < 2 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError(f"expected at least 2 finite results of each; got {len(x)} and {len(y)}")
    difference = float(x.mean() - y.mean())
    low, high = welch_interval(x, y)
    deals = math.comb(len(x) + len(y), len(x))
    chance = permutation_chance(x, y) if deals <= MOST_DEALS else math.nan
    # The deal itself, and with equal sizes its mirror image, are always as far apart as they are.
    smallest = (2 if len(x) == len(y) else 1) / deals
    return Comparison(len(x), len(y), difference, low, high, chance, smallest, _needed(x, y))


def permutation_chance(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Share of all deals into groups of these sizes whose means lie at least as far apart (two-sided)."""
    first = np.asarray(a, np.float64)
    values = np.concatenate([first, np.asarray(b, np.float64)])
    count = len(first)
    values = values - values.mean()  # small numbers add up exactly enough
    hands = np.fromiter(
        (place for hand in combinations(range(len(values)), count) for place in hand),
        np.int64,
        count=count * math.comb(len(values), count),
    ).reshape(-1, count)
    # With the total at 0, the distance of the means is proportional to the sum of one hand.
    sums = np.abs(values[hands].sum(axis=1))
    seen = abs(float(values[:count].sum()))
    slack = 1e-9 * (float(np.abs(values).max()) or 1.0)  # rounding must not lose ties
    return float((sums >= seen - slack).mean())


def welch_interval(a: npt.ArrayLike, b: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Where the difference of the true means lies, at this level of confidence."""
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    difference = float(x.mean() - y.mean())
    share_x, share_y = float(x.var(ddof=1)) / len(x), float(y.var(ddof=1)) / len(y)
    error = math.sqrt(share_x + share_y)
    if error == 0:
        return difference, difference
    freedom = (share_x + share_y) ** 2 / (share_x**2 / (len(x) - 1) + share_y**2 / (len(y) - 1))
    reach = t_quantile((1 + level) / 2, freedom) * error
    return difference - reach, difference + reach


def t_quantile(share: float, freedom: float) -> float:
    """The value below which this share (0.5 to 1) of Student's distribution lies; by halving an interval."""
    if not 0.5 <= share < 1 or freedom <= 0:
        raise ValueError(f"share must be from 0.5 to below 1 and freedom above 0; got {share} and {freedom}")
    low, high = 0.0, 1.0
    while t_below(high, freedom) < share:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < share else (low, middle)
    return (low + high) / 2


def t_below(t: float, freedom: float) -> float:
    """Share of Student's distribution that lies below t: 1 - I_x(f/2, 1/2) / 2 with x = f / (f + t^2), for t >= 0."""
    tail = incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2
    return 1 - tail if t >= 0 else tail


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function I_x(a, b).

    By the continued fraction of DLMF 8.17.22 (https://dlmf.nist.gov/8.17), evaluated by Lentz's method as Thompson
    and Barnett (1986) changed it; on the side where it converges fast, since I_x(a, b) = 1 - I_(1-x)(b, a).
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - incomplete_beta(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    tiny = 1e-300
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), tiny)
    fraction = d
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_0(1 + term * d, tiny)
            c = _away_from_0(1 + term / c, tiny)
            fraction *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return math.exp(front) * fraction / a


def _away_from_0(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny


def _needed(x: Values, y: Values) -> int | None:
    """Seeds of each with which this difference would be beyond luck, if means and spreads stay as they are."""
    difference = abs(float(x.mean() - y.mean()))
    spread = float(x.var(ddof=1) + y.var(ddof=1))
    for count in range(4, MOST_SEEDS + 1):  # 3 of each can be dealt in 20 ways only
        if difference > t_quantile(1 - CHANCE / 2, 2 * count - 2) * math.sqrt(spread / count):
            return count
    return None


def verdict(found: Comparison, a: str, b: str, say: Language = ENGLISH) -> str:
    """One or two plain sentences on accuracies (shares from 0 to 1). a, b: what the groups are called."""
    if found.difference < 0:
        a, b = b, a
    points, low, high = (100 * value for value in (abs(found.difference), found.low, found.high))
    low, high = (low, high) if found.difference >= 0 else (-high, -low)
    if points < 0.005:
        return say("{a} and {b} do equally well on average; nothing says that they differ.", a=a, b=b)
    names: dict[str, Any] = {"a": a, "b": b, "points": points}
    chance = _percent(found.chance)
    luck = chance and say("Luck alone deals such a difference in {chance} of cases.", chance=chance)
    if found.beyond_luck:
        text = say(
            "{a} beats {b} beyond luck: by {points:.2f} points on average, between {low:.2f} and {high:.2f} (95 % "
            "interval).",
            low=low,
            high=high,
            **names,
        )
        return say.joined([text, luck])
    fewest = min(found.count_a, found.count_b)
    if found.smallest_chance <= CHANCE:
        opening = say("{a} is {points:.2f} points ahead of {b}, but that may be luck.", **names)
    elif found.count_a == found.count_b:
        opening = say("{n} seeds each cannot tell: {a} is {points:.2f} points ahead of {b}.", n=fewest, **names)
    else:
        opening = say("So few seeds cannot tell: {a} is {points:.2f} points ahead of {b}.", **names)
    if found.needed is None:
        more = say("Even {seeds} seeds of each would not show a difference so small.", seeds=MOST_SEEDS)
    else:
        more = say(
            "{count} more of each would tell, if means and spreads stay as they are.",
            count=max(found.needed - fewest, 1),
        )
    return say.joined([opening, luck, more])


def _percent(chance: float) -> str:
    """ "" where it is not known."""
    if math.isnan(chance):
        return ""
    return f"{100 * chance:.0f} %" if chance >= 0.0995 else f"{100 * chance:.1g} %"
