"""What a network says of many images, a few at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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


def predict(model: Model, images: Bytes, tell: Tell = nobody, hands: int = 1) -> Array:
    """Probabilities float32 (n, classes) for uint8 images (n, height, width). Errors as of `Model.predict`.

    hands: threads that share the batches. Each batch is read by one of them, so the answers have the same bits.
    """
    shares = np.zeros((len(images), model.classes), np.float32)
    batches: Iterator[int] = iter(range(0, len(images), BATCH))
    taking = threading.Lock()

    def take() -> int | None:
        with taking:
            return next(batches, None)

    def read(told: Tell) -> None:
        through = model.network.new_pass()  # fresh memory for each batch would take as long as its arithmetic
        while (start := take()) is not None:
            told(start / len(images))
            shares[start : start + BATCH] = model.predict(images[start : start + BATCH], through)

    with ThreadPoolExecutor(max(hands - 1, 1)) as others:  # it waits for them
        helping = [others.submit(read, nobody) for _ in range(hands - 1)]
        try:
            read(tell)
        finally:
            with taking:
                batches = iter(())  # where `tell` ended the work, the others end too
    for each in helping:
        each.result()
    return shares
