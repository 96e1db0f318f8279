"""Picture files that people send: upright pixels, or a sentence that says why not, before anything is unpacked."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from engine.drawing import PictureError, decode_picture, ink_of_picture
from engine.drawing.photo import MOST_BYTES, MOST_PIXELS, SHOWN_SIDE, picture_size


def picture(height=60, width=90):
    """Red above, blue below, RGB."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = 200
    pixels[height // 2 :, :, 2] = 200
    return pixels


def encoded(pixels, kind=".png"):
    order = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return cv2.imencode(kind, cv2.cvtColor(pixels, order))[1].tobytes()


def bomb(width, height):
    """A PNG whose header tells of a huge picture, in a few dozen bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


def turned(jpeg, orientation):
    """The JPEG with a note of the camera (EXIF, tag 0x112) on how it was held."""
    entry = struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
    body = b"Exif\0\0" + b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_colours_and_size_come_through(kind):
    pixels = decode_picture(encoded(picture(), kind))
    assert pixels.shape == (60, 90, 3)
    assert np.abs(pixels.astype(int) - picture()).mean() < 5


def test_a_photograph_is_turned_upright_as_the_camera_notes():
    pixels = decode_picture(turned(encoded(picture(), ".jpg"), 6))  # held on its right side
    assert pixels.shape == (90, 60, 3)
    assert pixels[45, 55, 0] > 150  # what was above is at the right
    assert pixels[45, 5, 2] > 150


def test_a_large_picture_is_made_smaller_in_proportion():
    assert decode_picture(encoded(picture(1500, 3000), ".jpg")).shape == (SHOWN_SIDE // 2, SHOWN_SIDE, 3)
    assert decode_picture(encoded(picture(3000, 1500))).shape == (SHOWN_SIDE, SHOWN_SIDE // 2, 3)


def test_sixteen_bits_and_grey_and_transparency_come_through():
    deep = np.full((20, 20), 40_000, np.uint16)
    assert (decode_picture(cv2.imencode(".png", deep)[1].tobytes()) == 40_000 >> 8).all()
    clear = np.zeros((20, 20, 4), np.uint8)
    clear[5:15, 8:12] = 255
    assert decode_picture(encoded(clear)).shape == (20, 20, 4)
    assert ink_of_picture(clear)[10, 10] == 255  # white ink on nothing


def test_the_size_is_read_without_decoding():
    assert picture_size(encoded(picture(), ".jpg")) == (90, 60)
    assert picture_size(bomb(70_000, 3)) == (70_000, 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "neither a PNG nor a JPEG"),
        (b"GIF89a" + bytes(100), "neither a PNG nor a JPEG"),
        (bomb(100_000, 100_000), "100,000 × 100,000 pixels"),
        (bomb(0, 10), "0 × 10 pixels"),
        (bomb(10, 10), "damaged"),
        (b"\xff\xd8" + bytes(50), "damaged"),
        (b"\xff\xd8\xff\xe0\x00\x00" + bytes(50), "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(MOST_BYTES), "MB"),
    ],
)
def test_what_is_no_usable_picture_is_refused_in_words(data, message):
    with pytest.raises(PictureError, match=message):
        decode_picture(data)


def test_cut_off_and_scrambled_files_give_pixels_or_a_sentence():
    rng = np.random.default_rng(5)
    for kind in (".png", ".jpg"):
        whole = encoded(picture(), kind)
        for _ in range(150):
            data = bytearray(whole[: rng.integers(1, len(whole) + 1)])
            for place in rng.integers(0, len(data), 3):
                data[place] = rng.integers(256)
            try:
                pixels = decode_picture(bytes(data))
            except PictureError:
                continue
            assert pixels.dtype == np.uint8
            assert pixels.shape[0] * pixels.shape[1] <= MOST_PIXELS
