"""What a picture's file says of itself, before anything is unpacked: a few kilobytes can hold billions of pixels.

A PNG is a row of chunks, each with its length, its kind, its data and a checksum. OpenCV makes room for whatever length
a chunk claims, and unpacks texts and colour profiles too; so what it gets is only what makes the picture, and whole.
"""

import struct

PNG, JPEG, BMP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"BM"

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers before a frame's size
_ALONE = {0x01, *range(0xD0, 0xD9)}  # JPEG's markers without a length

_PNG_PARTS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"eXIf"}  # eXIf: how the camera was held
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 4, 6: 4}  # by colour type, as they are unpacked


def size_in_header(data: bytes) -> tuple[int, int] | None:
    """(width, height) without unpacking anything; None for what is no PNG, JPEG or BMP, or does not say."""
    if data.startswith(PNG) and len(data) >= 24 and data[12:16] == b"IHDR":
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if data.startswith(BMP) and len(data) >= 26:
        width, height = struct.unpack("<ii", data[18:26])
        return abs(width), abs(height)  # a negative height: from the top down
    return _jpeg_size(data) if data.startswith(JPEG) else None


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walk from marker to marker up to the one that tells the frame's size."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # padding
            place += 1
        elif marker in _ALONE:
            place += 2
        elif marker in _FRAMES:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        else:
            place += 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    return None


def unpacked_bytes(data: bytes) -> int:
    """Bytes that the pixels of a PNG take once they are unpacked; 0 where its header does not say."""
    size = size_in_header(data)
    if size is None or not data.startswith(PNG) or len(data) < 26:
        return 0
    depth = 2 if data[24] == 16 else 1
    return size[0] * size[1] * _PNG_CHANNELS.get(data[25], 4) * depth


def decodable(data: bytes) -> bytes | None:
    """What a decoder may have of a picture's file; None for a PNG whose parts are not whole."""
    if not data.startswith(PNG):
        return data
    kept, place = [PNG], len(PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        end = place + 12 + length
        if end > len(data):
            return None
        if data[place + 4 : place + 8] in _PNG_PARTS:
            kept.append(data[place:end])
        place = end
        if kept[-1][4:8] == b"IEND":
            return b"".join(kept)
    return None
