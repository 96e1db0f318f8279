"""Augmentation: each training image is changed a little, anew every time it is seen.

All geometric changes of an image are composed into one map from output to input pixels, and OpenCV warps the
whole batch once: no repeated blurring, and one call instead of one an image. Coordinates are (x, y) = (column,
row), measured from the centre of the image.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Array, Bytes
from engine.spec import Settings, option

SHARE_HELP = "share of the images that it is applied to"
WARP_ROWS = 32_000  # cv2.remap takes fewer than 32,767 rows


@dataclass(frozen=True)
class Augmentation(Settings, family="augmentation"):
    """Base of the augmentations."""

    share: float = option(1.0, SHARE_HELP, low=0.0, high=1.0, live=True)

    def chosen(self, rng: np.random.Generator, count: int) -> Array:
        """1 for images that are changed, 0 for the others (count,)."""
        return (rng.random(count, np.float32) < self.share).astype(np.float32)

    def spread(self, rng: np.random.Generator, count: int, limit: float, axes: int = 1) -> Array:
        """Uniform numbers in +-limit (axes, count), all 0 for images that are not changed."""
        return (rng.random((axes, count), np.float32) * 2 - 1) * np.float32(limit) * self.chosen(rng, count)


class Affine(Augmentation, abstract=True):
    """Base of the changes that a matrix describes."""

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        """(count, 2, 3): input (x, y) = matrix @ (x, y, 1) of the output pixel."""
        raise NotImplementedError


def _matrix(a: Array | float, b: Array | float, c: Array | float, d: Array | float, count: int) -> Array:
    matrices = np.zeros((count, 2, 3), np.float32)
    matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 0], matrices[:, 1, 1] = a, b, c, d
    return matrices


@dataclass(frozen=True)
class Shift(Affine):
    """Moves the digit sideways and up or down."""

    pixels: float = option(2.0, "furthest move in each direction, pixels", low=0.0, high=14.0, live=True)

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        matrices = _matrix(1, 0, 0, 1, count)
        matrices[:, :, 2] = self.spread(rng, count, self.pixels, axes=2).T
        return matrices


@dataclass(frozen=True)
class Rotate(Affine):
    """Turns the digit about the centre."""

    degrees: float = option(10.0, "largest turn in each direction, degrees", low=0.0, high=180.0, live=True)

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        (angle,) = self.spread(rng, count, math.radians(self.degrees))
        cos, sin = np.cos(angle), np.sin(angle)
        return _matrix(cos, -sin, sin, cos, count)


@dataclass(frozen=True)
class Stretch(Affine):
    """Makes the digit wider or narrower, and taller or shorter, each by itself."""

    by: float = option(0.1, "largest change of the width and of the height, as a share", low=0.0, high=0.9, live=True)

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        wide, tall = 1 + self.spread(rng, count, self.by, axes=2)
        return _matrix(1 / wide, 0, 0, 1 / tall, count)


@dataclass(frozen=True)
class Zoom(Affine):
    """Makes the digit larger or smaller with its proportions kept."""

    by: float = option(0.1, "largest change of the size, as a share", low=0.0, high=0.9, live=True)

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        (factor,) = 1 / (1 + self.spread(rng, count, self.by))
        return _matrix(factor, 0, 0, factor, count)


@dataclass(frozen=True)
class Shear(Affine):
    """Slants the digit, as handwriting does."""

    by: float = option(0.1, "largest slant, pixels sideways for each pixel of height", low=0.0, high=1.0, live=True)

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        (slant,) = self.spread(rng, count, self.by)
        return _matrix(1, slant, 0, 1, count)


@dataclass(frozen=True)
class Transpose(Affine):
    """Swaps rows and columns: a hard change, to see what a network makes of it."""

    share: float = option(0.5, SHARE_HELP, low=0.0, high=1.0, live=True)

    def matrices(self, rng: np.random.Generator, count: int) -> Array:
        swapped = self.chosen(rng, count)
        return _matrix(1 - swapped, swapped, swapped, 1 - swapped, count)


@dataclass(frozen=True)
class Elastic(Augmentation):
    """Bends the digit like rubber: each pixel moves, neighbours move alike.

    Uniform noise in +-1, smoothed by a Gaussian of `smoothness` pixels and scaled to a root mean square of
    `strength` pixels. (Simard, Steinkraus, Platt 2003, section 2)
    """

    strength: float = option(1.0, "typical move of a pixel, pixels", low=0.0, high=8.0, live=True)
    smoothness: float = option(4.0, "distance over which pixels move alike, pixels", low=1.0, high=14.0, live=True)

    def moves(self, rng: np.random.Generator, count: int, height: int, width: int) -> Array:
        """(count, height, width, 2): how far from each output pixel its input lies."""
        noise = rng.random((count, 2, height, width), np.float32) * 2 - 1
        fields = _gaussian(height, self.smoothness) @ noise @ _gaussian(width, self.smoothness).T
        size = np.sqrt(np.mean(fields * fields, axis=(1, 2, 3), keepdims=True)) + 1e-12
        fields *= self.strength / size * self.chosen(rng, count).reshape(-1, 1, 1, 1)
        return np.moveaxis(fields, 1, -1)


def _gaussian(size: int, deviation: float) -> Array:
    """(size, size) matrix that smooths along one axis; its rows add up to 1."""
    places = np.arange(size, dtype=np.float32)
    weights = np.exp(-0.5 * ((places[:, None] - places) / np.float32(deviation)) ** 2)
    return weights / weights.sum(axis=1, keepdims=True)


class PixelChange(Augmentation, abstract=True):
    """Base of the changes that leave pixels in their place."""

    def change(self, images: Bytes, rng: np.random.Generator) -> Bytes:
        """New uint8 images (n, height, width)."""
        raise NotImplementedError


@dataclass(frozen=True)
class Noise(PixelChange):
    """Adds grain to every pixel."""

    deviation: float = option(20.0, "standard deviation of the grain, of 255", low=0.0, high=128.0, live=True)

    def change(self, images: Bytes, rng: np.random.Generator) -> Bytes:
        grain = rng.standard_normal(images.shape, np.float32)
        grain *= (self.chosen(rng, len(images)) * np.float32(self.deviation)).reshape(-1, 1, 1)
        grain += images
        return np.clip(np.rint(grain, out=grain), 0, 255, out=grain).astype(np.uint8)


@dataclass(frozen=True)
class Erase(PixelChange):
    """Blanks a rectangle, so that the network must not hang on one stroke. (Zhong et al. 2020)"""

    size: float = option(0.3, "largest height and width of the rectangle, of the image's", low=0.0, high=0.9, live=True)

    def change(self, images: Bytes, rng: np.random.Generator) -> Bytes:
        count, height, width = images.shape
        chosen = self.chosen(rng, count) > 0
        rows = _band(rng, count, height, self.size)
        columns = _band(rng, count, width, self.size)
        erased = rows[:, :, None] & columns[:, None, :] & chosen[:, None, None]
        return np.where(erased, np.uint8(0), images)


def _band(
    rng: np.random.Generator, count: int, extent: int, limit: float
) -> np.ndarray[tuple[int, int], np.dtype[np.bool]]:
    """(count, extent): True over a random stretch of at most limit * extent."""
    length = rng.random((count, 1), np.float32) * limit * extent
    start = rng.random((count, 1), np.float32) * (extent - length)
    places = np.arange(extent, dtype=np.float32) + 0.5
    return (places >= start) & (places < start + length)


def augment(images: Bytes, augmentations: tuple[Augmentation, ...], rng: np.random.Generator) -> Bytes:
    """The images (n, height, width) changed by all augmentations: first where pixels lie, then what they hold."""
    if not len(images):  # a thread's share of a small last batch
        return images
    geometric = tuple(each for each in augmentations if not isinstance(each, PixelChange))
    if geometric:
        images = warp(images, *_sources(images, geometric, rng))
    for each in augmentations:
        if isinstance(each, PixelChange):
            images = each.change(images, rng)
    return images


def _sources(images: Bytes, augmentations: tuple[Augmentation, ...], rng: np.random.Generator) -> tuple[Array, Array]:
    """Column and row (n, height, width) in the input of each output pixel."""
    count, height, width = images.shape
    grid = np.empty((height, width, 3), np.float32)
    grid[..., 0] = np.arange(width, dtype=np.float32) - (width - 1) / 2
    grid[..., 1] = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[:, None]
    grid[..., 2] = 1
    matrices = _matrix(1, 0, 0, 1, count)
    moves = None
    for each in augmentations:
        if isinstance(each, Affine):
            step = each.matrices(rng, count)
            matrices[:, :, 2] += np.einsum("nij,nj->ni", matrices[:, :, :2], step[:, :, 2])
            matrices[:, :, :2] = matrices[:, :, :2] @ step[:, :, :2]
        elif isinstance(each, Elastic):
            fields = each.moves(rng, count, height, width)
            moves = fields if moves is None else moves + fields
    points = grid.reshape(1, -1, 3) @ matrices.transpose(0, 2, 1)  # (n, height * width, 2)
    points = points.reshape(count, height, width, 2)
    if moves is not None:
        points += moves
    return points[..., 0] + (width - 1) / 2, points[..., 1] + (height - 1) / 2


def warp(images: Bytes, columns: Array, rows: Array) -> Bytes:
    """Read each output pixel from (columns, rows) of its own image, bilinearly; outside is 0.

    The images lie one below the other in one tall picture, each in a frame of zeros, and coordinates are held
    inside the frame, so that no image reads from its neighbour.
    """
    count, height, width = images.shape
    most = max(1, WARP_ROWS // (height + 2))
    if count > most:
        pieces = range(0, count, most)
        return np.concatenate([warp(images[i : i + most], columns[i : i + most], rows[i : i + most]) for i in pieces])
    framed = np.zeros((count, height + 2, width + 2), np.uint8)
    framed[:, 1:-1, 1:-1] = images
    offset = np.arange(count, dtype=np.float32).reshape(-1, 1, 1) * (height + 2) + 1
    tall_rows = np.clip(rows, -1, height) + offset
    tall_columns = np.clip(columns, -1, width) + 1
    warped = cv2.remap(
        framed.reshape(-1, width + 2),
        np.ascontiguousarray(tall_columns.reshape(-1, width), np.float32),
        np.ascontiguousarray(tall_rows.reshape(-1, width), np.float32),
        cv2.INTER_LINEAR,
    )
    return np.asarray(warped, np.uint8).reshape(images.shape)
