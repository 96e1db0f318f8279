"""The curves of the runs that were looked at lately, kept in memory. Knows nothing of Streamlit."""

import threading
from dataclasses import dataclass
from time import monotonic

from engine.history import History
from engine.rundir import RunFolder

MOST = 24  # runs whose curves are kept though nobody has asked for them lately
LATELY = 10.0  # seconds; several tabs may draw more runs than that, several times a second


@dataclass
class Watched:
    """A run's curves, and the lock under which they are brought up to date: several tabs may look at one run.

    asked: when somebody looked last, in seconds of the monotonic clock.
    """

    history: History
    lock: threading.Lock
    asked: float = 0.0


class Histories:
    """Reads what was appended to a run's events since somebody looked; never the whole file again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}

    def of(self, run: RunFolder) -> History:
        """The run's curves, up to date."""
        with self._lock:
            watched = self._watched.pop(run.id, None) or Watched(History(run.events_file), threading.Lock())
            self._watched[run.id] = watched  # to the end: the least recently asked for is let go first
            watched.asked = monotonic()
            while len(self._watched) > MOST:
                oldest = next(iter(self._watched))
                if watched.asked - self._watched[oldest].asked < LATELY:
                    break
                del self._watched[oldest]
        with watched.lock:
            watched.history.update()
        return watched.history

    def forget(self, run_id: str) -> None:
        """Let the curves of a deleted run go."""
        with self._lock:
            self._watched.pop(run_id, None)
