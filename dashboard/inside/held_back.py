"""The validation images that every section works with."""

from dataclasses import dataclass

from dashboard import session
from dashboard.running.jobs import Progress
from dashboard.training.looks import validation
from engine import Model
from engine.arrays import Bytes


@dataclass(frozen=True, eq=False)
class HeldBack:
    """Images that the run did not learn from, and their labels. key: what they depend on."""

    images: Bytes
    labels: Bytes
    key: tuple[object, ...]


def held_back(model: Model, patience: float = 0.0) -> Progress[HeldBack]:
    """They, of the data that the model learned from; the first time takes up to a second.

    The problem tells why there are none: the data is gone, or has images of another size or other classes now.
    """
    key = ("held back", model.config.data, model.config.seed, model.checkpoint.image_shape, model.classes)
    return session.jobs().ask(key, lambda tell: read_held_back(model, key), patience)


def read_held_back(model: Model, key: tuple[object, ...]) -> HeldBack:
    """As `held_back`, at once. Raises DataError and ValueError."""
    images, labels = validation(model.config.data, model.config.seed)
    height, width, _ = model.checkpoint.image_shape
    if images.shape[1:] != (height, width):
        found = "×".join(map(str, images.shape[1:]))
        raise ValueError(
            f"the data {model.config.data.source} has images of {found} pixels now; the network learned from "
            f"{height}×{width}. Put the data back as it was."
        )
    if len(labels) and int(labels.max()) >= model.classes:
        raise ValueError(
            f"the data {model.config.data.source} has labels up to {int(labels.max())} now; the network learned "
            f"{model.classes} classes. Put the data back as it was."
        )
    return HeldBack(images, labels, key)
