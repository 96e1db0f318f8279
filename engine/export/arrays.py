"""The network as a checkpoint file: what opens in Inkling again, and what every program with NumPy can read.

How to read it without Inkling: engine/checkpoint/FORMAT.md.
"""

import tempfile
from dataclasses import replace
from pathlib import Path, PurePath

from engine.checkpoint import Checkpoint, Model, write_checkpoint
from engine.config import TrainingConfig


def npz(model: Model) -> bytes:
    """A checkpoint (format 2) with the weights that the model predicts with, and no optimizer's vectors."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.npz"
        write_checkpoint(path, for_travel(model))
        return path.read_bytes()


def for_travel(model: Model) -> Checkpoint:
    """The checkpoint with what predicts alone. Of a mean of the weights, that is the mean."""
    network = model.network
    return replace(
        model.checkpoint,
        config=without_paths(model.config),
        params=network.named(network.vector),
        tracked=network.tracked,
        slots={},
        slots_began=0,
        average={},
    )


def without_paths(config: TrainingConfig) -> TrainingConfig:
    """The settings with names of files in place of their paths, which say who somebody is and where they work."""
    data = replace(config.data, source=_name(config.data.source), personal=_name(config.data.personal))
    return replace(config, data=data, start_from=_name(config.start_from))


def _name(path: str) -> str:
    """The last part of a path, of this system or of Windows."""
    return PurePath(path.replace("\\", "/")).name
