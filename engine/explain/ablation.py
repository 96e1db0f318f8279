"""What a unit is good for: switch it off, and see what the network can no longer do.

A unit is switched off after its layer's normalization and activation: its answer is put to 0 (fill="zero"), or to its
mean over the images (fill="mean"), which takes away what it tells without moving what follows. A unit of an image layer
is a channel. All others stay as they are: nothing is trained again, so two units that do the same work cover for each
other, and each of them looks worthless.  (Morcos, Barrett, Rabinowitz, Botvinick 2018, "On the importance of single
directions for generalization")
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.explain.features import activated
from engine.explain.liveness import walk
from engine.layers import AvgPool, Conv, Dense, Dropout, Flatten, MaxPool
from engine.losses import CrossEntropy
from engine.network import Pass

CHUNK = 250  # images at a time
FIRST = 80  # at the beginning of a ranking, so that there is something to see soon
MOST_WORK = 60e9  # multiply-adds for a ranking: half a minute of a core that others use as well
FEWEST_IMAGES = 100
FILLS = ("zero", "mean")

Off = Mapping[int, Sequence[int]]  # layer with weights -> units that are switched off
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Ranking:
    """What every unit of a layer is worth, on the first `images` images.

    totals         (classes,) images of each class
    right          (classes,) of those that are read correctly with all units on
    right_without  (units, classes) with one unit off
    loss           mean of -log p of the right class with all units on
    loss_without   (units,) with one unit off
    """

    layer: int
    images: int
    totals: Counts
    right: Counts
    right_without: Counts
    loss: float
    loss_without: npt.NDArray[np.float64]

    @property
    def worth(self) -> npt.NDArray[np.float64]:
        """(units,) by how much the accuracy falls without each: from -1 to 1."""
        found: npt.NDArray[np.float64] = (self.right.sum() - self.right_without.sum(axis=1)) / max(self.images, 1)
        return found

    def order(self) -> npt.NDArray[np.intp]:
        """The units, the one that is worth most first; by the loss where the accuracy is the same."""
        return np.lexsort((-self.loss_without, -self.worth))


def probabilities_without(
    model: Model, images: Bytes, off: Off, fill: str = "zero", means: Mapping[int, Array] | None = None
) -> Array:
    """What the network says with these units switched off: (n, classes). means: from `mean_answers`, for fill="mean".

    Raises ValueError for a unit or a layer that there is none of.
    """
    fills = {number: _fills(model, number, fill, means) for number in off}
    ends = {activated(model, number): number for number in off}
    for number, units in off.items():
        _check(model, number, units)
    network, through = model.network, model.network.new_pass()
    found = np.empty((len(images), model.classes), np.float32)
    with np.errstate(all="ignore"):  # a network that has diverged
        for start in range(0, len(images), CHUNK):
            some = images[start : start + CHUNK]
            x: Array = model.checkpoint.scaling.apply(some, np.empty((*some.shape, 1), np.float32))
            for number in range(len(network.layers)):
                x, _ = network.layers[number].forward(network.params[number], x, through.modes[number])
                if number in ends:
                    units = list(off[ends[number]])
                    x = x.copy()
                    x[..., units] = fills[ends[number]][units]
            found[start : start + CHUNK] = model.config.loss.probabilities(x)
    found[~np.isfinite(found).all(axis=1)] = 1 / model.classes
    return found


def mean_answers(model: Model, images: Bytes, layers: Sequence[int]) -> dict[int, Array]:
    """For each of these layers with weights the mean answer (units,) over all images and places."""
    ends = {activated(model, number): number for number in layers}
    sums = {number: np.zeros(model.network.shapes[end + 1][-1]) for end, number in ends.items()}
    through = model.network.new_pass()
    with np.errstate(all="ignore"):
        for start in range(0, len(images), CHUNK):
            some = images[start : start + CHUNK]
            for end, y in walk(model, some, tuple(ends), through):
                sums[ends[end]] += len(y) * np.nan_to_num(y.mean(axis=tuple(range(y.ndim - 1))))
    return {number: (total / max(len(images), 1)).astype(np.float32) for number, total in sums.items()}


def rank(
    model: Model,
    images: Bytes,
    labels: Bytes,
    number: int,
    fill: str = "zero",
    tell: Callable[[float, Ranking | None], object] = lambda share, found: None,
) -> Ranking:
    """Switch every unit of layer `number` off, one after the other.

    Of the images the first are taken, as many as MOST_WORK allows. tell: called now and then with the share that is
    done, and what is found so far. Raises ValueError for a layer that has no units, and without images.
    """
    _check(model, number, ())
    if not len(images):
        raise ValueError("units can only be ranked on at least one image; got none.")
    images, labels = (each[: images_for(model, number, len(images))] for each in (images, labels))
    means = mean_answers(model, images, [number]) if fill == "mean" else None
    fills = _fills(model, number, fill, means)
    units = _units(model, number)
    classes, right, loss = model.classes, np.zeros((units + 1, model.classes), np.int64), np.zeros(units + 1)
    rest = _Rest(model, number)
    starts = [0, *range(FIRST, len(images), CHUNK)]
    for start, done in itertools.pairwise([*starts, len(images)]):
        some, truth = images[start:done], labels[start:done]
        share = len(some) / len(images)
        with np.errstate(all="ignore"):
            rest.take(some)
            for unit in range(-1, units):  # -1: all units on
                outputs = rest.outputs(unit, float(fills[unit]) if unit >= 0 else 0.0)
                hits, losses = _scores(model, outputs, truth)
                right[unit + 1] += np.bincount(truth[hits], minlength=classes)
                loss[unit + 1] += losses
                if unit % 16 == 0:
                    tell(start / len(images) + share * unit / units, None)
        totals = np.bincount(labels[:done], minlength=classes).astype(np.int64)
        found = Ranking(number, done, totals, right[0].copy(), right[1:].copy(), loss[0] / done, loss[1:] / done)
        tell(done / len(images), found)
    return found


def images_for(model: Model, number: int, most: int) -> int:
    """How many images a ranking of the units of a layer looks at."""
    rows = model.config.summary(model.checkpoint.image_shape)
    end = activated(model, number)
    fast = _next_dense(model, end)
    tail = sum(row.macs for row in rows[(fast if fast is not None else end) + 1 :])
    if fast is not None:
        tail += rows[fast].macs // _units(model, number)
    work = max(tail, 1) * _units(model, number)
    return min(most, max(FEWEST_IMAGES, int(MOST_WORK / work)))


class _Rest:
    """The layers after the one whose units are switched off, for some images.

    Where a Dense comes next, apart from pooling and laying out, it adds up over units: z without a unit is z minus the
    unit's part, which is much less work than the layer itself.
    """

    def __init__(self, model: Model, number: int) -> None:
        self._model, self._end = model, activated(model, number)
        self._head, self._tail = model.network.new_pass(), model.network.new_pass()
        self._dense = _next_dense(model, self._end)
        self._width = model.network.shapes[self._end + 1][-1]
        self._x: Array = np.empty(0)
        self._before: Array = np.empty(0)  # what the Dense reads
        self._sums: Array = np.empty(0)  # what it gives out
        layers = model.network.layers[self._end + 1 : self._dense]
        drops = [layer.drop for layer in layers if isinstance(layer, Dropout) and layer.scale == "test"]
        self._scale = float(np.prod([1 - drop for drop in drops]))  # of a constant on its way to the Dense

    def take(self, images: Bytes) -> None:
        """Go as far as nothing depends on what is switched off."""
        ((_, x),) = walk(self._model, images, [self._end], self._head)
        self._x = x.copy()
        if self._dense is not None:
            self._before = self._run(self._x, self._end + 1, self._dense, self._head).copy()
            self._sums = self._run(self._before, self._dense, self._dense + 1, self._head).copy()

    def outputs(self, unit: int, fill: float) -> Array:
        """The network's outputs without a unit (-1: with all)."""
        layers = len(self._model.network.layers)
        if self._dense is None:
            kept = self._x[..., unit].copy()
            if unit >= 0:
                self._x[..., unit] = fill
            found = self._run(self._x, self._end + 1, layers, self._tail).copy()
            self._x[..., unit] = kept
            return found
        sums = self._sums
        if unit >= 0:
            weight = self._model.network.params[self._dense]["weight"]
            part = self._before[:, unit :: self._width] - np.float32(fill * self._scale)
            sums = sums.copy()
            sums[:, : weight.shape[1]] -= part @ weight[unit :: self._width]
        return self._run(sums, self._dense + 1, layers, self._tail)

    def _run(self, x: Array, first: int, stop: int, through: Pass) -> Array:
        network = self._model.network
        for number in range(first, stop):
            x, _ = network.layers[number].forward(network.params[number], x, through.modes[number])
        return x


