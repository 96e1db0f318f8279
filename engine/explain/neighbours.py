"""The training images that a network finds most like a given one.

Two images are alike for a network if its last hidden layer, from which its last weights read the answer, gives out
nearly the same for both. If the nearest examples have another label than the answer, the answer stands on thin ice.
(Papernot and McDaniel 2018, "Deep k-nearest neighbors")
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.checkpoint import CHUNK, Model
from engine.config import TrainingConfig
from engine.datasets import load
from engine.datasets.base import split
from engine.datasets.mixing import drawings_file
from engine.datasets.personal import read_hand
from engine.explain.probe import as_pixels
from engine.network import Pass

MOST_IMAGES = 12_000
MOST_BYTES = 96_000_000  # of features; a layer with more numbers than usual has fewer images
CANDIDATES = 4  # times as many as asked for are compared exactly


@dataclass(frozen=True)
class Neighbour:
    """A training image, and how far its features lie from those of the image that was asked about."""

    image: Bytes  # (height, width)
    label: int
    distance: float
    own: bool  # one of the person's drawings, with which the run was trained


class TrainingFeatures:
    """The last hidden layer's outputs for images that the network was trained on."""

    def __init__(self, model: Model, images: Bytes, labels: Bytes, own: npt.NDArray[np.bool_] | None = None) -> None:
        """own: which of the images are a person's own drawings."""
        self.model, self._last = model, last_weights(model)
        width = int(np.prod(model.network.shapes[self._last]))
        most = max(10, min(MOST_IMAGES, MOST_BYTES // (4 * width)))
        own = np.zeros(len(images), np.bool_) if own is None else own
        mine, others = np.flatnonzero(own)[:most], np.flatnonzero(~own)
        room = min(most - len(mine), len(others))
        chosen = np.concatenate([mine, others[np.linspace(0, max(len(others) - 1, 0), room).astype(np.intp)]])
        self.images, self.labels, self.own = images[chosen], labels[chosen], own[chosen]
        self.features = np.empty((len(chosen), width), np.float32)
        through = Pass(model.network, None)
        for start in range(0, len(chosen), CHUNK):
            piece = slice(start, start + CHUNK)
            self.features[piece] = self._hidden(self.images[piece], through)
        with np.errstate(all="ignore"):
            self._squares = np.einsum("nf,nf->n", self.features, self.features)

    @classmethod
    def of(cls, model: Model) -> "TrainingFeatures":
        """For images of the model's own run. Raises DataError if its data is no longer there."""
        return cls(model, *training_sample(model.config, model.checkpoint.image_shape[0]))

    def nearest(self, image: Bytes, count: int = 8) -> list[Neighbour]:
        """The `count` nearest training images to a prepared one, uint8 (height, width), nearest first."""
        as_pixels(self.model, image)  # for its check of the shape
        asked = self._hidden(image[np.newaxis], Pass(self.model.network, None))[0]
        # |f - q|^2 = |f|^2 - 2 f q + |q|^2 is quick for all, and exact enough to choose those that are compared
        with np.errstate(all="ignore"):
            rough = np.nan_to_num(self._squares - 2 * (self.features @ asked))
        several = min(CANDIDATES * count, len(rough))
        likely = np.argpartition(rough, several - 1)[:several]
        distances = np.linalg.norm(self.features[likely].astype(np.float64) - asked, axis=1)
        order = np.argsort(distances, kind="stable")[:count]
        return [
            Neighbour(self.images[place], int(self.labels[place]), float(distance), bool(self.own[place]))
            for place, distance in zip(likely[order], distances[order], strict=True)
        ]

    def _hidden(self, images: Bytes, through: Pass) -> Array:
        """(n, features): what the last layer with weights reads."""
        network = self.model.network
        x = self.model.checkpoint.scaling.apply(images, np.empty((*images.shape, 1), np.float32))
        with np.errstate(all="ignore"):
            for number in range(self._last):
                x, _ = network.layers[number].forward(network.params[number], x, through.modes[number])
            return np.nan_to_num(x.reshape(len(x), -1))


def last_weights(model: Model) -> int:
    """The number of the last layer with weights."""
    return max(slot.layer for slot in model.network.slots if slot.details.fan_in)


def training_sample(config: TrainingConfig, image_size: int) -> tuple[Bytes, Bytes, npt.NDArray[np.bool_]]:
    """Some of the images that a run learned from, their labels, and which are a person's own. Raises DataError."""
    data = config.data
    images = min(data.train_images, MOST_IMAGES)  # fewer than the run has: the first of the same random order
    some = split(load(data.source), config.seed, images, data.validation_images)
    own = np.zeros(len(some.train_images), np.bool_)
    if not data.personal:
        return some.train_images, some.train_labels, own
    hand = read_hand(drawings_file(data.personal)[0]).learned
    return (
        np.concatenate([hand.images_for(image_size), some.train_images]),
        np.concatenate([hand.labels, some.train_labels]),
        np.concatenate([np.ones(len(hand), np.bool_), own]),
    )
