"""Activations: a function of each number by itself, and softmax."""

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.layers.base import Cache, Layer, Mode, Params, option

ZERO = np.zeros((), np.float32)  # NumPy takes an array of no axes faster than a Python number


class Activation(Layer, abstract=True):
    """Base of the activations: same shape out as in, no parameters."""

    group = "activation"


@dataclass(frozen=True)
class ReLU(Activation):
    """Passes what is positive, stops the rest.

    y = max(x, 0);  dx = dy where y > 0, else 0.  (Nair and Hinton 2010)
    """

    rising = True

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        y = np.maximum(x, ZERO, out=mode.buffers["y", x.shape])
        return y, (y, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        y, mode = cache
        passes = np.greater(y, ZERO, out=mode.buffers["passes", y.shape, bool])
        return np.multiply(dy, passes, out=mode.buffers["dx", y.shape])


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """Passes what is positive, and a fraction of what is negative, so that no unit can die.

    y = x where x > 0, else slope * x;  dx = dy or slope * dy.  (Maas, Hannun, Ng 2013)
    """

    rising = True

    slope: float = option(0.01, "fraction of negative inputs that passes", low=0.0, high=1.0)

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        y = np.multiply(x, self.slope, out=mode.buffers["y", x.shape])
        np.maximum(x, y, out=y)  # slope <= 1, so the larger of the two is the right one
        return y, (x, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        x, mode = cache
        slopes = np.greater(x, 0, out=mode.buffers["slopes", x.shape], casting="unsafe")
        np.maximum(slopes, self.slope, out=slopes)
        return np.multiply(dy, slopes, out=mode.buffers["dx", x.shape])


@dataclass(frozen=True)
class Sigmoid(Activation):
    """Squeezes every number into 0 to 1.

    y = 1 / (1 + exp(-x)) = (1 + tanh(x / 2)) / 2, which never overflows;  dx = dy y (1 - y)
    """

    rising = True

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        y = np.multiply(x, 0.5, out=mode.buffers["y", x.shape])
        np.tanh(y, out=y)
        y += 1
        y *= 0.5
        return y, (y, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        y, mode = cache
        dx = np.subtract(1, y, out=mode.buffers["dx", y.shape])
        dx *= y
        dx *= dy
        return dx


@dataclass(frozen=True)
class Tanh(Activation):
    """Squeezes every number into -1 to 1.

    y = tanh(x);  dx = dy (1 - y^2)
    """

    rising = True

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        y = np.tanh(x, out=mode.buffers["y", x.shape])
        return y, (y, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        y, mode = cache
        dx = np.multiply(y, y, out=mode.buffers["dx", y.shape])
        np.subtract(1, dx, out=dx)
        dx *= dy
        return dx


# The tanh form of GELU: tanh(GELU_SCALE * (x + GELU_CUBIC * x^3)). Hendrycks and Gimpel 2016, section 2.
GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715


@dataclass(frozen=True)
class GELU(Activation):
    """A smooth relative of ReLU, used in language models.

    y = x (1 + t) / 2 with t = tanh(s (x + c x^3)), s = sqrt(2 / pi), c = 0.044715  (Hendrycks, Gimpel 2016)
    dx = dy [(1 + t) / 2 + x (1 - t^2) s (1 + 3 c x^2) / 2]
    """

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        t = np.multiply(x, x, out=mode.buffers["t", x.shape])
        t *= GELU_CUBIC
        t += 1
        t *= x
        t *= GELU_SCALE
        np.tanh(t, out=t)
        y = np.add(t, 1, out=mode.buffers["y", x.shape])
        y *= x
        y *= 0.5
        return y, (x, t, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        x, t, mode = cache
        inner = np.multiply(x, x, out=mode.buffers["inner", x.shape])
        inner *= 3 * GELU_CUBIC
        inner += 1
        inner *= GELU_SCALE
        inner *= x
        dx = np.multiply(t, t, out=mode.buffers["dx", x.shape])
        np.subtract(1, dx, out=dx)
        dx *= inner
        dx += t
        dx += 1
        dx *= 0.5
        dx *= dy
        return dx


@dataclass(frozen=True)
class Identity(Activation):
    """Changes nothing: a network with this in place of its activations is a linear one.

    y = x;  dx = dy
    """

    rising = True

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        return x, None

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        return dy


@dataclass(frozen=True)
class Softmax(Activation):
    """Turns the outputs into shares that add up to 1. Cross-entropy applies it itself; MSE does not.

    y_i = exp(x_i - max x) / sum_j exp(x_j - max x), over the last axis
    dx = y (dy - sum_j dy_j y_j)
    """

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        y = np.subtract(x, x.max(axis=-1, keepdims=True), out=mode.buffers["y", x.shape])
        np.exp(y, out=y)
        y /= y.sum(axis=-1, keepdims=True)
        return y, (y, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        y, mode = cache
        dx = np.multiply(dy, y, out=mode.buffers["dx", y.shape])
        along = dx.sum(axis=-1, keepdims=True)
        np.subtract(dy, along, out=dx)
        dx *= y
        return dx
