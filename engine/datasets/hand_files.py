"""A person's drawings as files to take along: the set itself, or a zip with a PNG of each drawing by digit.

    7/0001.png          the ink, white on black, 112 x 112
    7/0003_held.png     the same, of a drawing that is never learned from

Both are read again; a zip may come from elsewhere, with pictures of any size, dark on light or light on dark.
"""

import io
import re
import zipfile
from pathlib import Path

import cv2
import numpy as np

from engine.arrays import Bytes
from engine.datasets.base import DataError
from engine.datasets.inks import INK_SIDE, fitted_ink, prepared_ink
from engine.datasets.npz import read_npz
from engine.datasets.personal import MOST, Hand, checked_hand, held_among, save_hand
from engine.drawing import find_ink
from engine.drawing.header import PNG, decodable, size_in_header
from engine.npy import why_damaged

PICTURE = re.compile(r"(?:.*/)?([0-9])/[^/]+\.png", re.IGNORECASE)
MOST_BYTES = 2_000_000  # of one picture's file
MOST_SIDE = 2048  # pixels


def to_npz(hand: Hand) -> bytes:
    """The set as the bytes of an .npz file."""
    memory = io.BytesIO()
    save_hand(memory, hand)
    return memory.getvalue()


def to_zip(hand: Hand) -> bytes:
    """The bytes of a zip file with a PNG of each drawing in a folder of its digit."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        for name, label, held, ink in zip(hand.ids, hand.labels, hand.held, hand.inks, strict=True):
            encoded = cv2.imencode(".png", ink)[1].tobytes()
            file.writestr(f"{label}/{name:04d}{'_held' if held else ''}.png", encoded)
    return memory.getvalue()


def from_bytes(data: bytes) -> Hand:
    """The drawings in what `to_npz` or `to_zip` gave, or in another zip of pictures by digit. Raises DataError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            if any(name.endswith(".npy") for name in file.namelist()):
                return _from_npz(data)
            return _from_pictures(file)
    except DataError:
        raise
    except Exception as error:  # zipfile and its decompressors raise what they like at damaged files
        raise DataError(f"this is no readable .npz or .zip file: {why_damaged(error)}.") from None


def _from_npz(data: bytes) -> Hand:
    name = "what you sent"
    return checked_hand(read_npz(io.BytesIO(data), name), Path(name))


def _from_pictures(file: zipfile.ZipFile) -> Hand:
    found = [(member, match) for member in file.infolist() if (match := PICTURE.fullmatch(member.filename))]
    found = [(member, match) for member, match in found if "__MACOSX" not in member.filename][:MOST]
    if not found:
        raise DataError("this zip file holds no pictures as 7/name.png: expected a folder for each digit, 0 to 9.")
    too_long = next((member for member, _ in found if member.file_size > MOST_BYTES), None)
    if too_long is not None:
        raise DataError(f"a picture in this zip file has {too_long.file_size:,} bytes; {MOST_BYTES:,} are the most.")
    inks = []
    for member, _ in found:
        with file.open(member) as opened:
            inks.append(_ink(opened.read(member.file_size)))
    told = [member.filename.lower().endswith("_held.png") for member, _ in found]
    third = [held_among(place + 1) > held_among(place) for place in range(len(found))]
    return Hand(
        np.arange(1, len(found) + 1, dtype=np.int64),
        np.array([int(match[1]) for _, match in found], np.uint8),
        np.array(told if any(told) else third, np.bool_),
        np.stack(inks),
        np.stack([prepared_ink(ink) for ink in inks]),
    )


def _ink(encoded: bytes) -> Bytes:
    """The ink of one PNG, uint8 (112, 112); its size is looked at before it is unpacked."""
    width, height = size_in_header(encoded) or (0, 0)
    if not encoded.startswith(PNG) or not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        raise DataError(f"a picture in this zip file is no PNG of at most {MOST_SIDE} x {MOST_SIDE} pixels.")
    whole = decodable(encoded)
    try:
        pixels = None if whole is None else cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        pixels = None
    if pixels is None or pixels.dtype != np.uint8:
        raise DataError("a picture in this zip file is damaged, or has more than 8 bits a channel.")
    if pixels.shape == (INK_SIDE, INK_SIDE) and not pixels[[0, -1]].any():
        return np.asarray(pixels, np.uint8)  # ours
    if pixels.ndim == 3 and pixels.shape[2] in (3, 4):
        order = [2, 1, 0, 3][: pixels.shape[2]]
        pixels = np.ascontiguousarray(pixels[..., order])
    return fitted_ink(find_ink(np.asarray(pixels, np.uint8)))
