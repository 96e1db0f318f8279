"""What is left of a damaged run folder, put in order so that its run can go on.

    latest.npz    the newest snapshot that can be read takes its place; what was trained since is trained again
    config.json   the settings that lie in those weights take its place, without what was changed live; the damaged
                  file stays as config.json.damaged
    control.json  made anew; the live settings are those that lie in the weights. What was planned is lost

Training is a function of the settings and of the position alone, so a run that goes on from an older snapshot comes to
the same bits. Where no weights can be read, none are made up: the run is left as it is, and the reason is said. So it
is where they could not be read for want of memory, or by a disk that failed: they may be whole.
"""

import contextlib
import json
import os
from dataclasses import dataclass
from typing import Any

from engine.carrying import carried_lines
from engine.checkpoint import Checkpoint, CheckpointError, PassingError, read_checkpoint
from engine.config import TrainingConfig, differences
from engine.files import RunError, locked, write_json
from engine.rundir import Control, RunFolder
from engine.snapshots import snapshots
from engine.spec import SettingError


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

    Raises CheckpointError where there are some and all are damaged; RunError where this process cannot read them now.
    """
    paths = [run.latest, *(each.path for each in reversed(snapshots(run)))]
    problems: list[str] = []
    for path in paths:
        if not path.exists():
            continue
        try:
            saved = read_checkpoint(path)
        except PassingError as error:  # an older one must not take its place
            raise RunError(f"the weights of run {run.id} are left as they are: {error}") from None
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
    return Control(settings=_live_settings(run.config(), saved.config) if saved else {}, plan_lost=True)


def _mend_config(run: RunFolder, saved: Checkpoint | None) -> list[str]:
    try:
        run.config()
        return []
    except RunError as error:
        if saved is None:
            raise
        with contextlib.suppress(FileNotFoundError):
            os.replace(run.config_file, run.config_file.with_name(f"{run.config_file.name}.damaged"))
        write_json(run.config_file, _as_it_began(run, saved).to_json())
        return [f"{str(error).rstrip('.')}. Its settings were taken from its weights."]


def _mend_control(run: RunFolder, saved: Checkpoint | None) -> list[str]:
    with locked(run.path):
        try:
            run.control()
            return []
        except RunError as error:
            settings = _live_settings(run.config(), saved.config) if saved else {}
            run.put_control(Control(settings=settings, plan_lost=True))
            return [f"{str(error).rstrip('.')}. It was made anew: the run goes on with the settings it had. Where "
                    "it was to pause, and changes planned for later steps, are lost."]  # fmt: skip


def _as_it_began(run: RunFolder, saved: Checkpoint) -> TrainingConfig:
    """The settings that lie in the weights, with every live change since the run began, or was forked, taken back."""
    config = saved.config
    for line in reversed(carried_lines(run.events_file, saved)):
        event: dict[str, Any] = json.loads(line)
        if event["event"] == "Forked":
            break
        if event["event"] == "SettingsChanged":
            with contextlib.suppress(SettingError, ValueError, TypeError, AttributeError, KeyError):  # a damaged line
                config = config.with_values({path: old for path, (old, _) in event["changes"].items()})
    return config


def _live_settings(asked: TrainingConfig, now: TrainingConfig) -> dict[str, object]:
    """What was changed since the run was asked for, by path."""
    return {change.path: change.new for change in differences(asked, now) if change.live}
