"""What images of other origins look like, made as the engine expects them: bytes, bright ink on black, upright, square.

Each function takes and returns images (n, height, width) by role, and adds a sentence to the notes if it changed them.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engine.arrays import Array as Floats
from engine.arrays import Bytes
from engine.datasets.base import DataError
from engine.datasets.builtin import mnist

Array = npt.NDArray[Any]

KEPT_SIDE, COMMON_SIDE = 64, 28  # pixels; larger images are brought down: digits need no more
FEW_LEVELS = 16  # whole numbers up to this are grey levels of their own, not dark bytes
SURE = 0.02  # of a correlation, by which the other orientation must fit better
ALIKE = 0.5  # correlation with MNIST's digits from which images are taken for digits; other things have no such top
MIDDLE = 127.5


def as_bytes(name: str, images: dict[str, Array], notes: list[str]) -> dict[str, Bytes]:
    """uint8 from 0 to 255. Raises DataError for what is not finite."""
    if any(each.dtype.kind == "f" and not np.isfinite(each).all() for each in images.values()):
        raise DataError(f"{name}: images hold numbers that are not finite; expected a pixel everywhere.")
    low = min(float(each.min()) for each in images.values() if each.size)
    high = max(float(each.max()) for each in images.values() if each.size)
    whole = all(each.dtype.kind in "iub" or (high > FEW_LEVELS and (each % 1 == 0).all()) for each in images.values())
    if whole and low >= 0 and FEW_LEVELS < high <= 255:
        return {role: np.asarray(each, np.uint8) for role, each in images.items()}
    if not high > low:
        raise DataError(f"{name}: all pixels are {low:g}; there is nothing to tell images apart by.")
    if 0 <= low and high <= 1 and not whole:
        low, high = 0.0, 1.0
    notes.append(f"Pixels from {low:g} to {high:g} were brought to 0 to 255.")
    scale = 255 / (high - low)
    return {role: np.rint((each.astype(np.float32) - low) * scale).astype(np.uint8) for role, each in images.items()}


def ink_bright(images: dict[str, Bytes], notes: list[str]) -> dict[str, Bytes]:
    """Bright ink on black, as MNIST has it: the rim of an image is background."""
    rims = images["train"]
    rim = np.concatenate([rims[:, 0].ravel(), rims[:, -1].ravel(), rims[:, :, 0].ravel(), rims[:, :, -1].ravel()])
    if float(rim.mean()) <= MIDDLE or float(rim.mean()) <= float(rims.mean()):
        return images
    notes.append("Dark ink on a light ground was inverted.")
    return {role: 255 - each for role, each in images.items()}


def upright(images: dict[str, Bytes], labels: dict[str, Bytes], swap: bool, notes: list[str]) -> dict[str, Bytes]:
    """Rows and columns exchanged where that makes digits look more like MNIST's; where nobody can tell, if `swap`."""
    digits = images["train"]
    if digits.shape[1] == digits.shape[2] and len(set(labels["train"].tolist())) == 10 == labels["train"].max() + 1:
        ours, theirs = _mean_digits(digits, labels["train"]), _mean_digits(mnist().images[:2000], mnist().labels[:2000])
        straight, crossed = _likeness(ours, theirs), _likeness(ours.transpose(0, 2, 1), theirs)
        if max(straight, crossed) > ALIKE and abs(straight - crossed) > SURE:
            swap = crossed > straight
    if not swap:
        return images
    notes.append("Rows and columns of each image were exchanged, so that the digits stand upright.")
    return {role: np.ascontiguousarray(each.transpose(0, 2, 1)) for role, each in images.items()}


def _mean_digits(images: Bytes, labels: Bytes) -> Floats:
    """(10, 16, 16): the mean image of each digit, of up to 200 of it."""
    means = [images[np.flatnonzero(labels == digit)[:200]].mean(axis=0, dtype=np.float32) for digit in range(10)]
    return np.stack([cv2.resize(mean, (16, 16), interpolation=cv2.INTER_AREA) for mean in means])


def _likeness(a: Floats, b: Floats) -> float:
    """Correlation of what sets the digits apart from their common mean."""
    a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-12))


def squared(images: dict[str, Bytes], notes: list[str]) -> dict[str, Bytes]:
    """As high as wide, with black added at both sides; large images scaled down."""
    shapes = {each.shape[1:] for each in images.values()}
    if len(shapes) > 1:
        sizes = " and ".join(f"{height}x{width}" for height, width in sorted(shapes))
        raise DataError(f"training, validation and test images must have one size; got {sizes}.")
    ((height, width),) = shapes
    side = max(height, width)
    if height != width:
        notes.append(f"Images of {height}×{width} were framed with black to {side}×{side}.")
        top, left = (side - height) // 2, (side - width) // 2
        frame = ((0, 0), (top, side - height - top), (left, side - width - left))
        images = {role: np.pad(each, frame) for role, each in images.items()}
    if side > KEPT_SIDE:
        notes.append(f"Images of {side}×{side} were scaled to {COMMON_SIDE}×{COMMON_SIDE}.")
        images = {role: _scaled(each) for role, each in images.items()}
    return images


def _scaled(images: Bytes) -> Bytes:
    """(n, COMMON_SIDE, COMMON_SIDE), by areas."""
    small = np.empty((len(images), COMMON_SIDE, COMMON_SIDE), np.uint8)
    for source, target in zip(images, small, strict=True):
        cv2.resize(source, (COMMON_SIDE, COMMON_SIDE), dst=target, interpolation=cv2.INTER_AREA)
    return small
