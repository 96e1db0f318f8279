"""Units that do nothing any more: dead, saturated, always on, or the same whatever they see.

    dead         ReLU: its answer is 0 for every image, so no gradient comes through, and it stays so
    saturated    Sigmoid, Tanh: nearly all its answers are at an end, where the slope is nearly 0
    always on    ReLU: its answer is above 0 everywhere, for every image: it is a linear unit
    constant     any: its answer is the same number for every image

A unit of an image layer is a channel; its answers at all places count. The limits are those of the training's own
watch (engine.probing.ALIVE), which looks at the images of one look at validation.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.explain.features import activated
from engine.layers import Conv, Dense, ReLU
from engine.network import Pass
from engine.probing import ALIVE

CHUNK = 250  # images at a time
NEARLY_ALL = 0.95  # share of the answers at an end from which a unit is saturated
SAME = 1e-6  # range of the answers, of the largest of the layer's, up to which they are the same


@dataclass(frozen=True)
class LayerLife:
    """The units of one layer with weights, after its normalization and activation.

    active      (units,) share of the images that a unit answers: for ReLU above 0 anywhere; for Sigmoid and Tanh off
                the ends anywhere; for others all of them
    ends        (units,) share of the answers at the ends of Sigmoid or Tanh; 0 for others
    dead, saturated, always_on, constant      places of the units; a unit is in the first list that fits it
    """

    layer: int
    activation: str  # "ReLU"; "" where there is none
    units: int
    images: int
    active: Array
    ends: Array
    dead: tuple[int, ...]
    saturated: tuple[int, ...]
    always_on: tuple[int, ...]
    constant: tuple[int, ...]


def hidden_layers(model: Model) -> list[int]:
    """The layers with weights before the last one, whose units are the answers themselves."""
    return [number for number, layer in enumerate(model.network.layers) if isinstance(layer, Conv | Dense)][:-1]


def walk(model: Model, images: Bytes, ends: Sequence[int], through: Pass) -> Iterator[tuple[int, Array]]:
    """(layer, its output) for each of the layers in `ends`, in order. What comes is overwritten by the next pass."""
    network = model.network
    x: Array = model.checkpoint.scaling.apply(images, np.empty((*images.shape, 1), np.float32))
    for number in range(max(ends, default=-1) + 1):
        x, _ = network.layers[number].forward(network.params[number], x, through.modes[number])
        if number in ends:
            yield number, x


def liveness(model: Model, images: Bytes, tell: Callable[[float], object] = lambda share: None) -> list[LayerLife]:
    """Look at every hidden layer with weights. tell: called now and then with the share that is done."""
    layers = hidden_layers(model)
    ends = {activated(model, number): number for number in layers}
    watches = {number: _Watch(model, end, number) for end, number in ends.items()}
    through = model.network.new_pass()
    for start in range(0, len(images), CHUNK):
        tell(start / len(images))
        with np.errstate(all="ignore"):  # a network that has diverged
            for end, y in walk(model, images[start : start + CHUNK], tuple(ends), through):
                watches[ends[end]].take(y)
    return [watches[number].found() for number in layers]


class _Watch:
    """Takes in the answers of one layer, some images at a time."""

    def __init__(self, model: Model, end: int, number: int) -> None:
        layer = model.network.layers[number]
        self._number, self._images, self._places = number, 0, 0
        # the unit of a Dense that is always 1 is no unit that could die
        self._units = layer.units if isinstance(layer, Dense) else model.network.shapes[end + 1][-1]
        self._kind = type(model.network.layers[end])
        self._named = "" if end == number else self._kind.__name__
        self._low, self._high = ALIVE.get(self._kind, (-math.inf, math.inf))
        self._most = np.full(self._units, -math.inf)
        self._least = np.full(self._units, math.inf)
        self._active = np.zeros(self._units)
        self._at_ends = np.zeros(self._units)

    def take(self, y: Array) -> None:
        """y (n, ..., units)."""
        answers = np.nan_to_num(y.reshape(len(y), -1, y.shape[-1])[..., : self._units])
        self._images += len(y)
        self._places += answers.shape[0] * answers.shape[1]
        self._most = np.maximum(self._most, answers.max(axis=(0, 1)))
        self._least = np.minimum(self._least, answers.min(axis=(0, 1)))
        if self._high < math.inf:
            inside = (answers >= self._low) & (answers <= self._high)
            self._at_ends += (~inside).sum(axis=(0, 1))
        else:
            inside = answers > self._low
        self._active += inside.any(axis=1).sum(axis=0)

    def found(self) -> LayerLife:
        ends = self._at_ends / max(self._places, 1)
        relu = self._kind is ReLU
        tests = (
            (self._most <= self._low) if relu else np.zeros(self._units, bool),
            ends >= NEARLY_ALL,
            (self._least > self._low) if relu else np.zeros(self._units, bool),
            self._most - self._least <= SAME * max(float(np.abs([self._most, self._least]).max(initial=0.0)), 1e-30),
        )
        taken = np.zeros(self._units, bool)
        lists = []
        for test in tests:
            lists.append(tuple(int(unit) for unit in np.flatnonzero(test & ~taken)))
            taken |= test
        return LayerLife(
            self._number, self._named, self._units, self._images, self._active / max(self._images, 1), ends, *lists
        )
