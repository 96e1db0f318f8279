"""Predictions and figures for many images, on all threads of a crew."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Buffers, Bytes
from engine.checkpoint import run_network
from engine.datasets.base import Scaling
from engine.losses import Loss
from engine.metrics import accuracy
from engine.network import Network, Pass
from engine.parallel import Crew, shares


@dataclass(frozen=True)
class Figures:
    """How well a network does on a set of images."""

    loss: float
    accuracy: float
    count: int


class Evaluator:
    """Runs a network over images without training it."""

    def __init__(self, network: Network, scaling: Scaling, crew: Crew) -> None:
        self._network = network
        self._scaling = scaling
        self._crew = crew
        self._passes = [Pass(network, None) for _ in range(crew.count)]

    def outputs(self, images: Bytes) -> Array:
        """Outputs (n, classes) for uint8 images (n, height, width)."""
        pieces = shares(len(images), self._crew.count)

        def work(index: int) -> Array:
            return run_network(self._network, images[pieces[index]], self._scaling, self._passes[index])

        return np.concatenate(self._crew.run(work))

    def figures(self, images: Bytes, labels: Bytes, loss: Loss) -> Figures:
        """Mean loss and accuracy. With no images at all both are 0."""
        if not len(images):
            return Figures(0.0, 0.0, 0)
        return figures_of(self.outputs(images), labels, loss)


def figures_of(outputs: Array, labels: Bytes, loss: Loss) -> Figures:
    """Mean loss and accuracy of outputs that are known already."""
    value, _ = loss.value_and_gradient(outputs, labels, len(outputs), Buffers(outputs.dtype))
    return Figures(value, accuracy(outputs, labels), len(outputs))
