"""Figures that say how good predictions are. probabilities (n, classes), labels (n,)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.losses import softmax

Counts = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]

Z = 1.959963984540054  # the normal quantile of 97.5 %, for intervals of 95 %
LEAST = 1e-12  # probability
HOTTEST = 20.0  # temperature


def accuracy(probabilities: Array, labels: Bytes) -> float:
    """Share of the examples whose most probable class is the right one."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def wilson_interval(hits: int, count: int, z: float = Z) -> tuple[float, float]:
    """Where the true share lies, given `hits` of `count` independent examples; (0, 1) without examples.

        (p + z^2 / 2n  +-  z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n),   p = hits / n

    z: the normal quantile of the level, 1.96 for 95 %. Unlike p +- z sqrt(p (1 - p) / n), it is sensible near 0 and 1,
    where accuracies lie. (Wilson 1927; Agresti, Coull 1998)
    """
    if not 0 <= hits <= count:
        raise ValueError(f"expected from 0 to {count} hits; got {hits}")
    if not count:
        return 0.0, 1.0
    share, weight = hits / count, z * z / count
    middle = share + weight / 2
    reach = z * math.sqrt(share * (1 - share) / count + weight / (4 * count))
    low, high = (middle - reach) / (1 + weight), (middle + reach) / (1 + weight)
    return (low if hits else 0.0), (high if hits < count else 1.0)


def log_loss(probabilities: Array, labels: Bytes) -> Values:
    """-log p of the right class for each example (n,). p is held at LEAST: one certain mistake must not be infinite."""
    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return -np.log(np.maximum(right, LEAST))


def confusion_matrix(probabilities: Array, labels: Bytes) -> Counts:
    """counts[i, j]: examples of class i that were read as class j."""
    classes = probabilities.shape[1]
    pairs = labels.astype(np.int64) * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes).astype(np.int64)


@dataclass(frozen=True)
class ClassScores:
    """Per class: of what was read as it, the right share (precision); of what is it, the found share (recall)."""

    precision: Values
    recall: Values
    f1: Values
    support: Counts  # how many examples there are of each

    @property
    def macro(self) -> tuple[float, float, float]:
        """Means of precision, recall and F1 over the classes that there are examples of, each as weighty as another.

        NaN where there are no examples at all.
        """
        there = self.support > 0
        if not there.any():
            return (math.nan,) * 3
        precision, recall, f1 = (float(each[there].mean()) for each in (self.precision, self.recall, self.f1))
        return precision, recall, f1


def class_scores(confusion: Counts) -> ClassScores:
    """Precision, recall and F1 = 2 p r / (p + r) of each class; 0 where a denominator is 0."""
    counts = confusion.astype(np.float64)
    hits = np.diag(counts)
    precision = _ratio(hits, counts.sum(axis=0))
    recall = _ratio(hits, counts.sum(axis=1))
    return ClassScores(precision, recall, _ratio(2 * precision * recall, precision + recall), confusion.sum(axis=1))


def _ratio(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> Values:
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0)


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy in bins of confidence; `error` is the expected calibration error.

    error = sum over bins of share of the examples * |accuracy - confidence|   (Guo et al. 2017, equation 3)
    """

    edges: Values  # (bins + 1,)
    counts: Counts  # (bins,)
    confidence: Values  # mean in each bin; 0 where it is empty
    accuracy: Values
    error: float


def calibration(probabilities: Array, labels: Bytes, bins: int = 10) -> Calibration:
    """Calibration over equal bins of the highest probability."""
    highest = probabilities.max(axis=1).astype(float)
    right = (probabilities.argmax(axis=1) == labels).astype(float)
    place = np.minimum((highest * bins).astype(np.int64), bins - 1)
    counts = np.bincount(place, minlength=bins).astype(np.int64)
    confidence = _ratio(np.bincount(place, highest, bins), counts)
    hits = _ratio(np.bincount(place, right, bins), counts)
    error = float(np.sum(counts / max(len(labels), 1) * np.abs(hits - confidence)))
    return Calibration(np.linspace(0, 1, bins + 1), counts, confidence, hits, error)


def temperature(probabilities: Array, labels: Bytes) -> float:
    """The temperature T at which the loss of softmax(z / T) is smallest, by golden sections of log T.

    Above 1, the network is surer than it should be. No outputs z are needed: softmax(z / T) is p^(1/T), scaled to add
    up to 1. The order of the classes stays, so accuracy does too. (Guo et al. 2017, section 4.2) 1 without examples.
    """
    if not len(labels):
        return 1.0
    logs = np.log(np.maximum(probabilities.astype(np.float64), LEAST))

    def loss(log_t: float) -> float:
        return float(log_loss(softmax(logs / math.exp(log_t)), labels).mean())

    low, high = -math.log(HOTTEST), math.log(HOTTEST)
    section = (math.sqrt(5) - 1) / 2
    left, right = high - section * (high - low), low + section * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(24):  # to a factor of 1.0001
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - section * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + section * (high - low)
            at_right = loss(right)
    return math.exp((low + high) / 2)


@dataclass(frozen=True)
class Coverage:
    """What happens if answers below a threshold of confidence are withheld. One number for each threshold.

    answered: share of the examples that are answered; accuracy: share of these that are right, NaN where none is left.
    """

    thresholds: Values
    answered: Values
    accuracy: Values
    counts: Counts  # answered examples
    wrong: Counts  # ... that are wrong


def coverage(probabilities: Array, labels: Bytes, thresholds: npt.ArrayLike) -> Coverage:
    """Selective reading (Chow 1970): answer only where the highest probability is at least the threshold."""
    wanted = np.asarray(thresholds, np.float64)
    highest = probabilities.max(axis=1).astype(np.float64)
    order = np.argsort(highest)
    right = np.r_[0, np.cumsum((probabilities.argmax(axis=1) == labels)[order])].astype(np.int64)
    # so that 0.9 asks for what is 0.9 in the probabilities' own precision
    first = np.searchsorted(highest[order], wanted.astype(probabilities.dtype).astype(np.float64), side="left")
    counts = (len(labels) - first).astype(np.int64)
    hits = right[-1] - right[first]
    accuracy_of = np.divide(hits, counts, out=np.full(len(wanted), np.nan), where=counts > 0)
    return Coverage(wanted, counts / max(len(labels), 1), accuracy_of, counts, counts - hits)
