"""The ink of one drawing, kept by itself so that it can be prepared for a network of any input size."""

import cv2
import numpy as np

from engine.arrays import Bytes
from engine.datasets.base import DataError
from engine.drawing import Prepared, prepare_ink

INK_SIDE, MARGIN = 112, 4  # pixels
IMAGE_SIDE = 28


def ink_of(prepared: Prepared) -> Bytes:
    """The ink of a drawing by itself, uint8 (112, 112): smaller if need be, never larger. From its first step."""
    return fitted_ink(prepared.steps[0].image)


def fitted_ink(ink: Bytes) -> Bytes:
    """Ink of any size, cropped, in the middle of (112, 112). Raises DataError if there is none."""
    left, top, width, height = cv2.boundingRect((ink >= 8).astype(np.uint8))
    if width == 0:
        raise DataError("there is no ink on this picture; expected a drawn digit.")
    digit = ink[top : top + height, left : left + width]
    factor = min(1.0, (INK_SIDE - 2 * MARGIN) / max(height, width))
    if factor < 1:
        size = (max(1, round(width * factor)), max(1, round(height * factor)))
        digit = np.asarray(cv2.resize(digit, size, interpolation=cv2.INTER_AREA), np.uint8)
    placed = np.zeros((INK_SIDE, INK_SIDE), np.uint8)
    down, right = ((INK_SIDE - extent) // 2 for extent in digit.shape)
    placed[down : down + digit.shape[0], right : right + digit.shape[1]] = digit
    return placed


def prepared_ink(ink: Bytes, size: int = IMAGE_SIDE) -> Bytes:
    """Ink as a network sees it, uint8 (size, size). Raises DataError if there is none."""
    prepared = prepare_ink(ink, image_size=size)
    if prepared is None:
        raise DataError("there is no ink on this picture; expected a drawn digit.")
    return prepared.image
