"""Snapshots: saves of a run that are kept, so that it can be rewound and gone on from.

    RUN/snapshots/{step:09d}.npz    a whole checkpoint: weights, optimizer state, position

A snapshot is latest.npz as it was at some step, kept under a second name, which takes no time and writes nothing. The
recorder saves when a run begins, at the first steps (1, 2, 5, 10, 20, 50, ...), at each look at validation images and
every half second, as far as that takes a fiftieth of the training time; and at each pause and live change. Once there
are more than MOST_SNAPSHOTS, or more bytes than `most_bytes()`, those go first that are missed least.

On a disk that is full they give way to the weights that a run depends on.

Of a network that is so large that only few fit, the newest is kept, then that of the best epoch, then the first. Where
not even one fits there are none: the run trains, and can be continued, but not rewound.
"""

import bisect
import contextlib
import math
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.files import NOTE, Attempts, replace_file
from engine.limits import SNAPSHOTS
from engine.rundir import RunFolder

MOST_SNAPSHOTS = 150  # places of a slider that a hand can still tell apart
_NAME = re.compile(r"(\d{9,15})\.npz")


@dataclass(frozen=True)
class Snapshot:
    """A whole checkpoint of a run at a step."""

    step: int
    path: Path
    bytes: int


def most_bytes() -> int:
    """Bytes that the snapshots of one run may take; 0 for none."""
    return SNAPSHOTS.value()


def snapshots(run: RunFolder) -> list[Snapshot]:
    """All snapshots of a run by step; one look into its folder. Any of them may be gone a moment later."""
    found = []
    with contextlib.suppress(OSError), os.scandir(run.snapshots) as entries:  # there is no folder yet
        for entry in entries:
            if name := _NAME.fullmatch(entry.name):
                with contextlib.suppress(OSError):  # it went while we looked
                    found.append(Snapshot(int(name[1]), Path(entry.path), entry.stat().st_size))
    return sorted(found, key=lambda each: each.step)


def has_room(size: int) -> bool:
    """Whether a run whose snapshots take so many bytes each keeps its first one to the end."""
    return 3 * size <= most_bytes()


def at_or_before(found: Sequence[Snapshot], step: int) -> Snapshot | None:
    """The newest snapshot that is no newer than `step`; None if all are. `found` is in the order of steps."""
    index = bisect.bisect_right(found, step, key=lambda each: each.step)
    return found[index - 1] if index else None


def file_of(run: RunFolder, step: int) -> Path:
    """Where the snapshot at a step lies, or would."""
    return run.snapshots / f"{step:09d}.npz"


class Keeper:
    """Keeps a run's newest weights as snapshots, and thins them. Used by the one process that trains the run."""

    def __init__(self, run: RunFolder, step: int, attempts: Attempts) -> None:
        """step: where the run stands. What was kept beyond it is void, as the events are."""
        self._run = run
        self._attempts = attempts
        self._found: list[Snapshot] = []
        self._best_step: int | None = None
        for each in snapshots(run):
            if each.step <= step:
                self._found.append(each)
            else:
                attempts("an old snapshot cannot be removed", each.path.unlink)

    def keep(self, step: int, best_step: int | None) -> None:
        """Keep latest.npz, which was just written at `step`; best_step: where the best epoch ended.

        That a snapshot cannot be kept is said once on standard error; a run can do without.
        """
        self._best_step = best_step
        self._attempts("snapshots cannot be kept, so the run cannot be rewound", lambda: self._keep(step))

    def give_way(self) -> bool:
        """Remove all snapshots but three, because there is no room on the disk; whether there were more."""
        gone = surplus(self._found, self._best_step, most_bytes(), 3)
        for each in gone:
            self._attempts("an old snapshot cannot be removed", each.path.unlink)
        self._found = [each for each in self._found if each not in gone]
        return bool(gone)

    def _keep(self, step: int) -> None:
        new = Snapshot(step, file_of(self._run, step), self._run.latest.stat().st_size)
        found = [*(each for each in self._found if each.step < step), new]
        gone = surplus(found, self._best_step, most_bytes(), MOST_SNAPSHOTS)
        if not has_room(new.bytes):
            fit = most_bytes() // new.bytes
            self._attempts.say(
                "few snapshots are kept", f"{fit} of {new.bytes:,} bytes fit into {most_bytes():,}", NOTE
            )
        for each in gone:
            each.path.unlink(missing_ok=True)
        if new not in gone:
            self._run.snapshots.mkdir(exist_ok=True)
            replace_file(new.path, lambda temporary: second_name(self._run.latest, temporary))
        self._found = [each for each in found if each not in gone]


def surplus(found: Sequence[Snapshot], best_step: int | None, most: int, count: int) -> list[Snapshot]:
    """Those of `found` (in the order of steps) to be removed, so that at most `most` bytes and `count` are left.

    Distances are between the square roots of steps: half-way between even in steps, where the run's first moments
    would be lost, and even in their logarithm, where all but those would. The one whose removal leaves the smallest
    gap goes first; the newest, the best epoch's and the first are the last to go, in reverse.
    """
    left, gone = list(found), []
    while left and (len(left) > count or sum(each.bytes for each in left) > most):
        kept = {left[-1].step: 3, best_step: 2, left[0].step: 1}
        places = [math.sqrt(each.step) for each in left]
        gaps = [b - a for a, b in zip([0.0, *places], [*places[1:], math.inf], strict=False)]
        worst = min(range(len(left)), key=lambda index: (kept.get(left[index].step, 0), gaps[index]))
        gone.append(left.pop(worst))
    return gone


def second_name(path: Path, name: Path) -> None:
    """A second name for a file's content; a copy where the file system knows no such thing."""
    try:
        os.link(path, name)
    except OSError:
        shutil.copyfile(path, name)
