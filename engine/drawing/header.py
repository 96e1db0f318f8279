"""How large a picture is, as its file's first bytes say: a few kilobytes can hold billions of pixels."""

import struct

PNG, JPEG, BMP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"BM"

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # JPEG's markers before a frame's size
_ALONE = {0x01, *range(0xD0, 0xD9)}  # JPEG's markers without a length


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
