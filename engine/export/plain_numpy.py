"""Each layer's answer in plain NumPy, as short as it can be read: `numpy_script` copies those that a network needs.

Images are (n, height, width, channels), flat data is (n, features). The functions use NumPy alone, and each other.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def windows(x: Array, size: int, stride: int) -> Array:
    """All windows of an image: (n, rows, columns, channels, size, size). No number is copied."""
    every = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))
    return every[:, ::stride, ::stride]


def conv(x: Array, weight: Array, bias: Any, stride: int, before: int, after: int) -> Array:
    """y[i, j, o] = bias[o] + sum over u, v, c of x[i * stride + u, j * stride + v, c] * weight[u, v, c, o]"""
    x = np.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    return np.tensordot(windows(x, len(weight), stride), weight, axes=([4, 5, 3], [0, 1, 2])) + bias


def max_pool(x: Array, size: int, stride: int) -> Array:
    """The largest number of each window."""
    return windows(x, size, stride).max(axis=(4, 5))


def avg_pool(x: Array, size: int, stride: int) -> Array:
    """The mean of each window."""
    return windows(x, size, stride).mean(axis=(4, 5))


def dense(x: Array, weight: Array, bias: Any) -> Array:
    """Every output is a weighted sum of all inputs."""
    return x @ weight + bias


def append_one(x: Array) -> Array:
    """One more output, which is always 1: the next layer reads its bias from it."""
    return np.pad(x, ((0, 0), (0, 1)), constant_values=1)


def batch_norm(x: Array, scale: Array, shift: Array, mean: Array, var: Array, epsilon: float) -> Array:
    """Brings each feature to mean 0 and variance 1, as they were in training, then scales and shifts it."""
    return scale * (x - mean) / np.sqrt(var + np.float32(epsilon)) + shift


def flatten(x: Array) -> Array:
    """An image as one row of numbers, pixel by pixel."""
    return x.reshape(len(x), -1)


def relu(x: Array) -> Array:
    """Passes what is positive, stops the rest."""
    return np.maximum(x, 0)


def leaky_relu(x: Array, slope: float) -> Array:
    """Passes what is positive, and a fraction of the rest."""
    return np.maximum(x, slope * x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), in a form that never overflows."""
    return (1 + np.tanh(x / 2)) / 2


def gelu(x: Array) -> Array:
    """A smooth relative of ReLU."""
    return x * (1 + np.tanh(0.7978845608 * (x + 0.044715 * x**3))) / 2  # 0.798 = sqrt(2 / pi)


def softmax(x: Array) -> Array:
    """Turns the numbers of the last axis into shares that add up to 1."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def positive_shares(x: Array) -> Array:
    """The positive outputs as shares of their sum: a network that learned with squared error has no probabilities."""
    positive = np.maximum(x, 0)
    total = positive.sum(axis=1, keepdims=True)
    return np.where(total > 0, positive / np.where(total > 0, total, 1), 1 / x.shape[1])
