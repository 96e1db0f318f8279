"""Checkpoints: weights, and all that is needed to go on training, in one .npz without pickles.

    header              JSON as uint8: format, config, classes, scaling, position, slots_began, record, versions, data,
                        command
    params/NAME         trained arrays ("params/0.conv.weight")
    tracked/NAME        running means and the like
    slots/SLOT/NAME     the optimizer's vectors, cut up by parameter (in format 1, Adam's with their factors)
    average/NAME        running mean of the weights, where there is one

Arrays are stored by name, so a file stays readable when the layout of the vector changes, and any program that
reads .npz can use it.
"""

import json
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.config import TrainingConfig
from engine.datasets.base import Scaling, Split
from engine.files import replace_file
from engine.problems import PlainError

FORMAT = 2


class CheckpointError(PlainError):
    """A file that is no checkpoint of ours, or a damaged one."""


class PassingError(CheckpointError):
    """A file that could not be read this time, for want of memory or by a disk that failed; it may well be whole."""


@dataclass(frozen=True)
class Position:
    """Where in a run a checkpoint was taken, at a batch boundary."""

    step: int = 0  # optimizer updates made
    epoch: int = 0  # complete passes over the training images
    offset: int = 0  # images of the current pass that were used


@dataclass(frozen=True)
class Checkpoint:
    """What the file holds, as arrays by name and plain data."""

    config: TrainingConfig
    image_shape: tuple[int, int, int]
    classes: int
    scaling: Scaling
    position: Position
    params: dict[str, Array]
    tracked: dict[str, Array]
    slots: dict[str, dict[str, Array]] = field(default_factory=dict)
    slots_began: int = 0  # steps made before the slots began, at 0, as at a fork to another optimizer
    average: dict[str, Array] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)  # best so far, early stopping, sums of the epoch
    parts: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    data: str = ""  # Split.digest; "" in older files
    command: str = ""  # that trains this network again, where one does

    def check_data(self, data: Split) -> None:
        """Raise CheckpointError where a run cannot go on with this data: it is not what the run was trained on."""
        if self.position.offset > len(data.train_images):
            raise CheckpointError("the checkpoint lies beyond the end of an epoch; it belongs to other data.")
        if self.data and data.digest and self.data != data.digest:
            raise CheckpointError(
                f"the data {data.name} has changed since this run was trained on it: expected {self.data}, got "
                f"{data.digest} (numbers of images, checksums of labels and images). Put it back as it was, or start a "
                "new run."
            )


def versions() -> dict[str, str]:
    """What the bits of a run depend on besides its config."""
    return {"numpy": np.__version__, "python": platform.python_version(), "machine": platform.machine()}


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write the file, whole or not at all."""
    header = {
        "format": FORMAT,
        "config": checkpoint.config.to_json(),
        "image_shape": checkpoint.image_shape,
        "classes": checkpoint.classes,
        "scaling": asdict(checkpoint.scaling),
        "position": asdict(checkpoint.position),
        "slots_began": checkpoint.slots_began,
        "record": checkpoint.record,
        "parts": checkpoint.parts,
        "versions": checkpoint.versions,
        "data": checkpoint.data,
        "command": checkpoint.command,
    }
    text = json.dumps(header, allow_nan=False).encode()
    arrays: dict[str, Any] = {"header": np.frombuffer(text, np.uint8)}
    arrays |= {f"params/{name}": array for name, array in checkpoint.params.items()}
    arrays |= {f"tracked/{name}": array for name, array in checkpoint.tracked.items()}
    arrays |= {f"average/{name}": array for name, array in checkpoint.average.items()}
    for slot, named in checkpoint.slots.items():
        arrays |= {f"slots/{slot}/{name}": array for name, array in named.items()}

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)

    replace_file(path, write)


def copy_named(source: dict[str, Array], target: dict[str, Array]) -> None:
    """Copy arrays into those of the same name. Raises CheckpointError where names or shapes differ."""
    for name, array in target.items():
        if name not in source or source[name].shape != array.shape:
            found = source[name].shape if name in source else "missing"
            raise CheckpointError(
                f"the checkpoint does not fit this network: {name} should be {array.shape}; it is {found}."
            )
        array[...] = source[name]
