"""Bytes as a short text for an address or a line to be pasted, and back. The text may come from anybody.

    sealed(squeezed(data))  ->  "1.SPQbKYMxCBsIMcQ8FgA"
    expanded(opened(text, longest), most)  ->  data

    text     VERSION.BODY, where BODY is base64 in the alphabet for addresses (RFC 4648, section 5), without padding
    body     2 bytes: CRC-32 of the rest, its lower half, tells that letters were lost or changed
             the content, of which all or a part is compressed (RFC 1951) against the words in link_words.py

The check is no protection against somebody who makes a text of their own.
"""

import base64
import binascii
import re
import zlib

from engine.link_words import WORDS
from engine.problems import PlainError

VERSION = 1  # of the text and of the words
_TEXT = re.compile(r"([0-9]{1,4})\.([A-Za-z0-9_-]*)")
_CHECK = 2  # bytes
_EXAMPLE = "1.SPQbKYMxCBsIMcQ8FgA"


class CodingError(PlainError):
    """A text that was not made here, or not all of it, or that is too large."""


def sealed(content: bytes) -> str:
    """The text for some bytes."""
    return f"{VERSION}.{base64.urlsafe_b64encode(_crc(content) + content).decode().rstrip('=')}"


def opened(text: str, longest: int) -> bytes:
    """What `sealed` was given; longest: characters. Spaces and line breaks, as of mail programs, do not matter.

    Raises CodingError.
    """
    if len(text) > longest:
        raise CodingError(f"it is {len(text):,} characters long; at most {longest:,} are read.")
    match = _TEXT.fullmatch("".join(text.split()))
    if match is None:
        raise CodingError(f"expected the version, a point, and letters, as in {_EXAMPLE}; got other text.")
    if int(match[1]) != VERSION:
        raise CodingError(f"it has version {int(match[1])}; this Inkling reads version {VERSION}. Get a newer one.")
    try:
        body = base64.b64decode(match[2] + "=" * (-len(match[2]) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        body = b""
    if len(body) <= _CHECK or _crc(body[_CHECK:]) != body[:_CHECK]:
        raise CodingError("some of its letters were lost or changed on the way. Copy the whole of it once more.")
    return body[_CHECK:]


def squeezed(data: bytes) -> bytes:
    """Compressed: a few dozen bytes where the data consist of the words that settings are made of."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY, WORDS)
    return squeeze.compress(data) + squeeze.flush()


def expanded(packed: bytes, most: int) -> bytes:
    """What `squeezed` was given. Raises CodingError for more than `most` bytes, before they take memory."""
    expand = zlib.decompressobj(-15, WORDS)
    try:
        data = expand.decompress(packed, most)
    except zlib.error:
        raise CodingError("it cannot be unpacked; no Inkling made it.") from None
    if not expand.eof and len(data) == most:
        raise CodingError(f"it holds more than the {most:,} characters that are read.")
    if not expand.eof or expand.unused_data:
        raise CodingError("it cannot be unpacked; no Inkling made it.")
    return data


def _crc(data: bytes) -> bytes:
    return zlib.crc32(data).to_bytes(4, "big")[-_CHECK:]
