"""A crew of processes on Linux: forked, with shared memory, and meeting by watching counters.

A meeting takes a microsecond or two, because nobody sleeps: each hand counts its arrivals in shared memory and looks
at the others' counters until they have come as far. Who waits long gives up its turn on the processor, and after half
a millisecond sleeps between looks, longer and longer, so that a paused run costs next to nothing.

The orders of processor x86 let others see two writes in the order in which they were made, so a counter that has
moved means that what was written before is there. Other processors need more, and get threads (see __init__).
"""

import marshal
import mmap
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Shape
from engine.parallel.crew import Crew, Part, Work, add_up

MESSAGE_BYTES = 1 << 20  # of an order's arguments; settings as text are the longest
RESULT_BYTES = 1 << 14
# Of an array that is added up; the longest are batch normalization's sums, two for each feature, of which a
# flattened image has hundreds of thousands. The system gives pages only where something is written.
SLOT_BYTES = 1 << 24
LINE = 8  # counters lie a cache line apart, so that writing one does not slow down reading another
LOOKS = 200  # looks at a counter before the processor is offered to others
# Offers before sleeping between looks: half a millisecond. Parts that have their processors for themselves never wait
# so long. One that waits longer waits for a part whose processor a browser uses, and had better leave its own free.
OFFERS = 600
SHORTEST_NAP, LONGEST_NAP = 0.0002, 0.02  # seconds; each is twice as long as the one before


class ProcessCrew(Crew):
    """This process is part 0; the others are its children, and end when it does."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.parts = [Part(index, count, self._meet) for index in range(count)]
        self._works: list[Work] = []
        self._orders = self.empty((LINE,), np.int64)  # how many orders were given
        self._done = self.empty((count, LINE), np.int64)  # how many each part has carried out
        self._met = self.empty((count, LINE), np.int64)  # at how many meetings each part has arrived
        self._message = self.empty((MESSAGE_BYTES,), np.uint8)
        self._results = self.empty((count, RESULT_BYTES), np.uint8)
        self._slots = self.empty((2, count, SLOT_BYTES), np.uint8)
        self._given = 0
        self._children: list[int] = []
        self._parent = os.getpid()

    def empty(self, shape: Shape, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
        size = int(np.prod(shape))
        memory = mmap.mmap(-1, max(size * np.dtype(dtype).itemsize, 1))
        return np.frombuffer(memory, dtype, size).reshape(shape)

    def share(self, work: Work) -> Callable[..., list[tuple[float, ...]]]:
        number = len(self._works)
        self._works.append(work)
        return lambda *arguments: self._run(number, arguments)

    def start(self) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for index in range(1, self.count):
            child = os.fork()
            if child == 0:
                self._serve(index)
            self._children.append(child)

    def _run(self, number: int, arguments: tuple[Any, ...]) -> list[tuple[float, ...]]:
        if not self._children:
            raise RuntimeError("the crew was not started, or was closed")
        order = marshal.dumps((number, arguments))
        self._message[: len(order)] = np.frombuffer(order, np.uint8)
        self._given += 1
        self._orders[0] = self._given
        try:
            results = [self._works[number](0, *arguments)]
        except BaseException:
            self.close()  # the others may wait for what will not come
            raise
        for index in range(1, self.count):
            self._wait(self._done[index], self._given)
            told = marshal.loads(self._results[index].data)
            if isinstance(told, str):
                self.close()
                raise RuntimeError(f"part {index} of the crew failed:\n{told}")
            results.append(told)
        return results

    def _serve(self, index: int) -> None:
        """A child's whole life: wait for orders and carry them out, until the parent ends it or has gone."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the parent decides what it means
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        status = 1
        try:
            with np.errstate(all="ignore"):
                while True:
                    self._given += 1
                    self._wait(self._orders, self._given)
                    number, arguments = marshal.loads(self._message.data)
                    self._tell(index, self._works[number](index, *arguments))
        except _ParentGone:
            status = 0
        except BaseException:
            self._tell(index, traceback.format_exc()[-4000:])
        finally:
            os._exit(status)  # none of the parent's clean-up is ours to do

    def _tell(self, index: int, result: Any) -> None:
        told = marshal.dumps(result)
        self._results[index, : len(told)] = np.frombuffer(told, np.uint8)
        self._done[index, 0] = self._given

    def _meet(self, index: int, turn: int, partial: Array) -> Array:
        """As ThreadCrew's; the slots lie in shared memory."""
        if partial.nbytes > SLOT_BYTES:
            raise ValueError(
                f"an array of {partial.nbytes} bytes is too long to be added up; {SLOT_BYTES} are the most"
            )
        slots = self._slots[turn % 2, :, : partial.nbytes].view(partial.dtype).reshape(self.count, *partial.shape)
        slots[index] = partial
        self._met[index, 0] = turn
        for other in range(self.count):
            if other != index:
                self._wait(self._met[other], turn)
        return add_up(list(slots))

    def _wait(self, counter: npt.NDArray[np.int64], value: int) -> None:
        """Return when the counter has come to the value."""
        look = counter.data  # reading a memoryview is quicker than reading an array
        for _ in range(LOOKS):
            if look[0] >= value:
                return
        for _ in range(OFFERS):
            os.sched_yield()
            if look[0] >= value:
                return
        nap = SHORTEST_NAP
        while look[0] < value:
            self._check_others()
            time.sleep(nap)
            nap = min(2 * nap, LONGEST_NAP)

    def _check_others(self) -> None:
        """Raise if whoever is waited for has gone."""
        if os.getpid() != self._parent:
            if os.getppid() != self._parent:
                raise _ParentGone
            return
        for child in self._children:
            if os.waitpid(child, os.WNOHANG) != (0, 0):
                self._children.remove(child)
                failed = [told for told in map(self._told, range(1, self.count)) if isinstance(told, str)]
                self.close()
                raise RuntimeError(f"a part of the crew ended unexpectedly. {' '.join(failed)}")

    def _told(self, index: int) -> Any:
        try:
            return marshal.loads(self._results[index].data)
        except (ValueError, EOFError, TypeError):
            return None

    def close(self) -> None:
        for child in self._children:
            os.kill(child, signal.SIGKILL)  # it owns nothing that could be lost
            os.waitpid(child, 0)
        self._children = []

    def __del__(self) -> None:
        if os.getpid() == self._parent:
            self.close()


class _ParentGone(Exception):  # noqa: N818  (it is no error, but the end)
    """The process that forked this one has ended."""
