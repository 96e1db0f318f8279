"""How accuracy falls as images are disturbed more and more, one way at a time.

Every image is disturbed by the same amount at each point of a curve, so what a network bears can be read off. Chance
that is needed, such as the grain of noise, is the same for each network and each point: only the amount changes.
Sizes are those of 28 x 28 images, and are scaled to others.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.augment import Augmentation, Noise, Rotate, Shear, Shift, Stretch, Zoom, warp
from engine.checkpoint import Model
from engine.config import TrainingConfig
from engine.judging.predicting import Tell, nobody, predict
from engine.metrics import wilson_interval
from engine.streams import stream

SIDE = 28  # pixels, for which the sizes are given
SAMPLE = 1000  # images for each point: the interval of 95 % is then at most 3.1 points to each side
FINE = 112  # pixels of a side at which strokes are changed
_AT_ONCE = 200

Range = tuple[float, float]
Apply = Callable[[Bytes, float], Bytes]
Trained = Callable[[Sequence[Augmentation]], Range | None]


@dataclass(frozen=True)
class Disturbance:
    """One way to make images harder. values: amounts, from low to high; neutral: the one that changes nothing.

    apply     (images (n, height, width) uint8, amount) -> new images
    trained   augmentations -> the amounts that training had, as far as this says; None where it had none of it
    pixels    whether amounts are in pixels, and grow with the image
    """

    name: str
    values: tuple[float, ...]
    neutral: float
    apply: Apply
    trained: Trained
    pixels: bool = False

    def amounts(self, side: int) -> tuple[float, ...]:
        """The values for images of this size."""
        factor = side / SIDE if self.pixels else 1.0
        return tuple(value * factor for value in self.values)


@dataclass(frozen=True)
class Robustness:
    """One point of a curve: accuracy at an amount, with its interval of 95 % (Wilson)."""

    amount: float
    accuracy: float
    low: float
    high: float


def sample(count: int, most: int = SAMPLE) -> npt.NDArray[np.int64]:
    """Places of at most `most` of `count` images, evenly spread: some data sets begin with easy ones."""
    return (np.arange(min(count, most)) * (count / min(count, most))).astype(np.int64) if count else np.zeros(0, int)


def robustness(
    model: Model, images: Bytes, labels: Bytes, disturbance: Disturbance, tell: Tell = nobody
) -> Iterator[Robustness]:
    """The points of a curve one by one, from the undisturbed images outwards. Raises ValueError without images."""
    if not len(labels):
        raise ValueError("robustness needs at least one image; got none.")
    amounts = disturbance.amounts(images.shape[1])
    neutral = amounts[disturbance.values.index(disturbance.neutral)]
    for place, amount in enumerate(sorted(amounts, key=lambda each: abs(each - neutral))):

        def inside(share: float, place: int = place) -> None:
            tell((place + share) / len(amounts))

        changed = images if amount == neutral else disturbance.apply(images, amount)
        hits = int((predict(model, changed, inside).argmax(axis=1) == labels).sum())
        yield Robustness(amount, hits / len(labels), *wilson_interval(hits, len(labels)))


def training_changes(config: TrainingConfig) -> tuple[Augmentation, ...]:
    """All that the training images were changed by: anew each time, or once before training."""
    added = config.data.added_by if config.data.added_images else ()
    return tuple(each for each in (*config.augmentation, *added) if each.share > 0)


def _affine(images: Bytes, a: float, b: float, c: float, d: float, move: Array | None = None) -> Bytes:
    """Each output pixel (x, y), measured from the middle, reads the input at (a x + b y, c x + d y) - move."""
    count, height, width = images.shape
    x = np.arange(width, dtype=np.float32) - (width - 1) / 2
    y = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[:, np.newaxis]
    moves = np.zeros((count, 2), np.float32) if move is None else move
    columns = (a * x + b * y + (width - 1) / 2)[np.newaxis] - moves[:, 0, np.newaxis, np.newaxis]
    rows = (c * x + d * y + (height - 1) / 2)[np.newaxis] - moves[:, 1, np.newaxis, np.newaxis]
    return warp(images, columns.astype(np.float32), rows.astype(np.float32))


def rotated(images: Bytes, degrees: float) -> Bytes:
    """Turned about the middle, counterclockwise where positive."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return _affine(images, cos, -sin, sin, cos)


