"""What a layer is: one frozen dataclass with its settings, its shape rule and its maths.

Axis order is NHWC: images are (n, height, width, channels), flat data is (n, features). Shapes in rules leave
the batch axis out. Layers own no arrays: the network hands them views of its flat vectors.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np

from engine.arrays import Array, Buffers, Shape
from engine.problems import PlainError
from engine.spec import Settings, option
from engine.streams import StepRandomness

Plan = TypeVar("Plan")
MOST_PLANS = 3  # full batches, the last one of an epoch, and one to spare


class ShapeError(PlainError):
    """A layer cannot take the shape that it is given."""


@dataclass(frozen=True)
class ParameterShape:
    """Shape of a trained array and what an initializer has to know of it.

    fan_in and fan_out are the numbers of weights into and out of a unit; fan_in = 0 marks an array that starts
    at `fill` (biases at 0, scales at 1) and takes no decay.
    """

    shape: Shape
    fan_in: int = 0
    fan_out: int = 0
    fill: float = 0.0


class Alone:
    """The part of a batch that is the whole batch: sums over the batch need no partner."""

    count = 1
    index = 0

    def total(self, partial: Array) -> Array:
        """Sum of `partial` over all parts of the batch."""
        return partial

    def whole(self, rows: int) -> int:
        """Number of rows in the whole batch, of which this part has `rows`."""
        return rows


class Mode:
    """What a pass through one layer may know besides parameters and data.

    training      True while gradients are wanted; dropout and batch normalization differ.
    rng           the step's random generator; asking for it in evaluation is an error.
    buffers       this layer's memory, kept from step to step.
    plans         objects that a layer keeps for a shape of batch, for the few shapes seen last.
    wants_dx      False for the first layer that has parameters: nobody reads its input's gradient.
    part          which part of the batch this is (see Alone and parallel.py); `part.total(x)` adds x up over
                  all parts.
    """

    __slots__ = ("_randomness", "buffers", "part", "plans", "training", "wants_dx")

    def __init__(
        self,
        buffers: Buffers,
        randomness: StepRandomness | None = None,
        *,
        wants_dx: bool = True,
        part: Any = None,
    ) -> None:
        self.buffers = buffers
        self.plans: dict[Shape, Any] = {}
        self._randomness = randomness
        self.training = randomness is not None
        self.wants_dx = wants_dx
        self.part = part if part is not None else Alone()

    def plan(self, shape: Shape, plan: Plan) -> Plan:
        """Keep a plan for a shape, and let go of the oldest when there are more than MOST_PLANS."""
        while len(self.plans) >= MOST_PLANS:
            del self.plans[next(iter(self.plans))]
        self.plans[shape] = plan
        return plan

    @property
    def rng(self) -> np.random.Generator:
        """The generator that all layers of this step share."""
        if self._randomness is None:
            raise RuntimeError("a random number was asked for in evaluation; check mode.training first")
        return self._randomness.generator


Params = dict[str, Array]
Cache = Any  # what forward keeps for backward; only the layer itself reads it


@dataclass(frozen=True)
class Layer(Settings, family="layer"):
    """Base of all layers."""

    rising: ClassVar[bool] = False  # y rises with x, elementwise: max pooling may go first (see network.plan)
    group: ClassVar[str] = "other"  # heading under which a menu shows it

    def output_shape(self, shape: Shape) -> Shape:
        """Shape of one output for one input of `shape`. Raises ShapeError with what to do about it."""
        return shape

    def parameters(self, shape: Shape) -> dict[str, ParameterShape]:
        """Trained arrays by name, for inputs of `shape`."""
        return {}

    def tracked(self, shape: Shape) -> dict[str, ParameterShape]:
        """Arrays that are kept and saved but not trained, such as running means."""
        return {}

    def macs(self, shape: Shape) -> int:
        """Multiply-adds of the forward pass for one example."""
        return 0

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        """y and what `backward` will need. `params` holds the trained and the tracked arrays."""
        raise NotImplementedError

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        """Write the gradients of the parameters into `grads` and return dx (None where nobody wants it)."""
        raise NotImplementedError


def needs_flat(layer: Layer, shape: Shape) -> None:
    """Raise ShapeError unless `shape` is (features,)."""
    if len(shape) != 1:
        raise ShapeError(f"{type(layer).__name__} needs flat input (features,); it got {shape}. Add Flatten before it.")


def needs_image(layer: Layer, shape: Shape) -> None:
    """Raise ShapeError unless `shape` is (height, width, channels)."""
    if len(shape) != 3:
        raise ShapeError(
            f"{type(layer).__name__} needs an image (height, width, channels); it got {shape}. "
            "Move it before Flatten and the dense layers."
        )


__all__ = [
    "Alone",
    "Cache",
    "Layer",
    "Mode",
    "ParameterShape",
    "Params",
    "ShapeError",
    "needs_flat",
    "needs_image",
    "option",
]
