"""A new run that goes on from a snapshot of another one, under other settings.

It takes over the weights, the optimizer's state, the position among the images, what was told so far, and the weights
of the best epoch. With equal settings it trains to the same bits as the other run did from there.

What may differ is all that still makes a difference from here on: loss, optimizer, schedule, penalties, augmentation,
batch size, epochs, frozen layers, and layers without weights, such as dropout. What may not: the data and the
seed, because validation images would become training images; the layers that have weights; and what only says how a
run begins.
"""

import contextlib
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.arrays import Array
from engine.carrying import carried_lines
from engine.checkpoint import Checkpoint, CheckpointError, expected_shapes, read_checkpoint, write_checkpoint
from engine.config import TrainingConfig, check_network, differences
from engine.eventlog import objects
from engine.events import Forked
from engine.files import RunError
from engine.network import layer_name
from engine.rundir import RunFolder
from engine.snapshots import Snapshot, file_of, second_name, snapshots
from engine.spec import SettingError
from engine.stepping import choose_parts

# Settings that must stay what they were, and why.
FIXED = {
    "data": "the run that it goes on from has seen its training images",
    "seed": "it decides which images are held back, and the run that it goes on from has learned the others",
    "initializer": "the weights are those of the snapshot",
    "start_from": "the weights are those of the snapshot",
}

Arrays = dict[str, Array]
Names = dict[str, str]  # of an array in the new run -> in the snapshot


def fork(
    root: Path,
    parent: RunFolder,
    snapshot: Snapshot,
    config: TrainingConfig,
    run_id: str = "",
    add: Callable[[RunFolder], None] | None = None,
) -> RunFolder:
    """A run that waits for a worker to go on from there. Nothing is created if it cannot be.

    add: writes what else the run begins with, before anybody can see it.
    Raises RunError where the snapshot or the folder cannot be used, SettingError and ShapeError for settings under
    which it cannot go on.
    """
    try:
        saved = read_checkpoint(snapshot.path)
    except CheckpointError as error:
        raise RunError(f"run {parent.id} cannot go on from step {snapshot.step:,}: {error}") from None
    names = check_fork(saved, config)
    lines = carried_lines(parent.events_file, saved)
    best = best_so_far(parent, saved, lines)
    start = _under(config, names, saved)
    if best is None and saved.record.get("best_epoch"):  # then the best of what is to come has to do
        start = replace(start, record=start.record | {"best_accuracy": -1.0, "best_loss": None, "best_epoch": 0})

    def fill(run: RunFolder) -> None:
        write_checkpoint(run.latest, start)
        if best is not None:
            write_checkpoint(run.best, _as_best(config, best))
        _carry_snapshots(parent, run, snapshot.step)
        run.events_file.write_bytes(b"".join([*lines, _forked_line(parent, saved, config, lines)]))
        if add is not None:
            add(run)

    try:
        return RunFolder.create(root, config, run_id, fill)
    except OSError as error:
        raise RunError(f"no run can be written to {root}: {error.strerror}.") from None


def check_fork(saved: Checkpoint, config: TrainingConfig) -> Names:
    """Which array of the snapshot is which of the new run. Raises SettingError or ShapeError if it cannot go on so."""
    for change in differences(saved.config, config):
        if (why := FIXED.get(change.path.split(".")[0])) is not None:
            raise SettingError(
                change.path,
                f"cannot change from {change.old!r} to {change.new!r} where a run goes on from another one, for "
                f"{why}; set it back, or start a new run",
            )
    check_network(config, saved.image_shape, saved.classes)
    position = saved.position
    if config.epochs <= position.epoch:
        raise SettingError("epochs", f"must be more than the {position.epoch} that are complete; got {config.epochs}")
    if config.max_steps and config.max_steps <= position.step:
        raise SettingError("max_steps", f"must be 0 or more than the {position.step} made; got {config.max_steps}")
    return _names(saved, config)


def _names(saved: Checkpoint, config: TrainingConfig) -> Names:
    """Layers with arrays are paired in their order, whatever stands between them."""
    theirs, ours = (_layers_with_arrays(each, saved.image_shape) for each in (saved.config, config))
    kinds = [[kind for kind, _ in layers] for layers in (theirs, ours)]
    if kinds[0] != kinds[1]:
        raise SettingError(
            "layers",
            f"those that have weights must be {', '.join(kinds[0])}, as in the run that it goes on from; got "
            f"{', '.join(kinds[1])}. Start a new run for another network",
        )
    names: Names = {}
    for (kind, old), (_, new) in zip(theirs, ours, strict=True):
        if len(old) != len(new):
            raise SettingError("layers", f"{kind} must keep its bias, or do without, as before; start a new run for it")
        for (old_name, old_shape), (new_name, new_shape) in zip(old.items(), new.items(), strict=True):
            if old_shape != new_shape:
                raise SettingError(
                    "layers",
                    f"{kind} has weights of shape {old_shape} in the run that it goes on from; got {new_shape}. "
                    "Start a new run for another network",
                )
            names[new_name] = old_name
    return names


