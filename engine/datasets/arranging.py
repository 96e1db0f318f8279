"""Arrays by name, as files hold them, into a data set: which are images and which labels, and what they mean.

Whatever is changed on the way is said in the data set's notes.
"""

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes
from engine.datasets.base import DataError, Dataset
from engine.datasets.budget import MOST_IMAGES
from engine.datasets.labels import whole_labels
from engine.datasets.looks import as_bytes, ink_bright, squared, upright
from engine.streams import stream

Array = npt.NDArray[Any]

MOST_SIDE = 512  # pixels; larger ones are no digits
HELD_BACK = 6  # one in so many images is for the test where a file has no test images

BESIDE = r"(?:x|y|images?|imgs?|labels?|data|digits?|pixels?|inputs?|targets?|mnist|usps|set)?"
ROLE = re.compile(rf"{BESIDE}(?P<role>tests?|tst|testing|t10k|val|valid|validation|dev){BESIDE}")


@dataclass(frozen=True)
class Part:
    """Images (n, ...) and labels (n,) that belong together. flat: each image came as a row of numbers."""

    images: Array
    labels: Array
    flat: bool = False


def arrange(name: str, arrays: dict[str, Array], notes: tuple[str, ...] = (), by_columns: bool = False) -> Dataset:
    """A data set from arrays whose names tell what they are for ("Xtest", "train-labels"). Raises DataError.

    by_columns: rows of numbers are images column by column, as MATLAB has them.
    """
    said = list(notes)
    parts = {role: _part(name, role, group, by_columns) for role, group in _roles(name, arrays).items()}
    if "train" not in parts:
        raise DataError(f"{name} has no training images; it has {', '.join(sorted(arrays))[:200]}.")
    labels, classes = whole_labels(name, {role: part.labels for role, part in parts.items()}, said)
    images = as_bytes(name, {role: part.images for role, part in parts.items()}, said)
    images = ink_bright(images, said)
    images = upright(images, labels, any(part.flat for part in parts.values()) and by_columns, said)
    images = squared(images, said)
    if "test" not in parts:
        _hold_back(images, labels, said)
    return Dataset(
        name,
        images["train"],
        labels["train"],
        images["test"],
        labels["test"],
        classes,
        (images["validation"], labels["validation"]) if "validation" in parts else None,
        tuple(said),
    )


def _roles(name: str, arrays: dict[str, Array]) -> dict[str, dict[str, Array]]:
    """The arrays of training, validation and test, as their names say."""
    roles: dict[str, dict[str, Array]] = {}
    for key, array in arrays.items():
        if array.ndim and array.size > 1 and not key.startswith("__"):
            roles.setdefault(_role(key), {})[key] = array
    if not roles:
        raise DataError(f"{name} holds no arrays; expected images and a label for each.")
    return roles


def _role(key: str) -> str:
    """What an array is for: a word of its name says so, by itself ("labels_val") or beside another one ("Xtest")."""
    words = [word.lower() for word in re.findall(r"t10k|[A-Z]?[a-z]+|[A-Z]+(?![a-z])", key)]
    said = [match["role"] for word in words if (match := ROLE.fullmatch(word))]
    if not said:  # "latest" and "values" say nothing
        return "train"
    return "test" if any(role.startswith("t") for role in said) else "validation"


def _part(name: str, role: str, group: dict[str, Array], by_columns: bool) -> Part:
    """The largest array of the group holds the images; of the others, the one with a number for each is the labels."""
    squeezed = {key: array.squeeze() if array.ndim > 1 else array for key, array in group.items()}
    by_size = sorted(squeezed, key=lambda key: squeezed[key].size, reverse=True)
    images = squeezed[by_size[0]]
    for key in by_size[1:]:
        labels = _one_hot(squeezed[key])
        if labels.ndim == 1 and len(labels) in images.shape:
            return _stacked(name, by_size[0], images, labels, by_columns)
    found = ", ".join(f"{key[:40]} {tuple(array.shape)}" for key, array in group.items())
    raise DataError(f"{name}: expected {role} images and as many labels; got {found[:300]}.")


def _one_hot(labels: Array) -> Array:
    """Classes of rows that hold a single 1."""
    if labels.ndim == 2 and labels.shape[1] <= 256 and labels.dtype.kind in "iufb":
        ones = (labels == 1).sum(axis=1) == 1
        if ones.all() and ((labels == 0) | (labels == 1)).all():
            return np.asarray(labels.argmax(axis=1))
    return labels


def _stacked(name: str, key: str, images: Array, labels: Array, by_columns: bool) -> Part:
    """Images as (n, height, width), one after the other along the first axis."""
    count = len(labels)
    if count > MOST_IMAGES:
        raise DataError(f"{name} has {count:,} images; at most {MOST_IMAGES:,} are read.")
    last = images.shape[-1] == count and (by_columns or images.shape[0] != count)  # as MATLAB stacks images
    if (last and images.ndim > 2) or images.shape[0] != count:
        images = np.moveaxis(images, -1 if last else images.shape.index(count), 0)
    if images.dtype.kind not in "iufb":
        raise DataError(f"{name}: {key[:40]} holds {images.dtype}; expected numbers.")
    if images.ndim == 4 and images.shape[3] in (3, 4):  # colours: their mean is grey
        images = images[..., :3].mean(axis=3, dtype=np.float32)
    flat = images.ndim == 2
    if flat:
        side = math.isqrt(images.shape[1])
        if side**2 != images.shape[1]:
            raise DataError(
                f"{name}: {key[:40]} has {images.shape[1]} numbers for each image; expected a square number, such as "
                "256 (16x16) or 784 (28x28), or an array (n, height, width)."
            )
        images = images.reshape(count, side, side)
    if images.ndim != 3 or not (2 <= min(images.shape[1:]) and max(images.shape[1:]) <= MOST_SIDE):
        raise DataError(
            f"{name}: {key[:40]} has the shape {images.shape}; expected images (n, height, width) of 2x2 to "
            f"{MOST_SIDE}x{MOST_SIDE} pixels, with a label each."
        )
    return Part(images, labels, flat)


def _hold_back(images: dict[str, Bytes], labels: dict[str, Bytes], said: list[str]) -> None:
    """Take test images out of the training images: always the same ones, whatever a run's seed."""
    count = len(images["train"])
    held = max(count // HELD_BACK, 1) if count > 2 else 0
    order = stream(0, "test images").permutation(count)
    test, train = np.sort(order[:held]), np.sort(order[held:])
    images["test"], labels["test"] = images["train"][test], labels["train"][test]
    images["train"], labels["train"] = images["train"][train], labels["train"][train]
    said.append(f"It has no test images of its own: {held:,} of its images are held back for the test.")
