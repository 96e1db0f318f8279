"""Figures for many images, found by all hands of a crew."""

from dataclasses import dataclass

from engine.arrays import Array, Buffers, Bytes
from engine.checkpoint import run_network
from engine.datasets.base import Split
from engine.losses import Loss
from engine.metrics import accuracy
from engine.network import Network, Pass
from engine.parallel import Crew, shares
from engine.probing import UnitWatch


@dataclass(frozen=True)
class Figures:
    """How well a network does on a set of images."""

    loss: float
    accuracy: float
    count: int


class Evaluator:
    """Runs a network over a run's images without training it, all hands at once."""

    def __init__(self, network: Network, data: Split, crew: Crew) -> None:
        """The crew's functions are shared here; it is started by whoever made it."""
        self._network, self._data, self._crew = network, data, crew
        self._passes = [Pass(network, None) for _ in range(crew.count)]
        most = max(len(data.validation_images), len(data.test_images))
        self._outputs: Array = crew.empty((most, *network.output_shape), network.dtype)
        self._units = UnitWatch(network, crew)
        self._run_together = crew.share(self._run_part)

    def _run_part(self, index: int, images_name: str, count: int) -> tuple[float, ...]:
        images: Bytes = getattr(self._data, images_name)
        piece = shares(count, self._crew.count)[index]
        through = self._passes[index]
        self._units.restart(index)
        self._outputs[piece] = run_network(
            self._network, images[piece], self._data.scaling, through, lambda: self._units.take(index, through.caches)
        )
        return ()

    def validation(self, loss: Loss, count: int | None = None) -> Figures:
        """Figures for the first `count` validation images, or for all."""
        labels = self._data.validation_labels[:count]
        return self._figures("validation_images", labels, loss)

    def test(self, loss: Loss) -> Figures:
        """Figures for the test images."""
        return self._figures("test_images", self._data.test_labels, loss)

    def dead(self) -> tuple[dict[str, float], float]:
        """Share of the units that were dead in the last look, by the layer's name, and of all (see UnitWatch)."""
        return self._units.dead()

    def _figures(self, images_name: str, labels: Bytes, loss: Loss) -> Figures:
        """Mean loss and accuracy. With no images at all both are 0."""
        if not len(labels):
            return Figures(0.0, 0.0, 0)
        self._run_together(images_name, len(labels))
        return figures_of(self._outputs[: len(labels)], labels, loss)


def figures_of(outputs: Array, labels: Bytes, loss: Loss) -> Figures:
    """Mean loss and accuracy of outputs that are known already."""
    value, _ = loss.value_and_gradient(outputs, labels, len(outputs), Buffers(outputs.dtype))
    return Figures(value, accuracy(outputs, labels), len(outputs))
