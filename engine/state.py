"""The arrays that training changes: the network's, the optimizer's, and the running mean of the weights."""

from typing import Any

import numpy as np

from engine.arrays import Array
from engine.averaging import WeightAverage
from engine.checkpoint import Checkpoint, copy_named
from engine.network import Network


class State:
    """Copies of them go into checkpoints, and come back from there."""

    def __init__(self, network: Network, slots: dict[str, Array], average: WeightAverage) -> None:
        self._network, self._slots, self.average = network, slots, average
        self.slots_began = 0  # steps that were made before the slots began, at 0

    def copies(self, slots: bool = True) -> dict[str, Any]:
        """Copies by name, as Checkpoint's fields; those of the optimizer only if `slots`."""
        network = self._network
        return {
            "params": network.named(network.vector.copy()),
            "tracked": {name: array.copy() for name, array in network.tracked.items()},
            "slots": {name: network.named(slot.copy()) for name, slot in self._slots.items()} if slots else {},
            "slots_began": self.slots_began,
            "average": {name: array.copy() for name, array in self.average.named().items()},
        }

    def restore(self, saved: Checkpoint, slots: bool = True) -> None:
        """Take over what a checkpoint of this run holds. Raises CheckpointError if anything is missing."""
        take_weights(self._network, saved.params, saved.tracked)
        copy_named(saved.average, self.average.named())
        for name, slot in self._slots.items() if slots else ():
            copy_named(saved.slots.get(name, {}), self._network.named(slot))
            self.slots_began = saved.slots_began

    def discard_overflow(self) -> None:
        """Put 0 for what overflowed in the last update, so that a file with it can be read."""
        for array in (self._network.vector, *self._network.tracked.values(), *self.average.named().values()):
            array[~np.isfinite(array)] = 0

    @property
    def nbytes(self) -> int:
        """Bytes that a checkpoint's arrays take, about."""
        return self._network.vector.nbytes * (1 + len(self._slots) + bool(self.average.named()))


def take_weights(network: Network, params: dict[str, Array], tracked: dict[str, Array]) -> None:
    """Put weights and tracked arrays of another network of this shape in place. Raises CheckpointError if it is not."""
    copy_named(params, network.named(network.vector))
    copy_named(tracked, network.tracked)
