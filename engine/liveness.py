"""Whether a worker lives: signs of life and processes, told by clocks that nobody can set.

A worker shows that it lives by touching a file once a second. The file's own time is of the clock on the wall, or of
another computer's, and both may be wrong or be put right at any moment. So it is only compared with itself: it has
changed, or it has not. How long it has not is measured by the monotonic clock. The clock on the wall serves for a
first guess alone, when nobody has looked before.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST = 4096  # files that are remembered; the one that nobody has asked for the longest goes first


class Heartbeats:
    """When each file was last seen to change. Threads may share it."""

    def __init__(self, now: Callable[[], float] = time.monotonic, wall: Callable[[], float] = time.time) -> None:
        self._now, self._wall = now, wall
        self._lock = threading.Lock()
        self._seen: dict[Path, tuple[int, float]] = {}  # the file's own time in nanoseconds, when it was first seen

    def silence(self, path: Path) -> float:
        """Seconds since the file was last seen to change. Raises OSError where there is none."""
        stamp = path.stat().st_mtime_ns
        now = self._now()
        with self._lock:
            known = self._seen.pop(path, None)
            if known is None:  # a time in the future is as far off as one in the past
                heard = now - abs(self._wall() - stamp / 1e9)
            else:
                heard = known[1] if known[0] == stamp else now
            self._seen[path] = (stamp, heard)
            while len(self._seen) > MOST:
                del self._seen[next(iter(self._seen))]
        return now - heard


def this_process() -> dict[str, Any]:
    """What a worker writes of itself."""
    return {"pid": os.getpid(), "host": socket.gethostname(), "start": start_of(os.getpid())}


def start_of(pid: int) -> str:
    """When the process began, so that a later one with the same number is not taken for it; "" if it is gone."""
    state, start = state_and_start(pid)
    if start or Path("/proc/self").exists():
        return "" if state in ("Z", "X") else start
    try:  # no /proc: macOS; existence is all that can be told
        os.kill(int(pid), 0)
        return "alive"
    except (OSError, ValueError, OverflowError):
        return ""


def state_and_start(pid: int) -> tuple[str, str]:
    """The system's letter for what a process does, and when it began, in ticks since the system did; "-", "" if gone.

    Neither depends on the clock on the wall.
    """
    try:
        state, *rest = Path(f"/proc/{int(pid)}/stat").read_text().rpartition(")")[2].split()
        return state, rest[18]
    except (OSError, IndexError):
        return "-", ""
