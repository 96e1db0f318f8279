"""A network: layers with their shapes, one flat vector of parameters, forward and backward.

The vector is laid out so that optimizers need no loop over layers:

    [ trained weights | trained biases, scales, shifts | frozen ]
      decay acts here
      the optimizer acts on both of these

Every layer gets views of it, by name. Gradients have a vector of the same layout.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Buffers, Shape
from engine.initializers import Initializer
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, ShapeError
from engine.layers.norm import BatchNorm
from engine.layers.norm_pool import NormPool
from engine.layers.pool import MaxPool
from engine.streams import StepRandomness, stream


@dataclass(frozen=True)
class LayerSummary:
    """One row of a network's table."""

    name: str  # "0.conv"
    kind: str
    input_shape: Shape
    output_shape: Shape
    parameters: int
    macs: int  # multiply-adds for one example
    trained: bool


@dataclass(frozen=True)
class Slot:
    """Where a named array lies in its vector."""

    name: str  # "0.conv.weight"
    layer: int
    key: str
    details: ParameterShape
    start: int

    @property
    def stop(self) -> int:
        return self.start + math.prod(self.details.shape)


def infer_shapes(layers: Sequence[Layer], input_shape: Shape) -> list[Shape]:
    """Input shape of every layer, then the output's. Raises ShapeError that names the layer."""
    shapes = [tuple(input_shape)]
    for number, layer in enumerate(layers):
        try:
            shapes.append(layer.output_shape(shapes[-1]))
        except ShapeError as error:
            raise ShapeError(f"Layer {number + 1} of {len(layers)}: {error}") from None
    return shapes


def summarize(layers: Sequence[Layer], input_shape: Shape, frozen: frozenset[int] = frozenset()) -> list[LayerSummary]:
    """Shapes and counts of every layer, without allocating any array."""
    shapes = infer_shapes(layers, input_shape)
    rows = []
    for number, layer in enumerate(layers):
        arrays = layer.parameters(shapes[number]).values()
        rows.append(
            LayerSummary(
                name=layer_name(number, layer),
                kind=type(layer).__name__,
                input_shape=shapes[number],
                output_shape=shapes[number + 1],
                parameters=sum(math.prod(each.shape) for each in arrays),
                macs=layer.macs(shapes[number]),
                trained=number not in frozen,
            )
        )
    return rows


def layer_name(number: int, layer: Layer) -> str:
    """ "0.conv": position and kind, the first part of its arrays' names."""
    return f"{number}.{type(layer).__name__.lower()}"


def plan(layers: Sequence[Layer]) -> list[int]:
    """The order in which layers run: max pooling goes before rising activations.

    max(f(a), f(b)) = f(max(a, b)) for a rising f, and after the pooling there are fewer numbers to compute f of.
    """
    order = list(range(len(layers)))
    for place in range(1, len(order)):
        before = place
        while before > 0 and isinstance(layers[order[before]], MaxPool) and layers[order[before - 1]].rising:
            order[before - 1], order[before] = order[before], order[before - 1]
            before -= 1
    return order


def runners(layers: Sequence[Layer], order: Sequence[int]) -> list[tuple[int, Layer | NormPool]]:
    """What runs, with its layer's number: the layers in this order, some of them together with the one after."""
    found: list[tuple[int, Layer | NormPool]] = []
    for number in order:
        layer, before = layers[number], found[-1][1] if found else None
        if isinstance(before, BatchNorm) and isinstance(layer, MaxPool):
            found[-1] = (found[-1][0], NormPool(before, layer))
        else:
            found.append((number, layer))
    return found


