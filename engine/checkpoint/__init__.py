"""Checkpoints: what is in one, its file, and the trained network that comes out of it."""

from engine.checkpoint.content import (
    Checkpoint,
    CheckpointError,
    PassingError,
    Position,
    copy_named,
    versions,
    write_checkpoint,
)
from engine.checkpoint.model import CHUNK, Model, load_checkpoint, run_network
from engine.checkpoint.reading import expected_shapes, read_checkpoint

__all__ = [
    "CHUNK",
    "Checkpoint",
    "CheckpointError",
    "Model",
    "PassingError",
    "Position",
    "copy_named",
    "expected_shapes",
    "load_checkpoint",
    "read_checkpoint",
    "run_network",
    "versions",
    "write_checkpoint",
]
