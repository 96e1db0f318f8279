"""Of a PNG a decoder gets only what makes the picture, and only if it is whole."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from engine.drawing import PictureError, decode_picture
from engine.drawing.header import decodable, unpacked_bytes

WHOLE = cv2.imencode(".png", np.arange(64, dtype=np.uint8).reshape(8, 8))[1].tobytes()


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_header(width, height, depth, colours):
    header = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return WHOLE[:8] + chunk(b"IHDR", header) + WHOLE[33:]


def test_a_whole_picture_stays_the_same_to_the_pixel():
    np.testing.assert_array_equal(decode_picture(decodable(WHOLE)), decode_picture(WHOLE))


def test_texts_and_profiles_are_not_handed_on():
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6)))
    assert decodable(WHOLE[:33] + text + WHOLE[33:] + b"more") == decodable(WHOLE)


@pytest.mark.parametrize("claimed", [10**6, 2**31 - 1, 2**32 - 1])
def test_a_part_that_claims_to_be_longer_than_the_file_is_refused(claimed):
    damaged = WHOLE[:33] + struct.pack(">I", claimed) + WHOLE[37:]
    assert decodable(damaged) is None
    with pytest.raises(PictureError, match="damaged"):
        decode_picture(damaged)


@pytest.mark.parametrize("length", [8, 20, 33, len(WHOLE) - 1])
def test_a_picture_that_breaks_off_is_refused(length):
    assert decodable(WHOLE[:length]) is None


def test_other_formats_are_left_to_their_decoders():
    assert decodable(b"\xff\xd8\xff") == b"\xff\xd8\xff"


def test_what_pixels_take_is_counted_before_they_are_unpacked():
    assert unpacked_bytes(with_header(100, 50, 8, 0)) == 100 * 50
    assert unpacked_bytes(with_header(100, 50, 16, 6)) == 100 * 50 * 4 * 2
    with pytest.raises(PictureError, match="takes 200 MB when it is unpacked"):
        decode_picture(with_header(5000, 5000, 16, 6))
