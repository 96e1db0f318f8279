"""What a crew is, and the one made of threads."""

import itertools
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Shape

# work(part, *arguments) -> numbers. The arguments are plain: numbers, text, bytes.
Work = Callable[..., tuple[float, ...]]


class Part:
    """One hand's share of each batch; layers know it as `mode.part` (see layers.base.Alone)."""

    def __init__(self, index: int, count: int, meet: Callable[[int, int, Array], Array]) -> None:
        self.index = index
        self.count = count
        self.sizes = [1] * count  # of all parts of the batch, in examples; set before each
        self._meet = meet
        self._turn = 0

    def total(self, partial: Array) -> Array:
        """Sum of `partial` over all parts; a new array."""
        if self.count == 1:
            return partial
        self._turn += 1
        return self._meet(self.index, self._turn, partial)

    def whole(self, rows: int) -> int:
        """Number of rows in the whole batch, of which this part has `rows`."""
        return rows // self.sizes[self.index] * sum(self.sizes)


class Crew(ABC):
    """Hands that run the same function at once, each for its own part.

    First `share` all functions and take `empty` memory for what all hands must see, then `start`.
    """

    count: int
    parts: list[Part]

    @abstractmethod
    def empty(self, shape: Shape, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        """Memory of zeros that all hands see."""

    @abstractmethod
    def share(self, work: Work) -> Callable[..., list[tuple[float, ...]]]:
        """A function that runs work(0, *arguments) ... work(count - 1, *arguments) at once and returns all results."""

    @abstractmethod
    def start(self) -> None:
        """Begin: from here on, only what lies in shared memory is the same for all hands."""

    @abstractmethod
    def close(self) -> None:
        """Let the hands go."""


class ThreadCrew(Crew):
    """Threads of this process. With a count of 1, whoever calls does the work."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.parts = [Part(index, count, self._meet) for index in range(count)]
        self._barrier = threading.Barrier(count)
        self._slots: list[list[Any]] = [[None] * count, [None] * count]
        self._inboxes: list[queue.SimpleQueue[Callable[[int], Any] | None]] = []
        self._outbox: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()

    def empty(self, shape: Shape, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        return np.zeros(shape, dtype)

    def share(self, work: Work) -> Callable[..., list[tuple[float, ...]]]:
        if self.count == 1:
            return lambda *arguments: [work(0, *arguments)]
        return lambda *arguments: self._run(lambda index: work(index, *arguments))

    def start(self) -> None:
        for index in range(1, self.count):
            inbox: queue.SimpleQueue[Callable[[int], Any] | None] = queue.SimpleQueue()
            self._inboxes.append(inbox)
            threading.Thread(target=self._serve, args=(index, inbox), daemon=True).start()

    def _meet(self, index: int, turn: int, partial: Array) -> Array:
        """Two sets of slots take turns: whoever is ahead writes into the other set, and cannot come back to this
        one before all have read it. The sum is in the order of the parts, so it has the same bits for all."""
        slots = self._slots[turn % 2]
        slots[index] = partial
        self._barrier.wait()
        return add_up(slots)

    def _serve(self, index: int, inbox: "queue.SimpleQueue[Callable[[int], Any] | None]") -> None:
        with np.errstate(all="ignore"):  # a diverging run is told by its loss, not by warnings
            while (work := inbox.get()) is not None:
                self._outbox.put((index, *self._attempt(work, index)))

    def _attempt(self, work: Callable[[int], Any], index: int) -> tuple[Any, BaseException | None]:
        try:
            return work(index), None
        except BaseException as error:
            self._barrier.abort()  # free whoever waits for this part
            return None, error

    def _run(self, work: Callable[[int], Any]) -> list[Any]:
        for inbox in self._inboxes:
            inbox.put(work)
        results: list[Any] = [None] * self.count
        errors: list[BaseException] = []
        results[0], error = self._attempt(work, 0)
        if error is not None:
            errors.append(error)
        for _ in self._inboxes:
            index, results[index], error = self._outbox.get()
            if error is not None:
                errors.append(error)
        if errors:
            self._barrier.reset()
            raise next((e for e in errors if not isinstance(e, threading.BrokenBarrierError)), errors[0])
        return results

    def close(self) -> None:
        for inbox in self._inboxes:
            inbox.put(None)
        self._inboxes = []


def add_up(slots: list[Any]) -> Array:
    """The sum of the parts' arrays, in their order; a new array."""
    total: Array = slots[0] + slots[1]
    for other in slots[2:]:
        total = total + other
    return total


def shares(count: int, parts: int) -> list[slice]:
    """Split `count` examples into `parts` runs of nearly equal length."""
    edges = [count * index // parts for index in range(parts + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]
