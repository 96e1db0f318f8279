"""Work that takes longer than a page may wait. No streamlit.

Threads do it, one job each. A page asks for a result again and again while it shows the progress; a job that nobody
asks for any more gives up. What was found is remembered, so the key must name all that it depends on: of a file, its
path, time of change and inode.
"""

import contextlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")

Tell = Callable[[float], None]  # says which share is done; raises GivenUp when the result is no longer wanted

PATIENCE = 10.0  # seconds without a question after which a job gives up
KINDNESS = 10  # how far a job steps back behind training, where threads can (Linux)


class GivenUp(Exception):  # noqa: N818 (it is no error)
    """Nobody waits for this job any more."""


@dataclass(frozen=True)
class Progress(Generic[T]):
    """How far a job is. result: what was found; problem: why nothing was, in words for people."""

    share: float = 0.0
    result: T | None = None
    problem: str = ""

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.result is not None or bool(self.problem)


class _Job:
    def __init__(self, work: Callable[[Tell], Any]) -> None:
        self.progress: Progress[Any] = Progress()
        self.ended = threading.Event()
        self.asked = time.monotonic()
        self._work = work

    def run(self) -> None:
        with contextlib.suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), KINDNESS)
        try:
            self.tell(0.0)
            self.progress = Progress(1.0, self._work(self.tell))
        except GivenUp:
            self.progress = Progress(problem="given up")
        except (OSError, ValueError) as error:  # all of the engine's own errors are ValueErrors
            self.progress = Progress(problem=str(error))
        except MemoryError:
            self.progress = Progress(problem="there is not enough memory for this.")
        finally:
            self.ended.set()

    def tell(self, share: float) -> None:
        if time.monotonic() - self.asked > PATIENCE:
            raise GivenUp
        self.progress = Progress(share)


class Jobs:
    """All jobs of a server: `threads` at a time, the others in order; the `kept` newest results are remembered."""

    def __init__(self, threads: int = 2, kept: int = 100) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="job")
        self._jobs: OrderedDict[Hashable, _Job] = OrderedDict()
        self._kept = kept
        self._lock = threading.Lock()

    def ask(self, key: Hashable, work: Callable[[Tell], T], patience: float = 0.0) -> Progress[T]:
        """How far the job of this key is; it begins with the first question. patience: seconds to wait for it.

        work: gets a function to be called now and then with the share that is done, and returns the result (not
        None), or raises a ValueError or OSError whose text becomes `problem`.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.progress.problem == "given up":
                job = self._jobs[key] = _Job(work)
                self._pool.submit(job.run)
            job.asked = time.monotonic()
            self._jobs.move_to_end(key)
            while len(self._jobs) > self._kept:
                self._jobs.popitem(last=False)
        job.ended.wait(patience)
        return job.progress
