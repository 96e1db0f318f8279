"""Randomness as a function of (seed, purpose, counters): a checkpoint needs no generator state.

Whoever needs random numbers at step 417 asks for `stream(seed, "augment", 417)` and gets the same ones in any
process, at any time, whatever else was drawn before.
"""

import zlib

import numpy as np


def stream(seed: int, purpose: str, *counters: int) -> np.random.Generator:
    """A fresh generator that depends on its arguments alone.

    SFC64 fills float32 arrays fastest among NumPy's bit generators; SeedSequence keeps neighbouring counters
    independent of each other (O'Neill 2015, as in NumPy's own documentation).
    """
    words = [seed, zlib.crc32(purpose.encode()), *counters]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words)))


class StepRandomness:
    """The generator of one step, made when the first layer asks for it: most networks never do."""

    __slots__ = ("_counters", "_generator", "_purpose", "_seed")

    def __init__(self, seed: int, purpose: str) -> None:
        self._seed = seed
        self._purpose = purpose
        self._counters: tuple[int, ...] = ()
        self._generator: np.random.Generator | None = None

    def restart(self, *counters: int) -> None:
        """Begin a new step; the counters are the step and the part of the batch."""
        self._counters = counters
        self._generator = None

    @property
    def generator(self) -> np.random.Generator:
        """The step's generator; all layers draw from it one after the other."""
        if self._generator is None:
            self._generator = stream(self._seed, self._purpose, *self._counters)
        return self._generator
