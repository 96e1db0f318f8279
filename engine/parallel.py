"""A batch shared by threads: each runs its part of the images through the same weights.

NumPy lets go of the interpreter lock inside matrix products and large operations, so two threads with half a
batch each keep two cores busy, where BLAS's own threads would wait for each other between every two products.
"""

import itertools
import queue
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.arrays import Array


class Meeting:
    """Where the threads of one batch add up what they have, in the order of their parts.

    Two sets of slots take turns: whoever is ahead writes into the other set, and cannot come back to this one
    before all have read it.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.sizes = [0] * count
        self._barrier = threading.Barrier(count)
        self._slots: list[list[Any]] = [[None] * count, [None] * count]

    def total(self, index: int, turn: int, partial: Array) -> Array:
        """Sum of what the parts bring to this turn. All of them must come."""
        slots = self._slots[turn % 2]
        slots[index] = partial
        self._barrier.wait()
        total: Array = slots[0] + slots[1]
        for other in slots[2:]:
            total = total + other
        return total

    def abort(self) -> None:
        """Free whoever waits: a part has failed. They get BrokenBarrierError."""
        self._barrier.abort()

    def reset(self) -> None:
        """Make the meeting usable again after `abort`."""
        self._barrier.reset()


class Part:
    """One thread's share of each batch; layers know it as `mode.part` (see layers.base.Alone)."""

    def __init__(self, meeting: Meeting, index: int) -> None:
        self.index = index
        self.count = meeting.count
        self._meeting = meeting
        self._turn = 0

    def total(self, partial: Array) -> Array:
        """Sum of `partial` over all parts; a new array."""
        self._turn += 1
        return self._meeting.total(self.index, self._turn, partial)

    def whole(self, rows: int) -> int:
        """Number of rows in the whole batch, of which this part has `rows`."""
        sizes = self._meeting.sizes
        return rows // sizes[self.index] * sum(sizes)


class Crew:
    """Threads that wait for work. `run(work)` calls work(0) ... work(count - 1) at once and returns all results."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.meeting = Meeting(count)
        self.parts = [Part(self.meeting, index) for index in range(count)]
        self._inboxes: list[queue.SimpleQueue[Callable[[int], Any] | None]] = []
        self._outbox: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()
        for index in range(1, count):
            inbox: queue.SimpleQueue[Callable[[int], Any] | None] = queue.SimpleQueue()
            self._inboxes.append(inbox)
            threading.Thread(target=self._serve, args=(index, inbox), daemon=True).start()

    def _serve(self, index: int, inbox: "queue.SimpleQueue[Callable[[int], Any] | None]") -> None:
        with np.errstate(all="ignore"):  # a diverging run is told by its loss, not by warnings
            while (work := inbox.get()) is not None:
                self._outbox.put((index, *self._attempt(work, index)))

    def _attempt(self, work: Callable[[int], Any], index: int) -> tuple[Any, BaseException | None]:
        try:
            return work(index), None
        except BaseException as error:
            self.meeting.abort()
            return None, error

    def run(self, work: Callable[[int], Any]) -> list[Any]:
        """Results in the order of the parts. The first failure that is not a mere consequence is raised."""
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
            self.meeting.reset()
            raise next((e for e in errors if not isinstance(e, threading.BrokenBarrierError)), errors[0])
        return results

    def close(self) -> None:
        """Let the threads end."""
        for inbox in self._inboxes:
            inbox.put(None)
        self._inboxes = []


def shares(count: int, parts: int) -> list[slice]:
    """Split `count` examples into `parts` runs of nearly equal length."""
    edges = [count * index // parts for index in range(parts + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(edges)]
