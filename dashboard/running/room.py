"""Whether there is room for another run, by the installation's limits. Knows nothing of Streamlit.

What a run may come to take on the disk is known before it begins: its weights, as many snapshots of them as it may
keep, and a line of events for each batch. Runs in training are counted with all of that, others with what they take.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dashboard.language import say
from engine.config import TrainingConfig
from engine.datasets import DataError, facts, planned_images
from engine.layers import ShapeError
from engine.limits import QUEUE, RUNS_BYTES, RUNS_EACH, LimitError, amount
from engine.rundir import RunError, RunFolder
from engine.snapshots import MOST_SNAPSHOTS, most_bytes

BYTES_A_STEP = 100  # of events, about
FEWEST_BYTES = 1_000_000  # free on a disk below which it counts as full


class NoRoomError(RunError):
    """Another run would be more than the installation allows now; later it may not be."""


def check_counts(waiting: int, of_owner: int) -> None:
    """Whether another run may wait. of_owner: runs of the same browser that train or wait. Raises NoRoomError."""
    try:
        advice = say("Wait until some have ended, or delete some that wait.")
        QUEUE.check(waiting + 1, say("{count} runs would wait for a core", count=waiting + 1), advice)
        if of_owner:
            said = say("{count} runs of yours would train or wait", count=of_owner + 1)
            RUNS_EACH.check(of_owner + 1, said, say("Stop one of them, or wait until one has ended."))
    except LimitError as error:
        raise NoRoomError(str(error)) from None


def check_disk(root: Path, config: TrainingConfig, going: Sequence[RunFolder]) -> None:
    """Whether all runs and this one fit into what they may take. Raises NoRoomError.

    going: those that train or wait.
    """
    if RUNS_BYTES.value():
        wanted = _taken(root, going) + largest_bytes(config)
        _check(wanted, say("All runs, with what this one may come to take, would take {size}", size=amount(wanted)))


def check_import(root: Path, size: int, going: Sequence[RunFolder]) -> None:
    """Whether a run of so many bytes, which nothing trains as yet, fits in as well. Raises NoRoomError."""
    if RUNS_BYTES.value():
        wanted = _taken(root, going) + size
        _check(wanted, say("All runs, with this one, would take {size}", size=amount(wanted)))


def _check(wanted: int, said: str) -> None:
    try:
        RUNS_BYTES.check(wanted, said, say("Delete runs that you no longer need."))
    except LimitError as error:
        raise NoRoomError(str(error)) from None


def _taken(root: Path, going: Sequence[RunFolder]) -> int:
    """Bytes that all runs take; of those that train or wait, that they may come to take."""
    names = {run.id for run in going}
    taken = sum(_bytes_of(path) for path in _folders(root) if path.name not in names)
    return taken + sum(max(_bytes_of(run.path), _bound_of(run)) for run in going)


def largest_bytes(config: TrainingConfig) -> int:
    """The most that a run of this config can come to take on the disk."""
    try:
        rows, images = config.summary(facts(config.data.source).image_shape), planned_images(config.data)
    except (DataError, ShapeError):
        return 0  # it will not begin
    vectors = 1 + len(config.optimizer.slot_names) + bool(config.average)
    weights = 4 * sum(row.parameters for row in rows) * vectors + 20_000
    steps = min(config.epochs * -(-images // config.batch_size), config.max_steps or 10**12)
    return 4 * weights + min(MOST_SNAPSHOTS * weights, most_bytes()) + BYTES_A_STEP * steps


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder; plenty where that cannot be told."""
    try:
        found = os.statvfs(folder)
    except (AttributeError, OSError):  # Windows
        return 1 << 62
    return found.f_bavail * found.f_frsize


def _bound_of(run: RunFolder) -> int:
    try:
        return largest_bytes(run.config())
    except RunError:
        return 0


def _folders(root: Path) -> Iterable[Path]:
    try:
        return [Path(each.path) for each in os.scandir(root) if each.is_dir(follow_symlinks=False)]
    except OSError:
        return []


def _bytes_of(folder: Path) -> int:
    """Bytes of all files in a folder; one with several names counts once."""
    seen: dict[int, int] = {}
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                found = os.lstat(os.path.join(path, name))
            except OSError:
                continue
            seen[found.st_ino] = found.st_size
    return sum(seen.values())
