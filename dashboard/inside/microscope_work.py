"""What the section Optimizer shows, worked out by the engine in the background. No streamlit."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.inside.subject import Key
from dashboard.running.jobs import Tell
from engine.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from engine.config import TrainingConfig
from engine.datasets import load_split
from engine.explain.microscope import NextStep, next_step
from engine.explain.microscope_weight import WeightStep, pick_weight, weight_step
from engine.optimizers import Adam
from engine.snapshots import Snapshot

OWN = "own"  # in place of one of the engine's CHOICES: the weight that a person names


@dataclass(frozen=True)
class Wanted:
    """Which weight: the largest by some measure, in one array or in all (name ""), or a certain one."""

    choice: str = "gradient"
    name: str = ""
    index: tuple[int, ...] = ()


@dataclass(frozen=True)
class Seen:
    """One weight's next step, and the batch that it is made with."""

    config: TrainingConfig
    weight: WeightStep
    step: int  # from 1
    epoch: int  # from 0
    images: int
    loss: float
    correct: int
    norm: float
    diverged: bool
    began_anew: bool


@dataclass(frozen=True)
class Trail:
    """A weight's way over the snapshots of its run. slots: by the names of the formula; NaN where there were none."""

    steps: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    slots: dict[str, npt.NDArray[np.float64]]


_lock = threading.Lock()
_newest: tuple[Key, NextStep] | None = None  # only one: the vectors of a large network are hundreds of megabytes


def look(saved: Checkpoint, key: Key, wanted: Wanted) -> Seen:
    """The next step of one weight. Raises ValueError: CheckpointError and DataError where the data is another one."""
    found = _next_step(saved, key)
    change = found.change
    name, index = (
        (wanted.name, wanted.index) if wanted.choice == OWN else pick_weight(change, wanted.choice, wanted.name)
    )
    return Seen(
        change.config,
        weight_step(change, name, index),
        found.step,
        found.epoch,
        found.images,
        found.loss,
        found.correct,
        change.norm,
        change.diverged,
        change.began_anew,
    )


def look_into(snapshot: Snapshot, key: Key, wanted: Wanted) -> Seen:
    """The same for the file of a snapshot."""
    return look(read_checkpoint(snapshot.path), key, wanted)


def _next_step(saved: Checkpoint, key: Key) -> NextStep:
    global _newest
    with _lock:
        if _newest is not None and _newest[0] == key:
            return _newest[1]
    found = next_step(saved, load_split(saved.config.data, saved.config.seed))
    with _lock:
        _newest = (key, found)
    return found


def trail(found: Sequence[Snapshot], name: str, index: tuple[int, ...], tell: Tell) -> Trail:
    """The weight in each snapshot that can be read and has it. tell: told the share that is done."""
    steps, weights, rows = [], [], []
    for number, snapshot in enumerate(found):
        tell(number / len(found))
        try:
            saved = read_checkpoint(snapshot.path)
        except CheckpointError:  # it made room for another
            continue
        array = saved.params.get(name)
        if array is None or array.ndim != len(index) or any(a >= b for a, b in zip(index, array.shape, strict=True)):
            continue
        steps.append(saved.position.step)
        weights.append(float(array[index]))
        rows.append(_slots(saved, name, index))
    names = sorted({slot for row in rows for slot in row})
    columns = {slot: np.array([row.get(slot, np.nan) for row in rows], np.float64) for slot in names}
    return Trail(np.array(steps, np.int64), np.array(weights, np.float64), columns)


def _slots(saved: Checkpoint, name: str, index: tuple[int, ...]) -> dict[str, float]:
    found = {slot: float(named[name][index]) for slot, named in saved.slots.items() if name in named}
    optimizer = saved.config.optimizer
    if isinstance(optimizer, Adam) and len(found) == 2:
        return {"m": found["m"] * (1 - optimizer.momentum), "v": found["v"] * (1 - optimizer.decay)}
    return found