class Network:
    """Layers bound to an input shape, with their parameters.

    vector     (size,) all parameters; `params[i]` are the views of layer i, tracked arrays included
    trained    how many numbers at the front of the vector the optimizer changes
    decayed    how many at the front take weight decay
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        input_shape: Shape,
        frozen: frozenset[int] = frozenset(),
        dtype: npt.DTypeLike = np.float32,
        zeros: Callable[[Shape, npt.DTypeLike], npt.NDArray[Any]] = np.zeros,
    ) -> None:
        """zeros: gives the memory for all parameters; a crew's `empty`, if several hands train the network."""
        self.layers = tuple(layers)
        self.input_shape = tuple(input_shape)
        self.frozen = frozen
        self.dtype = np.dtype(dtype)
        self.shapes = infer_shapes(self.layers, self.input_shape)
        self._runners = runners(self.layers, plan(self.layers))
        self.slots, self.decayed, self.trained = self._lay_out()
        self.vector: Array = zeros((self.slots[-1].stop if self.slots else 0,), self.dtype)
        self.params = self.views(self.vector)
        self.tracked: dict[str, Array] = {}
        for number, layer in enumerate(self.layers):
            for key, details in layer.tracked(self.shapes[number]).items():
                array = zeros(details.shape, self.dtype)
                array.fill(details.fill)
                self.params[number][key] = array
                self.tracked[f"{layer_name(number, layer)}.{key}"] = array

    @property
    def output_shape(self) -> Shape:
        """Shape of one output."""
        return self.shapes[-1]

    def _lay_out(self) -> tuple[list[Slot], int, int]:
        groups: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
        for number, layer in enumerate(self.layers):
            for key, details in layer.parameters(self.shapes[number]).items():
                group = 2 if number in self.frozen else 0 if details.fan_in else 1
                groups[group].append((f"{layer_name(number, layer)}.{key}", number, key, details))
        slots: list[Slot] = []
        ends = []
        position = 0
        for group_entries in groups:
            for name, number, key, details in group_entries:
                slots.append(Slot(name, number, key, details, position))
                position = slots[-1].stop
            ends.append(position)
        return slots, ends[0], ends[1]

    def views(self, vector: Array) -> list[Params]:
        """Per layer, its arrays by name as views of a vector of this layout."""
        params: list[Params] = [{} for _ in self.layers]
        for slot in self.slots:
            params[slot.layer][slot.key] = vector[slot.start : slot.stop].reshape(slot.details.shape)
        return params

    def named(self, vector: Array) -> dict[str, Array]:
        """Arrays by full name ("0.conv.weight") as views of a vector of this layout."""
        return {s.name: vector[s.start : s.stop].reshape(s.details.shape) for s in self.slots}

    def initialize(self, initializer: Initializer, seed: int) -> None:
        """Draw all weights anew. Each layer has its own stream, so changing one leaves the others alike."""
        for slot in self.slots:
            target = self.params[slot.layer][slot.key]
            details = slot.details
            if details.fan_in:
                rng = stream(seed, "weights", slot.layer)
                target[...] = initializer.draw(rng, details.shape, details.fan_in, details.fan_out)
            else:
                target.fill(details.fill)
        for number, layer in enumerate(self.layers):
            for key, details in layer.tracked(self.shapes[number]).items():
                self.params[number][key].fill(details.fill)

    def change_layers(self, layers: Sequence[Layer]) -> None:
        """Put layers with other settings but the same arrays in place. Raises ShapeError if arrays differ."""
        other = Network(layers, self.input_shape, self.frozen, self.dtype)
        if [s.name for s in other.slots] != [s.name for s in self.slots] or other.shapes != self.shapes:
            raise ShapeError("these settings change the network's arrays; start another run for them")
        self.layers, self._runners = other.layers, other._runners

    def new_pass(self, randomness: StepRandomness | None = None, part: Any = None) -> "Pass":
        """Memory and modes for passes through this network; give `randomness` for training."""
        return Pass(self, randomness, part)

    def forward(self, x: Array, through: "Pass", views: list[Params] | None = None) -> Array:
        """Outputs (n, *output_shape) for x (n, *input_shape). They lie in memory that the next pass reuses."""
        params = self.params if views is None else views
        caches = through.caches
        for number, layer in self._runners:
            x, caches[number] = layer.forward(params[number], x, through.modes[number])
        return x

    def backward(self, dy: Array, through: "Pass", grads: list[Params]) -> Array | None:
        """Write all gradients, given the loss's gradient by the outputs. Ends at the first trained layer.

        Returns the gradient by the input if the pass was made with `wants_input_gradient`.
        """
        dx: Array | None = dy
        for number, layer in reversed(self._runners):
            if dx is None:
                break
            dx = layer.backward(self.params[number], grads[number], through.caches[number], dx)
        return dx


class Pass:
    """One pass's memory: buffers and caches of every layer. Two threads need two of these."""

    def __init__(
        self,
        network: Network,
        randomness: StepRandomness | None,
        part: Any = None,
        wants_input_gradient: bool = False,
    ) -> None:
        self.randomness = randomness
        self.buffers = Buffers(network.dtype)  # for the batch and the loss
        self.caches: list[Cache] = [None] * len(network.layers)
        trained = {slot.layer for slot in network.slots} - network.frozen
        first = min(trained, default=0)
        self.modes = [
            Mode(
                Buffers(network.dtype),
                None if number in network.frozen else randomness,
                wants_dx=wants_input_gradient or number > first,
                part=part,
            )
            for number in range(len(network.layers))
        ]

    @property
    def nbytes(self) -> int:
        """Bytes of memory held."""
        return self.buffers.nbytes + sum(mode.buffers.nbytes for mode in self.modes)