def shifted(images: Bytes, pixels: float) -> Bytes:
    """Moved left, right, up or down: each image in a direction of its own."""
    ways = np.array([(-1, 0), (1, 0), (0, -1), (0, 1)], np.float32)
    chosen = ways[stream(0, "shifted").integers(0, len(ways), len(images))]
    return _affine(images, 1, 0, 0, 1, chosen * np.float32(pixels))


def scaled(images: Bytes, factor: float) -> Bytes:
    """Larger where the factor is above 1; about the middle."""
    return _affine(images, 1 / factor, 0, 0, 1 / factor)


def slanted(images: Bytes, slant: float) -> Bytes:
    """Sheared: pixels sideways for each pixel of height; to the right where positive, as handwriting mostly is."""
    return _affine(images, 1, slant, 0, 1)


def noisy(images: Bytes, deviation: float) -> Bytes:
    """With Gaussian grain of this standard deviation, of 255, held within 0 and 255."""
    grain = stream(0, "noisy").standard_normal(images.shape, np.float32)
    grain *= np.float32(deviation)
    grain += images
    return np.clip(np.rint(grain, out=grain), 0, 255, out=grain).astype(np.uint8)


def faded(images: Bytes, contrast: float) -> Bytes:
    """Ink of this share of its brightness, at most 255."""
    return np.minimum(np.rint(images * np.float32(contrast)), 255).astype(np.uint8)


def stroked(images: Bytes, pixels: float) -> Bytes:
    """Strokes wider, or narrower where negative, by so many pixels: a grey dilation or erosion by a disc.

    Done on images enlarged to a side of about FINE, so that half a pixel can be told, and then averaged down again.
    """
    count, height, width = images.shape
    fine = max(1, round(FINE / height))
    radius = round(abs(pixels) / 2 * fine)
    if not radius:
        return images
    span = 2 * radius + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (span, span))
    change = cv2.dilate if pixels > 0 else cv2.erode
    room = radius // fine + 1  # so that no image grows into its neighbour
    pieces = []
    for start in range(0, count, _AT_ONCE):
        some = np.pad(images[start : start + _AT_ONCE], ((0, 0), (room, room), (room, room)))
        _, high, wide = some.shape
        tall = some.reshape(-1, wide)
        large = cv2.resize(tall, None, fx=fine, fy=fine, interpolation=cv2.INTER_LINEAR)
        small = cv2.resize(change(large, disc), (wide, len(tall)), interpolation=cv2.INTER_AREA)
        pieces.append(small.reshape(-1, high, wide)[:, room : room + height, room : room + width])
    return np.ascontiguousarray(np.concatenate(pieces), np.uint8)


def _none(changes: Sequence[Augmentation]) -> Range | None:
    return None


def _rotations(changes: Sequence[Augmentation]) -> Range | None:
    most = sum(each.degrees for each in changes if isinstance(each, Rotate))
    return (-most, most) if most else None


def _shifts(changes: Sequence[Augmentation]) -> Range | None:
    most = sum(each.pixels for each in changes if isinstance(each, Shift))
    return (0.0, most) if most else None


def _sizes(changes: Sequence[Augmentation]) -> Range | None:
    by = [each.by for each in changes if isinstance(each, (Zoom, Stretch))]
    low, high = math.prod(1 - each for each in by), math.prod(1 + each for each in by)
    return (low, high) if low < high else None


def _slants(changes: Sequence[Augmentation]) -> Range | None:
    most = sum(each.by for each in changes if isinstance(each, Shear))
    return (-most, most) if most else None


def _grains(changes: Sequence[Augmentation]) -> Range | None:
    most = math.hypot(*(each.deviation for each in changes if isinstance(each, Noise)))
    return (0.0, most) if most else None


DISTURBANCES: dict[str, Disturbance] = {
    each.name: each
    for each in (
        Disturbance("rotation", (-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60), 0, rotated, _rotations),
        Disturbance("shift", (0, 1, 2, 3, 4, 5, 6, 8), 0, shifted, _shifts, pixels=True),
        Disturbance("scale", (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4), 1, scaled, _sizes),
        Disturbance("stroke width", (-2, -1.5, -1, -0.5, 0, 0.5, 1, 2, 3, 4), 0, stroked, _none, pixels=True),
        Disturbance("noise", (0, 15, 30, 45, 60, 80, 100, 128), 0, noisy, _grains),
        Disturbance("contrast", (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1), 1, faded, _none),
        Disturbance("slant", (-0.9, -0.6, -0.4, -0.2, 0, 0.2, 0.4, 0.6, 0.9), 0, slanted, _slants),
    )
}
