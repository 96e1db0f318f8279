"""Inkling's engine: neural networks for handwritten digits in plain NumPy."""

import engine.blas  # isort: skip  # first: it sets variables that NumPy reads when it is imported

from engine.checkpoint import Checkpoint, CheckpointError, Model, load_checkpoint
from engine.config import TrainingConfig
from engine.datasets import load_split
from engine.drawing import prepare_drawing
from engine.trainer import Trainer

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "Model",
    "Trainer",
    "TrainingConfig",
    "load_checkpoint",
    "load_split",
    "prepare_drawing",
]
