"""What a network says of many images, a few at a time."""

from typing import Protocol

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Model

BATCH = 100  # images at once: the network's answers to them fit into a core's cache, and others get their turn


class Tell(Protocol):
    """Says which share of the work is done. What it raises ends the work."""

    def __call__(self, share: float) -> None:
        """Called a few times a second."""


def nobody(share: float) -> None:
    """For work whose progress nobody looks at."""


def predict(model: Model, images: Bytes, tell: Tell = nobody) -> Array:
    """Probabilities float32 (n, classes) for uint8 images (n, height, width). Errors as of `Model.predict`."""
    if not len(images):
        return np.zeros((0, model.classes), np.float32)
    pieces, through = [], model.network.new_pass()  # fresh memory for each batch would take as long as its arithmetic
    for start in range(0, len(images), BATCH):
        tell(start / len(images))
        pieces.append(model.predict(images[start : start + BATCH], through))
    return np.concatenate(pieces)
