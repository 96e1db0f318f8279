"""Array types, and buffers that are used again from step to step.

A fresh large array costs page faults each time (several times the arithmetic done on it), so layers ask for
their results' memory by name and get the same memory at the next step.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]  # float32; float64 in the gradient check only
Bytes = npt.NDArray[np.uint8]
Shape = tuple[int, ...]  # of one example, without the batch axis


class Buffers:
    """Memory by name. `buffers("y", (64, 100))` has undefined contents, and the same memory at each call.

    A smaller last batch of an epoch gets a view of the front of the same memory.
    """

    __slots__ = ("_arrays", "_dtype", "_memory")

    def __init__(self, dtype: npt.DTypeLike = np.float32) -> None:
        self._dtype = np.dtype(dtype)
        self._memory: dict[str, npt.NDArray[Any]] = {}
        self._arrays: dict[tuple[str, Shape], npt.NDArray[Any]] = {}

    def __call__(self, name: str, shape: Shape, dtype: npt.DTypeLike | None = None) -> npt.NDArray[Any]:
        array = self._arrays.get((name, shape))
        return self._lay_out(name, shape, dtype) if array is None else array

    def _lay_out(self, name: str, shape: Shape, dtype: npt.DTypeLike | None) -> npt.NDArray[Any]:
        size = math.prod(shape)
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = np.empty(size, self._dtype if dtype is None else dtype)
            self._arrays = {key: view for key, view in self._arrays.items() if key[0] != name}
        array = self._arrays[name, shape] = memory[:size].reshape(shape)
        return array

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(memory.nbytes for memory in self._memory.values())
