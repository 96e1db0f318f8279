"""Mistakes that people make with data, to be made on purpose: what they do to the curves is worth knowing."""

from dataclasses import replace

import numpy as np

from engine.datasets.base import Scaling, Split
from engine.streams import stream

AS_THEY_ARE = Scaling(0.0, 1 / 255)  # the network's input is the pixel itself, 0 to 255


def leak_test_images(parts: Split, count: int, seed: int) -> Split:
    """Put up to `count` test images, with their labels, in the place of training images; which, says the seed.

    There are as many training images as before. What is measured on the test images afterwards is no test.
    """
    count = min(count, len(parts.train_images), len(parts.test_images))
    rng = stream(seed, "leak")
    places = rng.permutation(len(parts.train_images))[:count]
    leaked = rng.permutation(len(parts.test_images))[:count]
    images, labels = parts.train_images.copy(), parts.train_labels.copy()
    images[places], labels[places] = parts.test_images[leaked], parts.test_labels[leaked]
    return replace(parts, train_images=np.ascontiguousarray(images), train_labels=labels)
