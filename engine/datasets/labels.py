"""Labels, as files have them, as whole numbers from 0."""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes
from engine.datasets.base import DataError

Array = npt.NDArray[Any]

MOST_CLASSES = 256
TEN_FOR_ZERO = "Label 10 was read as the digit 0, as MATLAB's data sets have it."
FROM_ONE = "Labels began at 1; each was made one smaller."


def whole_labels(name: str, labels: dict[str, Array], notes: list[str]) -> tuple[dict[str, Bytes], int]:
    """uint8 labels by role, and the number of classes. Raises DataError."""
    every = np.concatenate([np.ravel(each) for each in labels.values()])
    numeric = every.dtype.kind in "iufb"
    if not every.size or not numeric or not _are_whole(every) or every.min() < 0 or every.max() > MOST_CLASSES:
        shown = ", ".join(str(each)[:20] for each in every[:5])
        raise DataError(f"{name}: labels must be whole numbers from 0 to {MOST_CLASSES - 1}; got {shown} ...")
    low, high = int(every.min()), int(every.max())
    shift = 0
    if (low, high) == (1, 10):
        notes.append(TEN_FOR_ZERO)
        labels = {role: np.where(each == 10, 0, each) for role, each in labels.items()}
        high = 9
    elif low == 1 and high > 10:
        notes.append(FROM_ONE)
        shift = 1
    if high - shift >= MOST_CLASSES:
        raise DataError(f"{name}: labels go up to {high}; expected at most {MOST_CLASSES - 1}.")
    return {role: (each - shift).astype(np.uint8) for role, each in labels.items()}, max(high - shift + 1, 2)


def _are_whole(labels: Array) -> bool:
    return bool(np.isfinite(labels).all() and (labels % 1 == 0).all()) if labels.dtype.kind == "f" else True
