"""Where the ink is: a canvas, a scan or a photograph -> how much ink lies on each pixel.

A canvas has one exact background colour, so ink is whatever differs from it, in any colour, and the
difference is the coverage. Paper has no exact colour: `engine.drawing.paper` estimates it place by place.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.paper import ink_on_paper

Image = NDArray[np.uint8]

LARGEST_SIDE = 1024  # pixels; more holds nothing that 28 pixels could show
FAINTEST = 12  # of 255; a smaller difference from the background cannot be seen
FLAT_SHARE = 0.3  # of the pixels; a canvas has at least so many of exactly its background's colour


def find_ink(image: NDArray[np.uint8]) -> Image:
    """The coverage by ink, whatever the colours: 0 is background, 255 is ink.

    image: uint8 (height, width, 4) as a canvas gives it, transparent or not; (height, width, 3) or
    (height, width), as a file gives it. The result is uint8 (height, width); of an image with a side
    longer than 1024 pixels it is as much smaller. Raises ValueError for anything else.
    """
    pixels = _shrink(_check_image(image))
    colours = _colour_numbers(pixels)
    background = _commonest(np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]]))
    differs = (colours != background).astype(np.uint8)
    if int(cv2.countNonZero(differs)) > (1 - FLAT_SHARE) * colours.size:
        return ink_on_paper(_on_white(pixels))
    left, top, width, height = cv2.boundingRect(differs)
    ink = np.zeros(colours.shape, np.uint8)
    if width > 0:
        window = (slice(top, top + height), slice(left, left + width))
        ink[window] = _difference_from(pixels[window], background)
    return ink


def read_photo(image: NDArray[np.uint8]) -> Image:
    """The ink on a photographed or scanned sheet, 0..255, even when its background looks flat.

    image and errors: as for `find_ink`, which comes here by itself when the background is not one colour.
    """
    return ink_on_paper(_on_white(_shrink(_check_image(image))))


def _check_image(image: NDArray[np.uint8]) -> Image:
    """uint8 (height, width, 4), contiguous; grey and RGB images become opaque."""
    if not isinstance(image, np.ndarray):
        raise ValueError(
            f"a drawing must be a NumPy array of uint8 (height, width, 4); got {type(image).__name__}. "
            "Pass the canvas's image_data, or numpy.asarray(image)."
        )
    if image.dtype != np.uint8:
        raise ValueError(
            f"a drawing must hold uint8, 0 to 255; got {image.dtype} {image.shape}. "
            "Scale it to 0..255 and convert it with .astype(numpy.uint8)."
        )
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (1, 3, 4)) or image.size == 0:
        raise ValueError(
            "a drawing must have the shape (height, width, 4), (height, width, 3) or (height, width), "
            f"and at least one pixel; got {image.shape}. Pass one image at a time, channels last."
        )
    image = np.ascontiguousarray(image)
    if image.ndim == 2 or image.shape[2] == 1:
        return np.asarray(cv2.cvtColor(image.reshape(image.shape[:2]), cv2.COLOR_GRAY2RGBA), np.uint8)
    if image.shape[2] == 3:
        return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2RGBA), np.uint8)
    return image


def _shrink(pixels: Image) -> Image:
    height, width = pixels.shape[:2]
    factor = LARGEST_SIDE / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _colour_numbers(pixels: Image) -> NDArray[np.uint32]:
    """RGBA (height, width, 4) -> uint32 (height, width): four bytes are compared fastest as one number.

    What is wholly transparent has no colour, whatever its red, green and blue say: it becomes 0.
    """
    numbers = np.ascontiguousarray(pixels).view("<u4")[..., 0]
    return np.where(numbers < 1 << 24, np.uint32(0), numbers)  # alpha is the highest byte


def _commonest(colours: NDArray[np.uint32]) -> np.uint32:
    """Of the border's colours, the background: ink may cover most of a canvas, but not of its border."""
    values, counts = np.unique(colours, return_counts=True)
    return np.uint32(values[counts.argmax()])


def _difference_from(pixels: Image, background: np.uint32) -> Image:
    """The largest difference of any channel, so that yellow on white counts as much as black; 255 is ink.

    pixels: RGBA (height, width, 4), not all of the background's colour.
    """
    # Multiplied by its alpha, a stroke on a transparent canvas, a black one too, differs by its alpha.
    solid = _premultiplied(pixels)
    plain = _premultiplied(np.array([[background]], "<u4").view(np.uint8).reshape(1, 1, 4))[0, 0]
    distance = np.zeros(pixels.shape[:2], np.uint8)
    for channel, value in zip(cv2.split(solid), plain.tolist(), strict=True):
        cv2.max(distance, cv2.absdiff(channel, np.full_like(distance, value)), dst=distance)
    counts = np.asarray(cv2.calcHist([distance], [0], None, [256], [0, 256])).ravel()
    darkest = int(np.flatnonzero(counts)[-1])
    if darkest < FAINTEST:
        return np.zeros_like(distance)
    # Full ink is the median, not the maximum: a translucent brush is darker where it crosses itself.
    counts[: max(darkest // 4, 1)] = 0
    full = int(np.searchsorted(counts.cumsum(), counts.sum() / 2))
    return np.asarray(cv2.convertScaleAbs(distance, alpha=255 / full), np.uint8)


def _premultiplied(pixels: Image) -> Image:
    red, green, blue, alpha = cv2.split(np.ascontiguousarray(pixels))
    if int(cv2.minMaxLoc(alpha)[0]) == 255:
        return pixels
    faded = [cv2.multiply(channel, alpha, scale=1 / 255) for channel in (red, green, blue)]
    return np.asarray(cv2.merge([*faded, alpha]), np.uint8)


def _on_white(pixels: Image) -> Image:
    """RGBA (height, width, 4) as RGB (height, width, 3) on white paper."""
    red, green, blue, alpha = cv2.split(_premultiplied(pixels))
    paper = cv2.bitwise_not(alpha)
    return np.asarray(cv2.merge([cv2.add(channel, paper) for channel in (red, green, blue)]), np.uint8)
