"""A person's own drawings among a run's training images."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.datasets.base import DataError, Split
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
    hand = read_hand(Path(path)).learned
    hand = hand.chosen(hand.labels < data.classes)
    if not len(hand):
        raise DataError(f"{Path(path).name} holds no drawing to learn from. Draw some digits and keep them first.")
    wanted = round(share / (1 - share) * len(data.train_images))
    places = np.resize(np.arange(len(hand)), min(max(wanted, len(hand)), MOST_REPEATS * len(hand)))
    return replace(
        data,
        train_images=np.concatenate([data.train_images, hand.images_for(height)[places]]),
        train_labels=np.concatenate([data.train_labels, hand.labels[places]]),
    )
