"""Losses: how wrong the outputs are, as one number, and its gradient.

Only the loss divides by the batch size; layers sum. Under the name `count` a loss is told the size of the whole
batch, of which its rows may be a part.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Buffers, Bytes, ones
from engine.spec import Settings, option


@dataclass(frozen=True)
class Loss(Settings, family="loss"):
    """Base of the losses.

    label_smoothing e: the target is 1 - e + e / classes for the right class and e / classes for the others.
    (Szegedy et al. 2016, section 7)
    """

    label_smoothing: float = option(
        0.0,
        "how much of the target is spread over all classes, so that the network is never asked to be certain",
        low=0.0,
        high=0.5,
        live=True,
    )

    def targets(self, labels: Bytes, classes: int, buffers: Buffers) -> Array:
        """Smoothed one-hot targets (n, classes)."""
        targets = buffers["targets", (len(labels), classes)]
        targets.fill(self.label_smoothing / classes)
        targets[counting(len(labels)), labels] += 1 - self.label_smoothing
        return targets

    def value_and_gradient(self, outputs: Array, labels: Bytes, count: int, buffers: Buffers) -> tuple[float, Array]:
        """The rows' share of the batch's mean loss, and its gradient by the outputs (n, classes)."""
        raise NotImplementedError

    def probabilities(self, outputs: Array) -> Array:
        """What the outputs say of each class: (n, classes), rows that add up to 1."""
        raise NotImplementedError


@cache
def counting(count: int) -> npt.NDArray[np.intp]:
    """0, 1, ... count - 1."""
    return np.arange(count)


def _largest(outputs: Array) -> Array:
    """The largest number of each row, (n, 1). NumPy compares a few long rows quicker than many short ones."""
    return np.maximum.reduce(np.ascontiguousarray(outputs.T), axis=0)[:, np.newaxis]


def softmax(outputs: Array) -> Array:
    """exp(z_i) / sum_j exp(z_j) along the last axis; the largest is taken off first, so nothing overflows."""
    powers = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Cross-entropy of the softmax of the outputs: the usual loss for classes. It punishes confident mistakes.

    loss = mean over the batch of -sum_k t_k log p_k,  p = softmax(z);  dz = (p - t) / count
    """

    def value_and_gradient(self, outputs: Array, labels: Bytes, count: int, buffers: Buffers) -> tuple[float, Array]:
        count_here, classes = outputs.shape
        shifted = np.subtract(outputs, _largest(outputs), out=buffers["shifted", outputs.shape])
        dz = np.exp(shifted, out=buffers["dz", outputs.shape])
        sums = np.dot(dz, ones(classes, dz.dtype))[:, np.newaxis]
        dz /= sums
        if self.label_smoothing:
            targets = self.targets(labels, classes, buffers)
            # sum_k t_k log p_k = sum_k t_k shifted_k - log(sums), because each row of targets adds up to 1
            right = float(np.vdot(targets, shifted))
            dz -= targets
        else:
            places = counting(count_here) * classes + labels  # of the right classes, in a flat array
            right = float(np.add.reduce(shifted.reshape(-1)[places]))
            dz.reshape(-1)[places] -= 1
        value = (float(np.add.reduce(np.log(sums), None)) - right) / count
        dz *= 1 / count
        return value, dz

    def probabilities(self, outputs: Array) -> Array:
        return softmax(outputs)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """Mean squared distance between the outputs and one-hot targets. Learns more slowly than cross-entropy.

    loss = mean over the batch and the classes of (y_k - t_k)^2;  dy = 2 (y - t) / (count classes)
    """

    def value_and_gradient(self, outputs: Array, labels: Bytes, count: int, buffers: Buffers) -> tuple[float, Array]:
        targets = self.targets(labels, outputs.shape[1], buffers)
        dy = np.subtract(outputs, targets, out=buffers["dy", outputs.shape])
        scale = 1 / (count * outputs.shape[1])
        value = float(np.vdot(dy, dy)) * scale
        dy *= 2 * scale
        return value, dy

    def probabilities(self, outputs: Array) -> Array:
        positive = np.maximum(outputs, 0)
        sums = positive.sum(axis=-1, keepdims=True)
        classes = outputs.shape[-1]
        return np.divide(positive, sums, out=np.full_like(positive, 1 / classes), where=sums > 0)
