"""The validation images that every section works with."""

from dataclasses import dataclass

from dashboard import session
from dashboard.running.jobs import Progress
from dashboard.training.looks import MOST_IMAGES
from engine import Model
from engine.arrays import Bytes
from engine.judging import held_images


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
    """As `held_back`, at once. Raises DataError."""
    held = held_images(model.checkpoint, most=MOST_IMAGES)
    return HeldBack(held.images, held.labels, key)
