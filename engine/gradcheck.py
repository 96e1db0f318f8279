"""Analytic gradients against numerical ones, in float64.

For a layer y = f(x, p) and a random upstream gradient u, the scalar s = sum(u y) has the gradients that
`backward(u)` returns; (s(p + e) - s(p - e)) / 2e, number by number, has to agree. A random u matters: with ones,
batch normalization's gradients are 0 and anything agrees.

For a whole network and one image the scalar is the loss, and some weights of each array are tried (`check_weights`).
ReLU and max pooling have kinks: where one lies between p - e and p + e, the difference is the mean of two slopes, and
no gradient could agree with it. A smaller e, nearer to p than the kink is, tells that from a wrong gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Buffers, Shape
from engine.layers.base import Layer, Mode, Params
from engine.losses import Loss
from engine.network import Network, Pass
from engine.streams import StepRandomness, stream

SMALLER = (1e-6, 1e-7)  # steps that are tried where a kink may lie within the first
AGREES = 1e-6  # relative error up to which the gradients of a whole network agree
ROUNDING = 2e-16  # of float64; a difference of two losses of size s is off by about s ROUNDING / STEP
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
        result[place] = slope(value, flat, place, STEP)
    return gradient


def slope(value: Callable[[], float], flat: Array, place: int, step: float) -> float:
    """The central difference of value() by one number of `flat`, which is changed and put back."""
    kept = flat[place]
    flat[place] = kept + step
    above = value()
    flat[place] = kept - step
    below = value()
    flat[place] = kept
    return (above - below) / (2 * step)


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


@dataclass(frozen=True)
class WeightCheck:
    """One weight: dL/dw by `backward`, and by a central difference.

    step: of the difference. A smaller one than STEP was needed where a kink lies near. floor: the difference that is
    rounding alone.
    """

    name: str
    index: tuple[int, ...]
    analytic: float
    numerical: float
    step: float
    floor: float

    @property
    def error(self) -> float:
        """|analytic - numerical| / max(|analytic|, |numerical|); 0 where both are 0."""
        size = max(abs(self.analytic), abs(self.numerical))
        return abs(self.analytic - self.numerical) / size if size else 0.0

    @property
    def agrees(self) -> bool:
        """Equal as far as rounding lets a difference tell."""
        size = max(abs(self.analytic), abs(self.numerical))
        return abs(self.analytic - self.numerical) <= AGREES * size + self.floor

    @property
    def kink(self) -> bool:
        """It agrees, but only with a smaller step."""
        return self.agrees and self.step < STEP


def check_weights(
    network: Network,
    loss: Loss,
    x: Array,
    label: int,
    per_array: int = 12,
    seed: int = 0,
    tell: Callable[[float], None] | None = None,
) -> list[WeightCheck]:
    """Some weights of every array of a network: `per_array` at random, the one with the largest gradient among them.

    x: one network input (height, width, channels). All is done in float64, in evaluation: dropout is off and batch
    normalization takes its running means. The network is left as it is. tell: told the share that is done.
    """
    copy = Network(network.layers, network.input_shape, dtype=np.float64)
    for name, array in copy.named(copy.vector).items():
        array[...] = network.named(network.vector)[name]
    for name, array in copy.tracked.items():
        array[...] = network.tracked[name]
    through, labels = Pass(copy, None), np.array([label], np.uint8)
    inputs = x[np.newaxis].astype(np.float64)

    def value() -> float:
        return loss.value_and_gradient(copy.forward(inputs, through), labels, 1, through.buffers)[0]

    gradient = np.zeros_like(copy.vector)
    first, dy = loss.value_and_gradient(copy.forward(inputs, through), labels, 1, through.buffers)
    copy.backward(dy, through, copy.views(gradient))
    found = []
    for number, slot in enumerate(copy.slots):
        own = gradient[slot.start : slot.stop]
        chosen = stream(seed, "gradient check", number).permutation(own.size)[: per_array - 1]
        for place in sorted({int(np.abs(own).argmax()), *chosen.tolist()}):
            index = tuple(int(axis) for axis in np.unravel_index(place, slot.details.shape))
            at, analytic = slot.start + place, float(own[place])
            found.append(_check_weight(slot.name, index, analytic, copy.vector, at, value, abs(first)))
        if tell is not None:
            tell((number + 1) / len(copy.slots))
    return found


def _check_weight(
    name: str,
    index: tuple[int, ...],
    analytic: float,
    vector: Array,
    at: int,
    value: Callable[[], float],
    size: float,
) -> WeightCheck:
    """With STEP, and with smaller ones where that does not agree; the first if none does."""
    checks = []
    for step in (STEP, *SMALLER):
        floor = 10 * max(size, 1.0) * ROUNDING / step
        checks.append(WeightCheck(name, index, analytic, slope(value, vector, at, step), step, floor))
        if checks[-1].agrees:
            return checks[-1]
    return checks[0]
