"""A person's own drawings among a run's training images."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from engine.arrays import Bytes
from engine.datasets.base import DataError, Split
from engine.datasets.named import named_file
from engine.datasets.personal import read_hand

MOST_REPEATS = 200  # of each drawing in an epoch; more would teach these very pixels, not a hand


def mix_in(data: Split, path: str, share: float) -> Split:
    """The split with the drawings of a file at the end of its training images, each as often as it takes.

    share: of the training images that are drawings then; less where a drawing would come more than MOST_REPEATS
    times in an epoch. Validation and test images, and the scaling of pixels, stay as they are. Raises DataError.
    """
    height, width, _ = data.image_shape
    if height != width:
        raise DataError(f"drawings can be mixed into square images only; {data.name} has {height}x{width}.")
    file, _ = drawings_file(path)
    hand = read_hand(file).learned
    hand = hand.chosen(hand.labels < data.classes)
    if not len(hand):
        raise DataError(f"{file.name} holds no drawing to learn from. Draw some digits and keep them first.")
    places = np.resize(np.arange(len(hand)), _places(len(hand), len(data.train_images), share))
    return replace(
        data,
        train_images=np.concatenate([data.train_images, hand.images_for(height)[places]]),
        train_labels=np.concatenate([data.train_labels, hand.labels[places]]),
    )


def mixed_in(train_images: int, classes: int, path: str, share: float) -> int:
    """How many images `mix_in` adds to so many. Raises DataError."""
    labels = _labels(*drawings_file(path))
    return _places(int((labels < classes).sum()), train_images, share)


def drawings_file(path: str) -> tuple[Path, int]:
    """The file of drawings that settings name, and when it changed. Raises DataError where it may not be read."""
    return named_file(path, "drawings")


def _places(drawings: int, train_images: int, share: float) -> int:
    """Places for drawings among the training images: as `share` says, but each comes once, and MOST_REPEATS at most."""
    wanted = round(share / (1 - share) * train_images)
    return min(max(wanted, drawings), MOST_REPEATS * drawings)


@lru_cache(maxsize=8)
def _labels(file: Path, changed: int) -> Bytes:
    """Of the drawings to learn from; kept, for a page asks often and the drawings themselves are large."""
    return read_hand(file).learned.labels
