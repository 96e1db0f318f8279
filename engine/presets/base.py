"""What a preset is, and the stacks of layers that several share."""

from dataclasses import dataclass

from engine.config import TrainingConfig
from engine.layers import Conv, Dense, Flatten, Layer, MaxPool, ReLU


@dataclass(frozen=True)
class Preset:
    """A config with a name.

    base: the preset whose trained weights this one begins with; its run's checkpoint goes into `start_from`.
    """

    name: str
    teaches: str
    config: TrainingConfig
    base: str = ""


def dense(*units: int, between: tuple[Layer, ...] = (ReLU(),), bias: str = "separate") -> tuple[Layer, ...]:
    """Hidden dense layers, each followed by `between`, and the output."""
    hidden = [layer for count in units for layer in (Dense(units=count, bias=bias), *between)]
    return (Flatten(), *hidden, Dense(units=10, bias="none" if bias == "unit" else bias))


def convolutions(*channels: int) -> tuple[Layer, ...]:
    """3x3 convolutions, each followed by ReLU and max pooling by 2."""
    return tuple(layer for count in channels for layer in (Conv(channels=count), ReLU(), MaxPool()))