def _layers_with_arrays(
    config: TrainingConfig, image_shape: tuple[int, int, int]
) -> list[tuple[str, dict[str, tuple[int, ...]]]]:
    """Kind, and shapes by the arrays' full names, of each layer that has any."""
    params, tracked = expected_shapes(config.summary(image_shape), config)
    found = []
    for number, layer in enumerate(config.layers):
        prefix = layer_name(number, layer) + "."
        shapes = {name: shape for name, shape in (params | tracked).items() if name.startswith(prefix)}
        if shapes:
            found.append((type(layer).__name__, shapes))
    return found


def _under(config: TrainingConfig, names: Names, saved: Checkpoint) -> Checkpoint:
    """The state to go on from, as the new settings want it: slots and mean that were not kept begin anew."""

    def renamed(arrays: Arrays) -> Arrays:
        return {new: arrays[old].copy() for new, old in names.items() if old in arrays}

    params = renamed(saved.params)
    kept = set(config.optimizer.slot_names) <= saved.slots.keys() and not _thaws(config, names, saved)
    zeros = {name: np.zeros_like(array) for name, array in params.items()}
    slots = {slot: renamed(saved.slots[slot]) if kept else zeros for slot in config.optimizer.slot_names}
    for name in params:
        config.optimizer.take_over(saved.config.optimizer, {slot: named[name] for slot, named in slots.items()})
    parts = saved.parts if config.parts == saved.config.parts else choose_parts(config, saved.image_shape)
    return replace(
        saved,
        config=config,
        params=params,
        tracked=renamed(saved.tracked),
        slots=slots,
        slots_began=saved.slots_began if kept else saved.position.step,
        average=(renamed(saved.average) or params) if config.average else {},
        record=saved.record | {"diverged": False},
        parts=parts,
    )


def _thaws(config: TrainingConfig, names: Names, saved: Checkpoint) -> bool:
    """Whether a layer learns that was frozen: its slots are 0, whatever the step, so all of them have to begin anew."""

    def is_frozen(name: str, settings: TrainingConfig) -> bool:
        return int(name.partition(".")[0]) in settings.frozen

    return any(is_frozen(old, saved.config) and not is_frozen(new, config) for new, old in names.items())


def _as_best(config: TrainingConfig, best: Checkpoint) -> Checkpoint:
    """The best weights are those that were looked at: their mean, where there was one and is none any more."""
    if best.average and not config.average:
        best = replace(best, params=best.average)
    return replace(_under(config, _names(best, config), best), slots={})


def best_so_far(run: RunFolder, saved: Checkpoint, lines: list[bytes]) -> Checkpoint | None:
    """The weights of the best epoch up to a snapshot: best.npz, or a snapshot of then; None if they are gone.

    lines: what was told up to there.
    """
    epoch = saved.record.get("best_epoch")
    if not epoch:
        return None
    ends = [event for event in objects(lines) if event.get("event") == "EpochDone" and event.get("best") is True]
    steps = [event["step"] for event in ends if event.get("epoch") == epoch]
    for path in [run.best, *(file_of(run, step) for step in steps)]:
        with contextlib.suppress(CheckpointError):
            found = read_checkpoint(path)
            if (found.position.epoch, found.position.offset) == (epoch, 0):
                return found
    return None


def _carry_snapshots(parent: RunFolder, run: RunFolder, step: int) -> None:
    """The parent's snapshots up to the step are the child's as well; the last one under its own settings."""
    run.snapshots.mkdir()
    second_name(run.latest, file_of(run, step))
    for each in snapshots(parent):
        if each.step < step:
            with contextlib.suppress(OSError):  # thinned meanwhile, or a file system without second names
                file_of(run, each.step).hardlink_to(each.path)


def _forked_line(parent: RunFolder, saved: Checkpoint, config: TrainingConfig, lines: list[bytes]) -> bytes:
    """What tells the fork in the new run's events."""
    last = next((event for event in objects(reversed(lines)) if event["event"] == "Batches"), None)
    epoch = float(last["epoch"][-1]) if last and saved.position.offset else float(saved.position.epoch)
    changes = {change.path: [change.old, change.new] for change in differences(saved.config, config)}
    event = Forked(saved.position.step, epoch, parent.id, changes).to_json()
    event |= {"seconds": saved.record.get("seconds") or 0.0, "time": time.time()}
    return json.dumps(event, allow_nan=False).encode() + b"\n"
