"""A running mean of the weights, which is often better than the weights themselves (Polyak and Juditsky 1992)."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from engine.arrays import Array
from engine.network import Network


class WeightAverage:
    """mean <- k mean + (1 - k) weights after each step; with k = 0 there is no mean and all of this does nothing.

    Early on, k is (step + 1) / (step + 10), so that the mean forgets the random start.
    """

    def __init__(self, network: Network, kept: float) -> None:
        self._network = network
        self._kept = kept
        self._mean = network.vector.copy() if kept else None

    def follow(self, step: int) -> None:
        """Take in the weights after the update that made `step` (from 0)."""
        if self._mean is not None:
            kept = min(self._kept, (step + 1) / (step + 10))
            self._mean *= kept
            self._mean += self._network.vector * np.float32(1 - kept)

    def named(self) -> dict[str, Array]:
        """Views of the mean by the parameters' names; empty where there is none."""
        return {} if self._mean is None else self._network.named(self._mean)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While entered, the network's weights are the mean."""
        if self._mean is None:
            yield
            return
        weights = self._network.vector.copy()
        self._network.vector[...] = self._mean
        try:
            yield
        finally:
            self._network.vector[...] = weights
