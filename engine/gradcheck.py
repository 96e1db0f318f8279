"""Analytic gradients against numerical ones, in float64.

For a layer y = f(x, p) and a random upstream gradient u, the scalar s = sum(u y) has the gradients that
`backward(u)` returns; (s(p + e) - s(p - e)) / 2e, number by number, has to agree. A random u matters: with ones,
batch normalization's gradients are 0 and anything agrees.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Buffers, Shape
from engine.layers.base import Layer, Mode, Params
from engine.losses import Loss
from engine.streams import StepRandomness, stream

STEP = 1e-5  # of the difference; near the cube root of float64's precision, which balances its two errors


@dataclass(frozen=True)
class GradientCheck:
    """Largest disagreement for one array: |analytic - numerical| / max(1, |analytic|, |numerical|)."""

    name: str
    error: float
    count: int


def numerical_gradient(value: Callable[[], float], array: Array) -> Array:
    """Central differences of value() by every number in `array`, which is changed and put back."""
    gradient = np.zeros_like(array)
    flat, result = array.reshape(-1), gradient.reshape(-1)
    for place in range(flat.size):
        kept = flat[place]
        flat[place] = kept + STEP
        above = value()
        flat[place] = kept - STEP
        below = value()
        flat[place] = kept
        result[place] = (above - below) / (2 * STEP)
    return gradient


def compare(name: str, analytic: Array, numerical: Array) -> GradientCheck:
    """The largest relative disagreement of two gradients."""
    size = np.maximum(1, np.maximum(np.abs(analytic), np.abs(numerical)))
    return GradientCheck(name, float(np.max(np.abs(analytic - numerical) / size, initial=0)), analytic.size)


def check_layer(
    layer: Layer, shape: Shape, batch: int = 3, seed: int = 0, training: bool = True
) -> list[GradientCheck]:
    """Compare the gradients by the input and by every parameter, at random values of all of them."""
    rng = stream(seed, "gradient check")
    x = spaced(rng, (batch, *shape))
    params = {name: spaced(rng, details.shape) for name, details in layer.parameters(shape).items()}
    tracked = {name: 0.5 + rng.random(details.shape) for name, details in layer.tracked(shape).items()}
    upstream = rng.standard_normal((batch, *layer.output_shape(shape)))
    grads = {name: np.full_like(array, np.nan) for name, array in params.items()}

    def run() -> tuple[Array, object]:
        randomness = StepRandomness(seed, "check") if training else None
        # the running means move at each call; a copy keeps the calls alike
        every: Params = params | {name: array.copy() for name, array in tracked.items()}
        return layer.forward(every, x, Mode(Buffers(np.float64), randomness))

    def value() -> float:
        return float(np.vdot(run()[0], upstream))

    _, cache = run()
    dx = layer.backward(params | tracked, grads, cache, upstream.copy())
    if dx is None:
        raise ValueError(f"{type(layer).__name__}.backward returned no dx although it was wanted")
    checks = [compare("x", dx.copy(), numerical_gradient(value, x))]
    for name, array in params.items():
        checks.append(compare(name, grads[name], numerical_gradient(value, array)))
    return checks


def check_loss(loss: Loss, batch: int = 4, classes: int = 5, seed: int = 0) -> GradientCheck:
    """Compare the gradient by the outputs."""
    rng = stream(seed, "gradient check")
    outputs = rng.standard_normal((batch, classes))
    labels = rng.integers(0, classes, batch).astype(np.uint8)

    def value() -> float:
        return loss.value_and_gradient(outputs, labels, batch, Buffers(np.float64))[0]

    _, analytic = loss.value_and_gradient(outputs, labels, batch, Buffers(np.float64))
    return compare("outputs", analytic.copy(), numerical_gradient(value, outputs))


def spaced(rng: np.random.Generator, shape: Shape) -> Array:
    """Random numbers from -2 to 2, no two of them nearer than 1e-3 and none near 0.

    Where two inputs of a maximum are nearly equal, or one of ReLU's is nearly 0, a difference says nothing.
    """
    count = int(np.prod(shape))
    steps = (np.arange(count) + 0.37) / max(count, 1) * 4 - 2  # 0.5 would put the middle one at 0
    return rng.permutation(steps).reshape(shape)
