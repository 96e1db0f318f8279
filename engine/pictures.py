"""Picture files -> what a network expects."""

from pathlib import Path
from typing import cast

import cv2
import numpy as np

from engine.arrays import Bytes
from engine.datasets.base import DataError
from engine.drawing import prepare_ink, read_photo

DARK = 64  # an edge darker than this is a background as the data sets have it


def read_picture(path: Path, image_size: int) -> Bytes | None:
    """The digit in a picture file, uint8 (image_size, image_size); None where there is no ink.

    A grey picture of exactly that size with a dark edge is taken as it is: it is prepared already. Raises DataError.
    """
    pixels = load_pixels(path)
    grey = pixels if pixels.ndim == 2 else _one_grey(pixels)
    if grey is not None and grey.shape == (image_size, image_size) and _edge(grey) < DARK:
        return np.ascontiguousarray(grey) if grey.any() else None
    prepared = prepare_ink(read_photo(pixels), image_size=image_size)
    return None if prepared is None else prepared.image


def load_pixels(path: Path) -> Bytes:
    """A file's pixels, uint8 (height, width) grey, or (height, width, 3 or 4) in the order RGB. Raises DataError."""
    try:
        loaded = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    except cv2.error:  # an empty file, or a picture that breaks off or is too large
        loaded = None
    if loaded is None:
        raise DataError(f"{path} is no picture that can be read; PNG, JPEG, BMP, TIFF and WebP can.")
    pixels = np.asarray(loaded)
    if pixels.dtype != np.uint8:  # 16 bits or floats: to the range of bytes, the darkest to 0
        low, high = float(pixels.min()), float(pixels.max())
        pixels = np.rint((pixels - low) * (255 / max(high - low, 1e-12))).astype(np.uint8)
    if pixels.ndim == 3:
        order = [2, 1, 0, 3][: pixels.shape[2]] if pixels.shape[2] > 2 else [0, 0, 0, 1][: 2 + pixels.shape[2]]
        pixels = pixels[..., order]
    return cast(Bytes, np.ascontiguousarray(pixels))


def _one_grey(pixels: Bytes) -> Bytes | None:
    """The grey picture that a colour one without any colour is; None if it has colour or is transparent."""
    colours, alpha = pixels[..., :3], pixels[..., 3:]
    same = (colours == colours[..., :1]).all() and (alpha == 255).all()
    return np.asarray(colours[..., 0]) if same else None


def _edge(grey: Bytes) -> float:
    """Usual brightness of the outermost pixels."""
    return float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
