"""A picture file that somebody sends -> its pixels, looked at before it is unpacked.

A file of a few kilobytes can hold a picture of billions of pixels. Its header says how many there are, so that is
read first, and what is too large is refused without having been decoded.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.header import JPEG, PNG, decodable, size_in_header, unpacked_bytes
from engine.drawing.ink import LARGEST_SIDE, find_ink, read_photo
from engine.problems import PlainError

MOST_BYTES = 15_000_000
MOST_PIXELS = 64_000_000  # the largest photographs of telephones have 50 million
MOST_PIXELS_OF_PNG = 25_000_000  # a PNG cannot be decoded at a smaller size
MOST_BYTES_OF_PNG = 100_000_000  # once it is unpacked: so many pixels with four channels, or half of them with 16 bits
SHOWN_SIDE = LARGEST_SIDE  # pixels; more is not looked at


class PictureError(PlainError):
    """A file that is no picture, or one that is too large; the message is for whoever sent it."""


def decode_picture(data: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG or JPEG file, upright, uint8 (height, width, 3 or 4), RGB; 1024 pixels a side at most.

    Raises PictureError.
    """
    if len(data) > MOST_BYTES:
        raise PictureError(
            f"The file has {len(data) / 1e6:.0f} MB; at most {MOST_BYTES / 1e6:.0f} MB can be read. "
            "Send a smaller copy, or a part of it."
        )
    width, height = picture_size(data)
    png = data.startswith(PNG)
    most = MOST_PIXELS_OF_PNG if png else MOST_PIXELS
    if not 0 < width * height <= most:
        raise PictureError(
            f"The picture has {width:,} × {height:,} pixels; at most {most // 1_000_000} million can be read. "
            "Send a smaller copy, or a part of it."
        )
    if unpacked_bytes(data) > MOST_BYTES_OF_PNG:
        raise PictureError(
            f"The picture takes {unpacked_bytes(data) / 1e6:,.0f} MB when it is unpacked; at most "
            f"{MOST_BYTES_OF_PNG / 1e6:.0f} MB can be read. Save it with 8 bits a channel, or send a part of it."
        )
    pixels = _decoded(data, _mode(png, max(width, height)))
    if pixels is None:
        raise PictureError("The file is damaged: its picture cannot be decoded. Save or photograph it again.")
    return _shrunk(_rgb(np.asarray(pixels)))


def ink_of_picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The ink in a picture as `decode_picture` gives it, uint8 (height, width): on paper, or drawn on nothing."""
    transparent = pixels.shape[2] == 4 and int(pixels[..., 3].min()) < 128
    return find_ink(pixels) if transparent else read_photo(pixels)


def picture_size(data: bytes) -> tuple[int, int]:
    """(width, height) from the header of a PNG or JPEG file. Raises PictureError for anything else."""
    if not data.startswith((PNG, JPEG)):
        raise PictureError("This is neither a PNG nor a JPEG picture. Save it as one of these, and send that.")
    size = size_in_header(data)
    if size is None:
        kind = "PNG" if data.startswith(PNG) else "JPEG"
        raise PictureError(f"The file is damaged: it begins as a {kind} picture, but does not say how large it is.")
    return size


def _decoded(data: bytes, mode: int) -> NDArray[np.generic] | None:
    whole = decodable(data)
    try:
        return None if whole is None else cv2.imdecode(np.frombuffer(whole, np.uint8), mode)
    except cv2.error:
        return None


def _mode(png: bool, longest: int) -> int:
    """Colours, turned as the camera was held; a large JPEG is decoded at a half, a quarter or an eighth at once."""
    if png:
        return int(cv2.IMREAD_UNCHANGED)  # transparency counts
    for factor, mode in ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4)):
        if longest >= factor * SHOWN_SIDE:
            return int(mode)
    return int(cv2.IMREAD_REDUCED_COLOR_2 if longest >= 2 * SHOWN_SIDE else cv2.IMREAD_COLOR)


def _rgb(pixels: NDArray[np.generic]) -> NDArray[np.uint8]:
    """OpenCV's blue, green, red, with or without alpha, or grey; 8 or 16 bits -> uint8 (height, width, 3 or 4)."""
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)  # type: ignore[operator]
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(np.asarray(pixels), cv2.COLOR_GRAY2RGB), np.uint8)
    order = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return np.asarray(cv2.cvtColor(np.asarray(pixels), order), np.uint8)


def _shrunk(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = pixels.shape[:2]
    factor = SHOWN_SIDE / max(height, width)
    if factor >= 1:
        return pixels
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
