"""Figures that say how good predictions are. probabilities (n, classes), labels (n,)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes

Counts = npt.NDArray[np.int64]


def accuracy(probabilities: Array, labels: Bytes) -> float:
    """Share of the examples whose most probable class is the right one."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def confusion_matrix(probabilities: Array, labels: Bytes) -> Counts:
    """counts[i, j]: examples of class i that were read as class j."""
    classes = probabilities.shape[1]
    pairs = labels.astype(np.int64) * classes + probabilities.argmax(axis=1)
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes).astype(np.int64)


@dataclass(frozen=True)
class ClassScores:
    """Per class: of what was read as it, the right share (precision); of what is it, the found share (recall)."""

    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]


def class_scores(confusion: Counts) -> ClassScores:
    """Precision, recall and F1 = 2 p r / (p + r) of each class; 0 where a denominator is 0."""
    counts = confusion.astype(np.float64)
    hits = np.diag(counts)
    precision = _ratio(hits, counts.sum(axis=0))
    recall = _ratio(hits, counts.sum(axis=1))
    return ClassScores(precision, recall, _ratio(2 * precision * recall, precision + recall))


def _ratio(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0)


@dataclass(frozen=True)
class Calibration:
    """Confidence against accuracy in bins of confidence; `error` is the expected calibration error.

    error = sum over bins of share of the examples * |accuracy - confidence|   (Guo et al. 2017, equation 3)
    """

    edges: npt.NDArray[np.float64]  # (bins + 1,)
    counts: Counts  # (bins,)
    confidence: npt.NDArray[np.float64]  # mean in each bin; 0 where it is empty
    accuracy: npt.NDArray[np.float64]
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
