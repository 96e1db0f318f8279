"""Processes, as Linux tells of them in /proc."""

import contextlib
import os
from pathlib import Path


def children(pid: int) -> set[int]:
    """All processes that came from this one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    while more := {child for child, parent in parents.items() if parent in {pid, *found}} - found:
        found |= more
    return found


def ticks(pid: int) -> tuple[int, int]:
    """Of the clock: taken by the process itself, and by its children that it has seen end."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
    return 0, 0


def seconds(pid: int) -> tuple[float, float]:
    """Of a processor: taken by a process, and by all that came from it, those that have ended among them."""
    tick = os.sysconf("SC_CLK_TCK")
    own, ended = ticks(pid)
    return own / tick, (ended + sum(sum(ticks(child)) for child in children(pid))) / tick


def state_of(pid: int) -> tuple[str, str]:
    """Its letter, as ps has it, and its command; "" where there is no such process."""
    with contextlib.suppress(OSError):
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state, Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    return "", ""


def alive(processes: set[int]) -> set[int]:
    """Which of these live, as processes of the engine or of the page."""
    return {pid for pid in processes if (found := state_of(pid))[0] not in ("", "Z") and "python" in found[1]}
