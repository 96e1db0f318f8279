"""What a server's process holds, as Linux tells it."""

import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from processes import children, seconds, state_of

WARM_UP = 0.25  # of the samples, before growth is looked at
LEAST_SECONDS = 180.0  # in which the first sessions of tabs that were left have been let go


@dataclass(frozen=True)
class Sample:
    """At `time` (seconds of the clock): memory in MB that is the server's own share, and counts.

    workers: processes that train, or are ready to; two where a batch is shared.
    """

    time: float
    memory: float
    files: int
    threads: int
    workers: int
    zombies: int


class Health:
    """Looks at a process and at its children."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def processes(self) -> set[int]:
        """The server's own and all that came from it."""
        return {self._pid, *children(self._pid)}

    def sample(self) -> Sample:
        """Now. Raises OSError where the server has ended."""
        place = Path("/proc") / str(self._pid)
        shares = place.joinpath("smaps_rollup").read_text().splitlines()
        memory = next(int(line.split()[1]) for line in shares if line.startswith("Pss:"))
        status = place.joinpath("status").read_text().splitlines()
        threads = next(int(line.split()[1]) for line in status if line.startswith("Threads:"))
        states = [state_of(pid) for pid in children(self._pid)]
        workers = sum("engine.worker" in command or "engine.spare" in command for _, command in states)
        zombies = sum(state == "Z" for state, _ in states)
        files = len(list(place.joinpath("fd").iterdir()))
        return Sample(time.time(), memory / 1024, files, threads, workers, zombies)


@dataclass(frozen=True)
class Processors:
    """Seconds of processors taken until `time`: by the server, by its workers, by the browsers and the load itself."""

    time: float
    server: float
    workers: float
    people: float

    @staticmethod
    def taken(server: int) -> "Processors":
        """Until now. The server is a child of this process, as the browsers are."""
        own, workers = seconds(server)
        load, others = seconds(os.getpid())
        return Processors(time.monotonic(), own, workers, load + others - own - workers)

    def cores_since(self, before: "Processors") -> dict[str, float]:
        """Cores that were busy with each in between."""
        span = self.time - before.time
        return {
            "cores taken by the server": (self.server - before.server) / span,
            "cores taken by its workers": (self.workers - before.workers) / span,
            "cores taken by the browsers and this program": (self.people - before.people) / span,
        }


def growth(samples: list[Sample]) -> tuple[float, float]:
    """Of the memory after the warm-up: MB by which it grew in all, and MB an hour; NaN for less than three minutes.

    Both are by the line of least squares: what two single samples differ in is mostly what was drawn just then.
    """
    later = samples[int(WARM_UP * len(samples)) :]
    if not later or later[-1].time - later[0].time < LEAST_SECONDS:
        return math.nan, math.nan
    hours = np.array([each.time for each in later]) / 3600
    slope = float(np.polyfit(hours - hours[0], np.array([each.memory for each in later]), 1)[0])
    return slope * float(hours[-1] - hours[0]), slope
