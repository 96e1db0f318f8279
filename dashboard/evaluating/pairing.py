"""Two networks on the same images, worked out in the background. No streamlit."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dashboard.evaluating.outcome import Outcome, Stamp
from dashboard.running.jobs import Tell
from engine.arrays import Array
from engine.checkpoint import load_checkpoint
from engine.judging import Agreement, Difference, agreement, differences, predict, unseen


@dataclass(frozen=True, eq=False)
class Pair:
    """What was found. fair: the images that are new to both (n,), on which they are compared."""

    shares: Array  # of the rival, for all images of the set
    fair: npt.NDArray[np.bool_]
    unsure: str  # why it cannot be told what the rival has learned from; "" where it can
    groups: Agreement  # no image that is not fair is in any group
    rows: list[Difference]

    @property
    def nbytes(self) -> int:
        """Of the largest part."""
        return self.shares.nbytes


def compare(found: Outcome, asked: Stamp, tell: Tell) -> Pair:
    """Find it now. Raises ValueError where the two do not read the same kind of images, or none is new to both."""
    model, held = load_checkpoint(asked[0]), found.held
    height, width, _ = model.checkpoint.image_shape
    if held.images.shape[1:] != (height, width) or model.classes != found.classes:
        raise ValueError(
            f"one reads images of {held.images.shape[1]}×{held.images.shape[2]} in {found.classes} classes, the other "
            f"of {height}×{width} in {model.classes}. Compare networks for the same data."
        )
    shares = predict(model, held.images, lambda done: tell(0.7 * done))
    unsure = ""
    try:
        fair = unseen(model.checkpoint, held.images)
    except ValueError as error:
        fair, unsure = np.ones(len(held.labels), np.bool_), str(error)
    if not fair.any():
        raise ValueError("the other one has learned from all of these images. Compare them on test images.")
    a, labels = found.shares[fair], held.labels[fair]
    groups = agreement(a, shares[fair], labels)
    rows = differences(a, shares[fair], labels, lambda done: tell(0.8 + 0.2 * done))
    return Pair(shares, fair, unsure, Agreement(*(_spread(fair, each) for each in groups.__dict__.values())), rows)


def _spread(fair: npt.NDArray[np.bool_], chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """A mask over the fair images as one over all."""
    whole = np.zeros(len(fair), np.bool_)
    whole[fair] = chosen
    return whole
