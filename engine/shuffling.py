"""The order in which training images are used: every epoch has one of its own, which the seed decides."""

import numpy as np
import numpy.typing as npt

from engine.checkpoint import Position
from engine.streams import stream


class Shuffled:
    """Positions 0 ... count - 1 in each epoch's order."""

    def __init__(self, seed: int, count: int) -> None:
        self._seed, self._count = seed, count
        self._epoch = -1
        self._order: npt.NDArray[np.intp] = np.empty(0, np.intp)

    def between(self, position: Position, after: Position) -> npt.NDArray[np.intp]:
        """The images of the batch that leads from one position to the next, in the same epoch."""
        if self._epoch != position.epoch:
            self._order = stream(self._seed, "shuffle", position.epoch).permutation(self._count)
            self._epoch = position.epoch
        return self._order[position.offset : after.offset]