def _next_dense(model: Model, end: int) -> int | None:
    """The Dense to which a unit's answer comes unmixed; None where something else comes first."""
    for number in range(end + 1, len(model.network.layers)):
        layer = model.network.layers[number]
        if isinstance(layer, Dense):
            return number
        if not isinstance(layer, MaxPool | AvgPool | Flatten | Dropout):
            return None
    return None


def _units(model: Model, number: int) -> int:
    """Units that can be switched off: that of a Dense which is always 1 cannot."""
    layer = model.network.layers[number]
    return layer.units if isinstance(layer, Dense) else model.network.shapes[number + 1][-1]


def _check(model: Model, number: int, units: Sequence[int]) -> None:
    layers = model.network.layers
    if not 0 <= number < len(layers) or not isinstance(layers[number], Conv | Dense):
        raise ValueError(f"only units of Conv and Dense layers can be switched off; layer {number + 1} is none.")
    beyond = [unit for unit in units if not 0 <= unit < _units(model, number)]
    if beyond:
        raise ValueError(f"layer {number + 1} has units 0 to {_units(model, number) - 1}; got {beyond[0]}.")


def _fills(model: Model, number: int, fill: str, means: Mapping[int, Array] | None) -> Array:
    """What each unit's answer is put to, (units,)."""
    if fill not in FILLS:
        raise ValueError(f"fill must be one of {', '.join(FILLS)}; got {fill!r}.")
    if fill == "mean":
        if means is None or number not in means:
            raise ValueError(f'fill="mean" needs the mean answers of layer {number + 1}; see mean_answers.')
        return means[number]
    return np.zeros(model.network.shapes[activated(model, number) + 1][-1], np.float32)


def _scores(model: Model, outputs: Array, labels: Bytes) -> tuple[npt.NDArray[np.bool_], float]:
    """Which images are read correctly, and the sum of -log p of the right class."""
    outputs = np.nan_to_num(outputs)
    loss = model.config.loss
    hits = outputs.argmax(axis=1) == labels
    if isinstance(loss, CrossEntropy):  # from the outputs themselves: p of a confident mistake would be 0
        shifted = (outputs - outputs.max(axis=1, keepdims=True)).astype(np.float64)
        own = shifted[np.arange(len(labels)), labels]
        return hits, float(np.sum(np.log(np.exp(shifted).sum(axis=1)) - own))
    own = loss.probabilities(outputs)[np.arange(len(labels)), labels].astype(np.float64)
    return hits, float(-np.log(np.maximum(own, 1e-7)).sum())
