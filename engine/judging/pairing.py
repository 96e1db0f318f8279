"""Two networks on the same images: where they differ, and whether one is better beyond luck.

Both read the same images, so what counts are the images on which one is right and the other is not.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.comparing import CHANCE
from engine.judging.predicting import Tell, nobody
from engine.metrics import Values, Z, calibration, class_scores, confusion_matrix, log_loss
from engine.streams import stream

DEALS = 1000  # resamplings
_AT_ONCE = 50
_BINS = 10  # of the calibration

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Agreement:
    """Masks (n,) over the images; each image is in exactly one."""

    both_right: Mask
    only_a: Mask  # A is right, B is wrong
    only_b: Mask
    both_wrong_alike: Mask
    both_wrong_apart: Mask  # and with another answer


def agreement(a: Array, b: Array, labels: Bytes) -> Agreement:
    """Sort the images by who reads them. a, b: probabilities (n, classes)."""
    read_a, read_b = a.argmax(axis=1), b.argmax(axis=1)
    right_a, right_b = read_a == labels, read_b == labels
    wrong, same = ~right_a & ~right_b, read_a == read_b
    return Agreement(right_a & right_b, right_a & ~right_b, ~right_a & right_b, wrong & same, wrong & ~same)


def mcnemar(only_a: int, only_b: int) -> float:
    """The chance that luck alone parts two equally good networks as far as this: McNemar's exact test, two-sided.

        n = only_a + only_b,  k = min(only_a, only_b)
        p = min(1, 2 sum_{i=0..k} C(n, i) / 2^n)

    only_a: images that A reads right and B does not; only_b the other way round. If both were equally good, each of
    these n images would be as likely to fall to one as to the other; images on which both are right, or both wrong,
    say nothing. Worked out in whole numbers, so it is exact for any n. (McNemar 1947; Dietterich 1998, section 3.1)
    """
    if min(only_a, only_b) < 0:
        raise ValueError(f"expected numbers of images; got {only_a} and {only_b}")
    count = only_a + only_b
    term = total = 1
    for place in range(1, min(only_a, only_b) + 1):
        term = term * (count - place + 1) // place  # C(n, i) from C(n, i - 1)
        total += term
    return min(1.0, 2 * total / 2**count)


def difference_interval(only_a: int, only_b: int, count: int, z: float = Z) -> tuple[float, float]:
    """Where the difference of the true accuracies, A's minus B's, lies: Wald's interval for pairs, adjusted.

        d = (a - b) / m,  se = sqrt(a + b - (a - b)^2 / m) / m,  with a = only_a + 1/2, b = only_b + 1/2, m = n + 2

    (Agresti, Min 2005, "Simple improved confidence intervals for comparing matched proportions")
    """
    a, b, m = only_a + 0.5, only_b + 0.5, count + 2
    difference = (a - b) / m
    reach = z * math.sqrt(max(a + b - (a - b) ** 2 / m, 0.0)) / m
    return max(difference - reach, -1.0), min(difference + reach, 1.0)


@dataclass(frozen=True)
class Difference:
    """One measure of two networks. difference = a - b; low and high: its interval of 95 %."""

    name: str  # "accuracy", "macro F1", "loss" or "calibration error"
    a: float
    b: float
    low: float
    high: float
    chance: float | None = None  # that luck alone makes such a difference, where a test tells

    @property
    def difference(self) -> float:
        """A's minus B's."""
        return self.a - self.b

    @property
    def beyond_luck(self) -> bool:
        """Whether luck makes such a difference in fewer than one case in twenty."""
        apart = self.low > 0 or self.high < 0
        return apart if self.chance is None else self.chance < CHANCE


def differences(a: Array, b: Array, labels: Bytes, tell: Tell = nobody) -> list[Difference]:
    """Accuracy, macro F1, mean loss and calibration error of two networks on the same images, A's against B's.

    Of accuracy, McNemar's exact test says whether it is luck. The others' intervals come from DEALS resamplings of the
    images, the same ones for both networks (Efron 1979; percentiles). Raises ValueError without images.
    """
    if not len(labels):
        raise ValueError("two networks can only be compared on at least one image; got none.")
    found = agreement(a, b, labels)
    only_a, only_b = int(found.only_a.sum()), int(found.only_b.sum())
    low, high = difference_interval(only_a, only_b, len(labels))
    of_a, of_b = _measures(a, labels), _measures(b, labels)
    share = [float((each.argmax(axis=1) == labels).mean()) for each in (a, b)]
    rows = [Difference("accuracy", share[0], share[1], low, high, mcnemar(only_a, only_b))]
    ends = _resampled(a, b, labels, tell)
    rows += [Difference(name, of_a[name], of_b[name], *ends[name]) for name in of_a]
    return rows


def _measures(shares: Array, labels: Bytes) -> dict[str, float]:
    return {
        "macro F1": class_scores(confusion_matrix(shares, labels)).macro[2],
        "loss": float(log_loss(shares, labels).mean()),
        "calibration error": calibration(shares, labels, _BINS).error,
    }


def _resampled(a: Array, b: Array, labels: Bytes, tell: Tell) -> dict[str, tuple[float, float]]:
    """Intervals of the differences. All measures follow from sums over the images, so resampling is one product."""
    columns = [_columns(each, labels) for each in (a, b)]
    found: dict[str, list[Values]] = {"macro F1": [], "loss": [], "calibration error": []}
    count = len(labels)
    for deal in range(0, DEALS, _AT_ONCE):
        tell(deal / DEALS)
        rng = stream(0, "resample", deal)
        drawn = rng.integers(0, count, (_AT_ONCE, count))
        drawn += np.arange(_AT_ONCE)[:, np.newaxis] * count
        weights = np.bincount(drawn.ravel(), minlength=_AT_ONCE * count).reshape(_AT_ONCE, count).astype(np.float32)
        one, other = (_from_sums(weights @ each, a.shape[1], count) for each in columns)
        for name, values in found.items():
            values.append(one[name] - other[name])
    ends = {name: np.percentile(np.concatenate(values), [2.5, 97.5]) for name, values in found.items()}
    return {name: (float(low), float(high)) for name, (low, high) in ends.items()}


def _columns(shares: Array, labels: Bytes) -> Array:
    """What is summed (n, 3 classes + 1 + 2 bins): hits, reads and examples of each class, loss, gaps of each bin."""
    classes, read = shares.shape[1], shares.argmax(axis=1)
    one_hot = np.eye(classes, dtype=np.float32)
    right = (read == labels).astype(np.float32)
    confidence = shares.max(axis=1).astype(np.float32)
    bins = np.eye(_BINS, dtype=np.float32)[np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)]
    loss = log_loss(shares, labels).astype(np.float32)[:, np.newaxis]
    gap = bins * (right - confidence)[:, np.newaxis]
    return np.hstack([one_hot[labels] * right[:, np.newaxis], one_hot[read], one_hot[labels], loss, gap])


def _from_sums(sums: Array, classes: int, count: int) -> dict[str, Values]:
    """The measures of each resampling from its sums (deals, columns)."""
    parts = np.split(sums.astype(np.float64), [classes, 2 * classes, 3 * classes, 3 * classes + 1], axis=1)
    hits, reads, examples, loss, gaps = parts
    f1 = 2 * hits / np.maximum(reads + examples, 1)  # 2 p r / (p + r) = 2 hits / (reads + examples)
    there = examples > 0
    macro = (f1 * there).sum(axis=1) / there.sum(axis=1)
    return {
        "macro F1": macro,
        "loss": loss[:, 0] / count,
        "calibration error": np.abs(gaps).sum(axis=1) / count,
    }
