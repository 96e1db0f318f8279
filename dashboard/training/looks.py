"""What is inside a snapshot: its confusion matrix on validation images, and its first layer's weights as pictures.

A job in the background finds it, so that no page waits. No streamlit.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dashboard.charts.kernels import Picture, kernel_pictures, largest, unit_pictures
from dashboard.running.jobs import Jobs, stamp
from engine.arrays import Array
from engine.checkpoint import Model, load_checkpoint
from engine.judging import held_images
from engine.layers import Conv, Dense
from engine.metrics import Counts, confusion_matrix

MOST_IMAGES = 2000
MOST_PICTURES = 24


@dataclass(frozen=True)
class Look:
    """What was found. problem: why nothing was."""

    counts: Counts = field(default_factory=lambda: np.zeros((10, 10), np.int64))
    pictures: list[Picture] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    caption: str = ""  # of the pictures
    problem: str = ""


class Looks:
    """Looks into snapshots. One for the whole server; the jobs remember what was found."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs

    def get(self, path: Path, patience: float = 0.0) -> Look | None:
        """What is in a snapshot; None while it is being found. patience: seconds to wait for it."""
        try:
            key = ("look", *stamp(path))
        except OSError:
            return Look(problem="This snapshot has just made room for another; choose one beside it.")
        found = self._jobs.ask(key, lambda tell: look_into(path), patience)
        return Look(problem=found.problem) if found.problem else found.result


def look_into(path: Path) -> Look:
    """Find it now. Raises ValueError or OSError for whatever is wrong with the file or the data."""
    model = load_checkpoint(path)
    held = held_images(model.checkpoint, most=MOST_IMAGES)
    return Look(confusion_matrix(model.predict(held.images), held.labels), *first_weights(model))


def first_weights(model: Model) -> tuple[list[Picture], list[str], str]:
    """Pictures, names and a caption for the first layer that has weights; no pictures where they are no images."""
    network = model.network
    for number, layer in enumerate(network.layers):
        weight: Array | None = network.params[number].get("weight")
        if weight is None:
            continue
        side = network.input_shape[:2]
        if isinstance(layer, Conv):
            pictures, kernels = kernel_pictures(weight), True
        elif isinstance(layer, Dense) and weight.shape[0] == math.prod(side):
            pictures, kernels = unit_pictures(weight, (side[0], side[1])), False
        else:
            break
        shown = min(len(pictures), MOST_PICTURES)
        names = [f"kernel {place}" if kernels else f"unit {place}" for place in range(1, shown + 1)]
        caption = (
            f"Layer {number + 1}, {type(layer).__name__}: {_some(shown, len(pictures), kernels)}. Orange looks for "
            f"ink, blue for its absence; the largest weight is {largest(weight):.2g}."
        )
        return pictures[:shown], names, caption
    return [], [], "The first layer's weights are not laid out as an image."


def _some(shown: int, count: int, kernels: bool) -> str:
    """How many pictures there are of how many. Whole, for a translation finds what is said as it is."""
    if shown < count:
        return f"{shown} of its {count} kernels" if kernels else f"{shown} of its {count} units"
    return f"its {count} kernels" if kernels else f"its {count} units"
