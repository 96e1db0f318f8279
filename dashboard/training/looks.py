"""What is inside a snapshot: its confusion matrix on validation images, and its first layer's weights as pictures.

A job in the background finds it, so that no page waits. No streamlit.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dashboard.charts.kernels import Picture, kernel_pictures, largest, unit_pictures
from dashboard.running.jobs import Jobs, stamp
from engine.arrays import Array, Bytes
from engine.checkpoint import Model, load_checkpoint
from engine.config import DataConfig
from engine.judging import held_split
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
    images, labels = validation(model.config.data, model.config.seed)
    return Look(confusion_matrix(model.predict(images), labels), *first_weights(model))


def validation(data: DataConfig, seed: int) -> tuple[Bytes, Bytes]:
    """Images and labels that a run with this seed holds back, MOST_IMAGES of them at most."""
    found = held_split(data, seed)
    return found.validation_images[:MOST_IMAGES], found.validation_labels[:MOST_IMAGES]


def first_weights(model: Model) -> tuple[list[Picture], list[str], str]:
    """Pictures, names and a caption for the first layer that has weights; no pictures where they are no images."""
    network = model.network
    for number, layer in enumerate(network.layers):
        weight: Array | None = network.params[number].get("weight")
        if weight is None:
            continue
        side = network.input_shape[:2]
        if isinstance(layer, Conv):
            pictures, what = kernel_pictures(weight), "kernels"
        elif isinstance(layer, Dense) and weight.shape[0] == math.prod(side):
            pictures, what = unit_pictures(weight, (side[0], side[1])), "units"
        else:
            break
        shown = min(len(pictures), MOST_PICTURES)
        names = [f"{what[:-1]} {place + 1}" for place in range(shown)]
        some = f"{shown} of its {len(pictures)} {what}" if shown < len(pictures) else f"its {shown} {what}"
        caption = (
            f"Layer {number + 1}, {type(layer).__name__}: {some}. Orange looks for ink, blue for its absence; "
            f"the largest weight is {largest(weight):.2g}."
        )
        return pictures[:shown], names, caption
    return [], [], "The first layer's weights are not laid out as an image."
