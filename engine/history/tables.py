"""Columns of numbers that grow at the end, as a run tells them."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.float64]


class Table:
    """Named float64 columns of equal length. Adding a row costs the same at any length, on average.

    table["loss"] is a read-only view of what is there now: no copy, and valid until rows are taken off again.
    """

    def __init__(self, *names: str) -> None:
        self.names = names
        self._length = 0
        self._memory = np.empty((len(names), 64))

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> Column:
        view = self._memory[self.names.index(name), : self._length]
        view.flags.writeable = False
        return view

    def extend(self, columns: Mapping[str, npt.ArrayLike]) -> None:
        """Add rows. Every column must be given; scalars and arrays of one length."""
        block = np.array(np.broadcast_arrays(*[np.atleast_1d(columns[name]) for name in self.names]), np.float64)
        needed = self._length + block.shape[1]
        if needed > self._memory.shape[1]:
            larger = np.empty((len(self.names), max(needed, 2 * self._memory.shape[1])))
            larger[:, : self._length] = self._memory[:, : self._length]
            self._memory = larger
        self._memory[:, self._length : needed] = block
        self._length = needed

    def keep(self, length: int) -> None:
        """Take rows off the end until `length` are left."""
        self._length = min(self._length, max(length, 0))
