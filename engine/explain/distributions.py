"""How numbers are spread inside a network at a moment of its training: weights, answers, gradients of every layer.

A distribution is kept as its quantiles. From those of several moments, all on one scale, come the density over time
and the bands that hold a share of the numbers, however far their ranges lie apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.explain.features import activated
from engine.layers import Conv, Dense
from engine.network import Pass
from engine.streams import StepRandomness

QUANTILES = 257  # one more than a power of two, so that halves, quarters and eighths are among them
BINS = 48
MOST_VALUES = 100_000  # of more, evenly spaced ones are looked at
IMAGES = 256  # of the batch whose answers and gradients are looked at
KINDS = ("weights", "answers", "gradients")


@dataclass(frozen=True)
class Distribution:
    """One set of numbers. Those that are not finite are left out; `broken` is their share.

    quantiles   (QUANTILES,) evenly from the least number to the largest
    counts      (BINS,) numbers between `edges` (BINS + 1,), of those looked at
    zeros       share of exact zeros
    """

    quantiles: Array
    counts: Array
    edges: Array
    mean: float
    deviation: float
    zeros: float
    broken: float = 0.0

    @property
    def low(self) -> float:
        """The least number."""
        return float(self.quantiles[0])

    @property
    def high(self) -> float:
        """The largest number."""
        return float(self.quantiles[-1])

    def shares_below(self, edges: Array) -> Array:
        """Share of the numbers that are not above each of the edges, between the quantiles by straight lines."""
        places = np.linspace(0, 1, len(self.quantiles))
        upper = np.searchsorted(self.quantiles, edges, side="right")
        inside = np.clip(upper, 1, len(self.quantiles) - 1)
        before, after = self.quantiles[inside - 1], self.quantiles[inside]
        width = np.where(after > before, after - before, 1)
        within = places[inside - 1] + np.clip((edges - before) / width, 0, 1) * (places[1] - places[0])
        found: Array = np.where(upper == 0, 0.0, np.where(upper == len(self.quantiles), 1.0, within))
        return found


def describe(values: Array) -> Distribution:
    """The distribution of any numbers; of none, or none that is finite, that of a single 0."""
    flat = np.ravel(values)
    flat = flat[:: max(1, -(-len(flat) // MOST_VALUES))].astype(np.float64)
    finite = np.sort(flat[np.isfinite(flat)])
    broken = 1 - len(finite) / max(len(flat), 1)
    if not len(finite):
        finite = np.zeros(1)
    places = np.linspace(0, len(finite) - 1, QUANTILES)
    quantiles = np.interp(places, np.arange(len(finite)), finite)
    low, high = float(finite[0]), float(finite[-1])
    room = (high - low) or max(abs(low), 1e-6)
    counts, edges = np.histogram(finite, BINS, (low, low + room) if high > low else (low - room / 2, low + room / 2))
    zeros = float(np.count_nonzero(finite == 0)) / len(finite)
    return Distribution(
        quantiles, counts.astype(np.float64), edges, float(finite.mean()), float(finite.std()), zeros, broken
    )


@dataclass(frozen=True)
class Moment:
    """The distributions of every layer with weights at a step: layer -> distribution.

    weights     of the trained weights, without biases
    answers     of what comes out after the layer's normalization and activation, for a batch
    gradients   of the loss by the weights, for that batch
    """

    step: int
    weights: dict[int, Distribution]
    answers: dict[int, Distribution]
    gradients: dict[int, Distribution]


def weighted_layers(model: Model) -> list[int]:
    """The numbers of the layers that have weights."""
    return [number for number, layer in enumerate(model.network.layers) if isinstance(layer, Conv | Dense)]


def moment(model: Model, images: Bytes, labels: Bytes) -> Moment:
    """Look at a network with the first IMAGES of these images.

    It is a training pass, with dropout and the batch's statistics; the loss is that of the data, without penalties.
    """
    model = Model(model.checkpoint)  # its own: batch normalization writes down what it saw
    network, config = model.network, model.config
    through = Pass(network, StepRandomness(config.seed, "distributions"))
    gradient = network.views(np.zeros_like(network.vector))
    images, labels = images[:IMAGES], labels[:IMAGES]
    layers = weighted_layers(model)
    wanted = {activated(model, number): number for number in layers}
    answers: dict[int, Distribution] = {}
    with np.errstate(all="ignore"):  # a network that has diverged
        x = model.checkpoint.scaling.apply(images, np.empty((*images.shape, 1), np.float32))
        for number, layer in enumerate(network.layers):  # in the written order, so that each layer has its answers
            x, through.caches[number] = layer.forward(network.params[number], x, through.modes[number])
            if number in wanted:
                answers[wanted[number]] = describe(x)
        _, dy = config.loss.value_and_gradient(x, labels, len(labels), through.buffers)
        back: Array | None = dy
        for number in reversed(range(len(network.layers))):
            if back is None:
                break
            layer, cache = network.layers[number], through.caches[number]
            back = layer.backward(network.params[number], gradient[number], cache, back)
        return Moment(
            model.checkpoint.position.step,
            {number: describe(network.params[number]["weight"]) for number in layers},
            answers,
            {number: describe(gradient[number]["weight"]) for number in layers},
        )


def density(over_time: Sequence[Distribution], bins: int = 80, most: float = 0.998) -> tuple[Array, Array]:
    """(shares (bins, moments) of the numbers in each bin, edges (bins + 1,)) for distributions on one scale.

    The scale takes in the share `most` of the numbers of a moment, for nine in ten of the moments: the outermost ones,
    and the burst of the first steps, would make all the rest a line. What lies beyond it is left out.
    """
    cut = round((1 - most) / 2 * (QUANTILES - 1))
    low = float(np.quantile([each.quantiles[cut] for each in over_time], 0.1))
    high = float(np.quantile([each.quantiles[-1 - cut] for each in over_time], 0.9))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    below = np.stack([each.shares_below(edges) for each in over_time], axis=1)
    # what lies on the first edge belongs to the first bin: the zeros of a ReLU
    below[0] = [np.searchsorted(each.quantiles, low) / len(each.quantiles) for each in over_time]
    shares: Array = np.maximum(np.diff(below, axis=0), 0)
    return shares, edges
