"""Cheap measurements of how training goes inside the network. They read and never change what training uses.

An update that is a thousandth as long as the weights is usual; a tenth means that the learning rate is too high, and a
millionth that nothing is learned. A unit is dead if it gives the same answer to every image that is looked at: then no
gradient comes through it, and it cannot learn to do better.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.layers import Layer, ReLU, Sigmoid, Tanh
from engine.network import Network, layer_name
from engine.parallel import Crew

# A unit lives if some image lifts it above the first number and, for some image, it stays below the second.
ALIVE: dict[type[Layer], tuple[float, float]] = {
    ReLU: (0.0, math.inf),
    Sigmoid: (0.01, 0.99),
    Tanh: (-0.99, 0.99),
}


class NormProbe:
    """Length of an update, |p after - p before|, and of the parameters, |p|; trained parameters only."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._before: Array | None = None

    @property
    def _trained(self) -> Array:
        return self._network.vector[: self._network.trained]

    def remember(self) -> None:
        """Keep the parameters before a step."""
        if self._before is None:
            self._before = np.empty_like(self._trained)
        np.copyto(self._before, self._trained)

    def update_norm(self) -> float:
        """Length of the step since `remember`, once for each."""
        if self._before is None:
            raise RuntimeError("remember the parameters before the step")
        np.subtract(self._trained, self._before, out=self._before)
        return _norm(self._before)

    def weight_norm(self) -> float:
        """Length of the parameters as they are."""
        return _norm(self._trained)


def _norm(vector: Array) -> float:
    square = float(np.dot(vector, vector))
    return math.sqrt(square) if square >= 0 else math.nan


@dataclass(frozen=True)
class _Watched:
    number: int
    name: str
    units: int
    piece: slice  # of all units that are watched
    low: float
    high: float


class UnitWatch:
    """Largest and smallest answer of every unit that can die, over the images of one look.

    A unit of an image layer is a channel: places at the border see the same empty paper in every image.
    """

    def __init__(self, network: Network, crew: Crew) -> None:
        """The hands of the crew write side by side into memory that all see."""
        self._watched: list[_Watched] = []
        start = 0
        for number, layer in enumerate(network.layers):
            if (limits := ALIVE.get(type(layer))) is not None:
                units = network.shapes[number + 1][-1]
                piece = slice(start, start + units)
                self._watched.append(_Watched(number, layer_name(number, layer), units, piece, *limits))
                start += units
        self._most: Array = crew.empty((crew.count, max(start, 1)), network.dtype)
        self._least: Array = crew.empty((crew.count, max(start, 1)), network.dtype)

    def restart(self, index: int) -> None:
        """A look begins, for one hand."""
        self._most[index] = -math.inf
        self._least[index] = math.inf

    def take(self, index: int, caches: Sequence[Any]) -> None:
        """Take in a pass over some images. The first thing that an activation keeps is its answer (n, ..., units)."""
        for each in self._watched:
            y, most, least = caches[each.number][0], self._most[index, each.piece], self._least[index, each.piece]
            np.maximum(most, y.max(axis=0).reshape(-1, each.units).max(axis=0), out=most)
            if each.high < math.inf:
                np.minimum(least, y.min(axis=0).reshape(-1, each.units).min(axis=0), out=least)

    def dead(self) -> tuple[dict[str, float], float]:
        """Share of dead units by the layer's name, and of all units together: {} and NaN where none can die."""
        most, least = self._most.max(axis=0), self._least.min(axis=0)
        shares, count, total = {}, 0, 0
        for each in self._watched:
            dead = int(np.count_nonzero((most[each.piece] <= each.low) | (least[each.piece] > each.high)))
            shares[each.name] = dead / each.units
            count, total = count + dead, total + each.units
        return shares, count / total if total else math.nan
