"""Array types, and buffers that are used again from step to step.

A fresh large array costs page faults each time (several times the arithmetic done on it), so layers ask for
their results' memory by name and get the same memory at the next step.
"""

import math
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]  # float32; float64 in the gradient check only
Bytes = npt.NDArray[np.uint8]
Shape = tuple[int, ...]  # of one example, without the batch axis


@cache
def ones(count: int, dtype: np.dtype[Any]) -> Array:
    """A vector of ones: `ones @ dy` sums over the batch several times faster than dy.sum(axis=0)."""
    vector: Array = np.ones(count, dtype)
    vector.flags.writeable = False
    return vector


class Buffers(dict[tuple[Any, ...], npt.NDArray[Any]]):
    """Memory by name: `buffers["y", (64, 100)]` has undefined contents, and is the same memory at each step.

    A third item names another type: `buffers["mask", (64, 100), bool]`. A smaller last batch of an epoch gets a
    view of the front of the same memory. A dictionary that fills itself: the usual case is one lookup.
    """

    def __init__(self, dtype: npt.DTypeLike = np.float32) -> None:
        super().__init__()
        self._dtype = np.dtype(dtype)
        self._memory: dict[str, npt.NDArray[Any]] = {}

    def __missing__(self, key: tuple[Any, ...]) -> npt.NDArray[Any]:
        name, shape = key[:2]
        size = math.prod(shape)
        memory = self._memory.get(name)
        if memory is None or memory.size < size:
            memory = self._memory[name] = np.empty(size, key[2] if len(key) > 2 else self._dtype)
            for other in [other for other in self if other[0] == name]:
                del self[other]  # views of memory that was too small
        array = self[key] = memory[:size].reshape(shape)
        return array

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return sum(memory.nbytes for memory in self._memory.values())
