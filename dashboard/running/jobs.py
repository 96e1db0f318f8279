"""Work that takes longer than a page may wait. No streamlit.

Threads do it, one job each, behind whatever trains. A page asks for a result again and again while it shows the
progress; a job that nobody asks for any more gives up. What was found is remembered, so the key must name all that it
depends on: of a file, its path, time of change and inode.

    found = jobs.ask(("confusion", *stamp(path)), lambda tell: work(tell))
    found.result or found.problem, or else a progress bar at found.share (and found.partial), and ask again
"""

import contextlib
import os
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")

PATIENCE = 4.0  # seconds without a question after which a job that is under way gives up
TURN_PATIENCE = 2.0  # ... after which one whose turn comes is left out: a slider has moved on
AGAIN = 10.0  # seconds after which a job that failed may be tried again
# How far a job steps back behind training, where threads can (Linux). At 8, two jobs that never rest take a seventh of
# two cores from a run that would have both.
KINDNESS = 8
MOST_BYTES = 256 * 2**20  # of results that are remembered, as far as they tell their size by `nbytes`


class Tell(Protocol):
    """Says which share is done, and what was found so far. Raises GivenUp when the result is no longer wanted."""

    def __call__(self, share: float, partial: Any = None) -> None:
        """Called by a job now and then, at least a few times a second."""


def stamp(path: Path) -> tuple[Path, int, int]:
    """What tells a file from others, and from itself with other contents, for a job's key. Raises OSError."""
    found = path.stat()
    return path, found.st_mtime_ns, found.st_ino


class GivenUp(Exception):  # noqa: N818 (it is no error)
    """Nobody waits for this job any more."""


@dataclass(frozen=True)
class Progress(Generic[T]):
    """How far a job is. result: what was found; problem: why nothing was, in words for people; partial: so far."""

    share: float = 0.0
    result: T | None = None
    problem: str = ""
    partial: Any = None

    @property
    def done(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.result is not None or bool(self.problem)


class _Job:
    """One piece of work. state: "waiting", "running", "ended" or "given up"."""

    def __init__(self, work: Callable[[Tell], Any], rank: int, clock: Callable[[], float]) -> None:
        self.progress: Progress[Any] = Progress()
        self.ended = threading.Event()
        self.state = "waiting"
        self.rank, self.clock = rank, clock
        self.work: Callable[[Tell], Any] | None = work  # let go when it begins: it may hold whole networks
        self.asked = self.finished = clock()

    def run(self) -> None:
        work, self.work = self.work, None
        try:
            if work is None:
                raise GivenUp
            self.progress = Progress(1.0, work(self.tell))
            self.state = "ended"
        except GivenUp:
            self.state = "given up"
        except Exception as error:
            self.progress, self.state = Progress(problem=_in_words(error)), "ended"
        finally:
            self.finished = self.clock()
            self.ended.set()

    def tell(self, share: float, partial: Any = None) -> None:
        if self.clock() - self.asked > PATIENCE:
            raise GivenUp
        self.progress = Progress(share, partial=partial if partial is not None else self.progress.partial)

    def of_use(self) -> bool:
        """Whether a question finds its answer here, now or later. What failed may do better another time."""
        failed = self.state == "ended" and self.progress.problem
        return self.state != "given up" and not (failed and self.clock() - self.finished > AGAIN)


def _in_words(error: Exception) -> str:
    if isinstance(error, (OSError, ValueError)):  # all of the engine's own errors are ValueErrors
        return str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        return "there is not enough memory for this."
    traceback.print_exception(error, file=sys.stderr)  # a fault of the program: for its log, not for the page
    return f"this went wrong ({type(error).__name__}); the server's log says more."


class Jobs:
    """All jobs of a server: `threads` at a time; the results of the `kept` newest are remembered.

    Of those that wait, the one of the lowest rank goes first, and among them the one that was asked for last.
    """

    def __init__(self, threads: int = 2, kept: int = 100, clock: Callable[[], float] = time.monotonic) -> None:
        self._jobs: OrderedDict[Hashable, _Job] = OrderedDict()
        self._threads, self._kept, self._clock = threads, kept, clock
        self._at_work = 0
        self.ended = 0  # how many jobs have come to an end: a page that waits for one looks again when this has grown
        self._lock = threading.Lock()

    def ask(self, key: Hashable, work: Callable[[Tell], T], patience: float = 0.0, rank: int = 0) -> Progress[T]:
        """How far the job of this key is; it begins with the first question. patience: seconds to wait for it.

        work: gets a function to be called now and then with the share that is done, and returns the result (not
        None), or raises a ValueError or OSError whose text becomes `problem`. It must not touch the page.
        """
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.of_use():
                job = self._jobs[key] = _Job(work, rank, self._clock)
            job.asked, job.rank = self._clock(), rank
            self._jobs.move_to_end(key)
            self._forget()
            if job.state == "waiting" and self._at_work < self._threads:
                self._at_work += 1
                threading.Thread(target=self._run, name="job", daemon=True).start()
        if patience:
            job.ended.wait(patience)
        # one that gave up in this very moment begins anew with the next question
        return job.progress if job.state != "given up" else Progress()

    def _forget(self) -> None:
        """Let go of what was not asked for longest. What waits or runs stays: it would be begun a second time."""
        sizes = {key: int(getattr(job.progress.result, "nbytes", 0)) for key, job in self._jobs.items()}
        count, size = len(sizes), sum(sizes.values())
        newest = next(reversed(self._jobs))
        for key in list(self._jobs):
            if count <= self._kept and size <= MOST_BYTES:
                return
            if self._jobs[key].ended.is_set() and key != newest:
                count, size = count - 1, size - sizes[key]
                del self._jobs[key]

    def _run(self) -> None:
        """One thread: job after job, until none waits."""
        with contextlib.suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), KINDNESS)
        while (job := self._next()) is not None:
            job.run()
            with self._lock:
                self.ended += 1

    def _next(self) -> _Job | None:
        with self._lock:
            waiting = [job for job in self._jobs.values() if job.state == "waiting"]
            for job in waiting:
                if self._clock() - job.asked > TURN_PATIENCE:
                    job.state = "given up"
                    job.ended.set()
            waiting = [job for job in waiting if job.state == "waiting"]
            if not waiting:
                self._at_work -= 1
                return None
            first = min(waiting, key=lambda job: (job.rank, -job.asked))
            first.state = "running"
            return first
