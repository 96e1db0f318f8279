"""The images that a network is judged by, and those that it has seen before."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes
from engine.checkpoint import Checkpoint
from engine.config import DataConfig
from engine.datasets import DataError, Split, changed_at, load_split

MOST = 10_000  # images of a set that are looked at
SETS = ("validation", "test", "train")


@dataclass(frozen=True, eq=False)
class Held:
    """Images (n, height, width) uint8 and their labels (n,), which the network's weights were not made from.

    total: how many the set has; of more than MOST, the first are here (validation images lie in random order).
    changed: what is to be said where the data is no longer what the network was trained on, "" otherwise.
    """

    which: str
    source: str
    images: Bytes
    labels: Bytes
    classes: int
    total: int
    changed: str = ""


def held_images(checkpoint: Checkpoint, which: str = "validation", source: str = "", most: int | None = MOST) -> Held:
    """The images of one of SETS, as the run that made this checkpoint split its data.

    source: other data than it was trained on. most: the most images; None: all. Raises DataError where the data is
    gone, does not fit the network, or has no such images.
    """
    if which not in SETS:
        raise DataError(f"images must be one of {', '.join(SETS)}; got {which!r}.")
    config = replace(checkpoint.config.data, source=source or checkpoint.config.data.source)
    seed = checkpoint.config.seed
    data = held_split(config, seed) if which != "train" else load_split(_without_additions(config), seed)
    images: Bytes = getattr(data, f"{which}_images")
    labels: Bytes = getattr(data, f"{which}_labels")
    height, width, _ = checkpoint.image_shape
    if images.shape[1:] != (height, width):
        raise DataError(
            f"{data.name} has images of {images.shape[1]}x{images.shape[2]}; this network reads {height}x{width}."
        )
    if not len(labels) or labels.max() >= checkpoint.classes:
        raise DataError(f"{data.name} has no {which} images with labels from 0 to {checkpoint.classes - 1}.")
    changed = ""
    if not source and checkpoint.data and data.digest and checkpoint.data != data.digest:
        changed = (
            f"The data {data.name} has changed since this network was trained on it, so it may have learned from some "
            "of these images."
        )
    total = len(labels)
    return Held(which, config.source, images[:most], labels[:most], data.classes, total, changed)


def held_split(config: DataConfig, seed: int) -> Split:
    """What a run with this config holds back, with no training images; kept until the data changes. Raises DataError.

    What is added to the training images, from files that may be gone, is of no concern.
    """
    plain = replace(_without_additions(config), label_noise=0.0, leaked_images=0, scaling="unit")
    return _held_split(plain, seed, changed_at(config.source))


@lru_cache(maxsize=3)
def _held_split(config: DataConfig, seed: int, version: int) -> Split:
    """Without a copy of the training images, which is much larger than all the rest."""
    found = load_split(config, seed)
    return replace(found, train_images=found.train_images[:0], train_labels=found.train_labels[:0])


def _without_additions(config: DataConfig) -> DataConfig:
    return replace(config, added_images=0, added_by=(), personal="")


def unseen(checkpoint: Checkpoint, images: Bytes) -> npt.NDArray[np.bool_]:
    """Which of the images (n, height, width) this network did not learn from, pixel by pixel the same (n,).

    Two runs with other seeds hold other images back: what one was validated on, the other has learned. A fair
    comparison needs images that are new to both. Raises DataError where the network's data is gone.
    """
    config = replace(_without_additions(checkpoint.config.data), scaling="unit")
    learned = load_split(config, checkpoint.config.seed).train_images
    if learned.shape[1:] != images.shape[1:]:
        return np.ones(len(images), np.bool_)
    known = {each.tobytes() for each in images}
    known &= {each.tobytes() for each in learned}
    return np.array([each.tobytes() not in known for each in images], np.bool_)
