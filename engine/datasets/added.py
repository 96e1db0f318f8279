"""Images that are made from training images once, before training, and added to them.

Unlike augmentation, which changes each image anew every time it is seen, this makes the training set larger, once.
"""

from dataclasses import replace

import numpy as np

from engine.augment import Augmentation, augment
from engine.datasets.base import Split
from engine.streams import stream


def add_images(data: Split, count: int, changes: tuple[Augmentation, ...], seed: int) -> Split:
    """The split with `count` changed copies of its training images at the end: each image in turn, in random order."""
    images = len(data.train_images)
    chosen = np.resize(stream(seed, "added images").permutation(images), count)
    made = augment(data.train_images[chosen], changes, stream(seed, "added changes"))
    return replace(
        data,
        train_images=np.concatenate([data.train_images, made]),
        train_labels=np.concatenate([data.train_labels, data.train_labels[chosen]]),
    )
