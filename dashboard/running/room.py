"""Whether there is room for another run, by the installation's limits and its disk. Knows nothing of Streamlit.

Whatever lets a run write again asks here first: a new run, one that goes on from another or is continued, one that is
brought in, and a change while it trains. What a run may come to take on the disk is known before: its weights, as many
snapshots of them as it may keep, and a line of events for each batch. Runs in training are counted with all of that,
others with what they take.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dashboard.language import say
from engine.config import TrainingConfig, check_size
from engine.datasets import DataError, facts, planned_images
from engine.layers import ShapeError
from engine.limits import QUEUE, RUNS_BYTES, RUNS_EACH, LimitError, amount
from engine.rundir import RunError, RunFolder
from engine.snapshots import MOST_SNAPSHOTS, most_bytes, snapshots
from engine.spec import SettingError

BYTES_A_STEP = 100  # of events, about
FEWEST_BYTES = 1_000_000  # free on a disk below which it counts as full


class NoRoomError(RunError):
    """Another run would be more than the installation allows now; later it may not be."""


def check_counts(waiting: int, of_owner: int) -> None:
    """Whether another run may wait. Raises NoRoomError.

    waiting: runs that wait for a core or rest at a pause, where each has a process that takes memory; of_owner: runs of
    the same browser that train, rest or wait.
    """
    try:
        advice = say("Wait until some have ended, or stop some that wait.")
        said = say("{count} runs would wait for a core or rest at a pause", count=waiting + 1)
        QUEUE.check(waiting + 1, said, advice)
        if of_owner:
            said = say("{count} runs of yours would train or wait", count=of_owner + 1)
            RUNS_EACH.check(of_owner + 1, said, say("Stop one of them, or wait until one has ended."))
    except LimitError as error:
        raise NoRoomError(str(error)) from None


def check_training(config: TrainingConfig) -> None:
    """Whether networks of this size are trained here at all. Raises RunError with the limit's name.

    What else keeps a run from training its worker says.
    """
    try:
        check_size(config, config.summary(facts(config.data.source).image_shape))
    except LimitError as error:
        raise RunError(str(error)) from None
    except (DataError, ShapeError, SettingError):
        return


def _is_trained_here(config: TrainingConfig) -> bool:
    try:
        check_training(config)
    except RunError:
        return False
    return True


def check_disk(
    root: Path, config: TrainingConfig | None, going: Sequence[RunFolder], run: RunFolder | None = None
) -> None:
    """Whether all runs and this one fit into what they may take, and on the disk. Raises NoRoomError.

    going: those that train or wait. run: this one, where it is there already. config: what it is to train; None where
    that cannot be read.
    """
    kept = sum(each.bytes for each in snapshots(run)) if run is not None else 0  # they give way to the newest weights
    _check_free(root, FEWEST_BYTES + max(_weights(config) - kept, 0))
    if RUNS_BYTES.value():
        others = [each for each in going if run is None or each.id != run.id]
        own = _bytes_of(run.path) if run is not None else 0
        wanted = _taken(root, others, run) + max(own, largest_bytes(config))
        _check(wanted, say("All runs, with what this one may come to take, would take {size}", size=amount(wanted)))


def check_change(
    root: Path, run: RunFolder, old: TrainingConfig, new: TrainingConfig, going: Sequence[RunFolder]
) -> None:
    """Whether a run in training fits in with other settings too, where it takes more with them. Raises RunError."""
    if _is_trained_here(old):  # a run that is larger than a limit that came later goes on as it is
        check_training(new)
    if largest_bytes(new) > largest_bytes(old):
        check_disk(root, new, going, run)


def check_import(root: Path, size: int, going: Sequence[RunFolder]) -> None:
    """Whether a run of so many bytes, which nothing trains as yet, fits in as well. Raises NoRoomError."""
    _check_free(root, FEWEST_BYTES + size)
    if RUNS_BYTES.value():
        wanted = _taken(root, going) + size
        _check(wanted, say("All runs, with this one, would take {size}", size=amount(wanted)))


def _check(wanted: int, said: str) -> None:
    try:
        RUNS_BYTES.check(wanted, said, say("Delete runs that you no longer need."))
    except LimitError as error:
        raise NoRoomError(str(error)) from None


def _check_free(root: Path, needed: int) -> None:
    if (free := free_bytes(root)) < needed:
        said = say("The disk where the runs lie has {free} left; saving this run takes {needed}.", free=amount(free),
                   needed=amount(needed))  # fmt: skip
        raise NoRoomError(f"{said} " + say("Delete runs that you no longer need."))


def _taken(root: Path, going: Sequence[RunFolder], left_out: RunFolder | None = None) -> int:
    """Bytes that all runs but one take; of those that train or wait, that they may come to take."""
    names = {run.id for run in (*going, *([left_out] if left_out else []))}
    taken = sum(_bytes_of(path) for path in _folders(root) if path.name not in names)
    return taken + sum(max(_bytes_of(run.path), _bound_of(run)) for run in going)


def _weights(config: TrainingConfig | None) -> int:
    """Bytes of one save of a run."""
    if config is None:
        return 0
    try:
        rows = config.summary(facts(config.data.source).image_shape)
    except (DataError, ShapeError):
        return 0  # it will not begin
    vectors = 1 + len(config.optimizer.slot_names) + bool(config.average)
    return 4 * sum(row.parameters for row in rows) * vectors + 20_000


def largest_bytes(config: TrainingConfig | None) -> int:
    """The most that a run of this config can come to take on the disk; 0 where nobody knows."""
    if config is None or not (weights := _weights(config)):
        return 0
    try:
        images = planned_images(config.data)
    except DataError:
        return 0
    steps = min(config.epochs * -(-images // config.batch_size), config.max_steps or 10**12)
    return 4 * weights + min(MOST_SNAPSHOTS * weights, most_bytes()) + BYTES_A_STEP * steps


def free_bytes(folder: Path) -> int:
    """What is free on the disk of a folder; plenty where that cannot be told."""
    try:
        found = os.statvfs(folder)
    except (AttributeError, OSError):  # Windows
        return 1 << 62
    return found.f_bavail * found.f_frsize


def settings_of(run: RunFolder) -> TrainingConfig | None:
    """What a run trains, its live changes included; None where that is damaged."""
    try:
        config = run.config()
        return config.with_values(run.control().settings)
    except (RunError, SettingError):
        return None


def _bound_of(run: RunFolder) -> int:
    return largest_bytes(settings_of(run))


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
