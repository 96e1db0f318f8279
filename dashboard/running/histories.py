"""The curves of the runs that were looked at lately, kept in memory. Knows nothing of Streamlit."""

import threading
from dataclasses import dataclass

from engine.history import History
from engine.rundir import RunFolder

MOST = 24  # runs whose curves are kept


@dataclass
class Watched:
    """A run's curves, and the lock under which they are brought up to date: several tabs may look at one run."""

    history: History
    lock: threading.Lock


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
            while len(self._watched) > MOST:
                self._watched.pop(next(iter(self._watched)))
        with watched.lock:
            watched.history.update()
        return watched.history

    def forget(self, run_id: str) -> None:
        """Let the curves of a deleted run go."""
        with self._lock:
            self._watched.pop(run_id, None)
