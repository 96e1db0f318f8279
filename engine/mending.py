"""What is left of a damaged run folder, put in order so that its run can go on.

    latest.npz    the newest snapshot that can be read takes its place; what was trained since is trained again
    config.json   the settings that lie in those weights take its place; the damaged file stays as config.json.damaged
    control.json  made anew; the live settings are those that lie in the weights

Training is a function of the settings and of the position alone, so a run that goes on from an older snapshot comes to
the same bits. Where no weights can be read, none are made up: the run is left as it is, and the reason is said.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from engine.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from engine.config import TrainingConfig, differences
from engine.files import RunError, locked, write_json
from engine.rundir import Control, RunFolder
from engine.snapshots import snapshots


@dataclass(frozen=True)
class Found:
    """saved: what the run goes on from; None: it begins. notes: what was mended, in sentences for people."""

    saved: Checkpoint | None
    notes: tuple[str, ...] = ()


def mend(run: RunFolder) -> Found:
    """Put a run's folder in order; only for who may train it now. Raises RunError, CheckpointError, OSError."""
    found = newest_readable(run)
    notes = [*found.notes, *_mend_config(run, found.saved), *_mend_control(run, found.saved)]
    return Found(found.saved, tuple(notes))


def newest_readable(run: RunFolder) -> Found:
    """The newest weights that can be gone on from: latest.npz, else the newest snapshot that is whole.

    Raises CheckpointError where there are some and all are damaged; RunError where this process may not read them.
    """
    paths = [run.latest, *(each.path for each in reversed(snapshots(run)))]
    problems: list[str] = []
    for path in paths:
        if not path.exists():
            continue
        _check_permission(path, run)
        try:
            saved = read_checkpoint(path)
        except CheckpointError as error:
            problems.append(str(error))
            continue
        if path == run.latest:
            return Found(saved)
        why = problems[0].rstrip(".") if problems else f"{run.latest.name} was gone"
        return Found(saved, (f"The newest weights could not be used: {why}. The run went on from the snapshot of "
                             f"step {saved.position.step:,}.",))  # fmt: skip
    if problems:
        count = f"{len(problems)} files are" if len(problems) > 1 else "the only file is"
        raise CheckpointError(
            f"none of its weights can be read ({count} damaged): {problems[0].rstrip('.')}. "
            "Reset trains the same run again: the settings and the seed are the same, and so are the results."
        )
    return Found(None)


def recovered_control(run: RunFolder) -> Control:
    """What was wanted of a run whose control.json is damaged, as far as its weights tell: the live settings.

    Raises RunError, CheckpointError.
    """
    saved = newest_readable(run).saved
    return Control(settings=_live_settings(run.config(), saved.config) if saved else {})


def _check_permission(path: Path, run: RunFolder) -> None:
    """A file that may only not be read is not damaged: an older one must not take its place."""
    try:
        with path.open("rb"):
            pass
    except PermissionError as error:
        raise RunError(f"{path.name} of run {run.id} cannot be read: {error.strerror}.") from None
    except OSError:
        pass  # gone meanwhile, or a disk that fails: then the next one will do


def _mend_config(run: RunFolder, saved: Checkpoint | None) -> list[str]:
    try:
        run.config()
        return []
    except RunError as error:
        if saved is None:
            raise
        with contextlib.suppress(FileNotFoundError):
            os.replace(run.config_file, run.config_file.with_name(f"{run.config_file.name}.damaged"))
        write_json(run.config_file, saved.config.to_json())
        return [f"{str(error).rstrip('.')}. Its settings were taken from its weights."]


def _mend_control(run: RunFolder, saved: Checkpoint | None) -> list[str]:
    with locked(run.path):
        try:
            run.control()
            return []
        except RunError as error:
            settings = _live_settings(run.config(), saved.config) if saved else {}
            run.write_control(Control(settings=settings))
            return [f"{str(error).rstrip('.')}. It was made anew: the run goes on with the settings it had."]


def _live_settings(asked: TrainingConfig, now: TrainingConfig) -> dict[str, object]:
    """What was changed since the run was asked for, by path."""
    return {change.path: change.new for change in differences(asked, now) if change.live}
