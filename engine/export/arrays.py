"""The network as a checkpoint file: what opens in Inkling again, and what every program with NumPy can read.

How to read it without Inkling: engine/checkpoint/FORMAT.md.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

from engine.checkpoint import Checkpoint, Model, write_checkpoint
from engine.config import without_paths


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
