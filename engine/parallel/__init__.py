"""A batch shared by several hands: each runs its part of the images through the same weights.

All hands run the same function, each with the number of its part, and meet where they need each other's sums.
`ProcessCrew` (Linux) has a process for each part: NumPy's operations here last a few microseconds to a millisecond,
and threads that share one interpreter queue for its lock after each of them. `ThreadCrew` does the same anywhere.
Both give the same bits.
"""

import os
import platform
import sys

from engine.parallel.crew import Crew, Part, ThreadCrew, Work, shares

__all__ = ["Crew", "Part", "ThreadCrew", "Work", "make_crew", "shares"]


def make_crew(count: int, processes: bool = False) -> Crew:
    """A crew of `count`; of processes where they are wanted and can be had.

    processes: only for a program whose own process has no other threads, such as a worker: it forks.
    """
    possible = sys.platform == "linux" and platform.machine() == "x86_64"
    if processes and count > 1 and possible and _cores() >= count:
        from engine.parallel.processes import ProcessCrew

        return ProcessCrew(count)
    return ThreadCrew(count)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
