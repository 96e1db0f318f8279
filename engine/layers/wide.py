"""Arithmetic by channel on images, with the rows of the image as long vectors.

An image's last axis is often 8 or 16 numbers long, and NumPy starts a loop for each run of them. Seen as
(n height, width channels), with what belongs to the channels repeated along the width, the runs are long.
"""

import numpy as np

from engine.arrays import Array, ones


def as_wide(images: Array) -> Array:
    """View of contiguous (n, ..., width, channels) as (n ..., width * channels); flat data stays as it is."""
    return images if images.ndim == 2 else images.reshape(-1, images.shape[-2] * images.shape[-1])


def repeat(channels: Array, images: Array) -> Array:
    """(channels,) -> as long as a row of `as_wide(images)`."""
    return channels if images.ndim == 2 else np.tile(channels, images.shape[-2])


def sum_channels(images: Array, out: Array | None = None) -> Array:
    """Sum over everything but the channels."""
    wide = as_wide(images)
    return fold(np.dot(ones(len(wide), wide.dtype), wide), images, out)


def sum_products(first: Array, second: Array, out: Array | None = None) -> Array:
    """Sum of first * second over everything but the channels."""
    wide = np.einsum("ij,ij->j", as_wide(first), as_wide(second))
    return fold(wide, first, out)


def fold(row: Array, images: Array, out: Array | None = None) -> Array:
    """Sum what `repeat` repeats: (width * channels,) -> (channels,)."""
    return np.add.reduce(row.reshape(-1, images.shape[-1]), axis=0, out=out)
