"""Plain data as a short text for a link or a line to be pasted, and back. The text may come from anybody.

    VERSION "." base64url(zlib(JSON))     "1.eNqrVkosLcnIL1KyUkpUqgUAJCgEug"

zlib's own checksum tells a text that was cut short or mistyped; it is no protection against somebody who makes one.
"""

import base64
import json
import re
import zlib
from typing import Any

from engine.config import TrainingConfig
from engine.link import LinkError, decode, encode

VERSION = "1"
LONGEST = 8_000  # characters of a text
MOST_BYTES = 100_000  # that it may unpack to: a few hundred bytes can be told to become gigabytes
_TEXT = re.compile(r"(\d{1,3})\.([A-Za-z0-9_-]+)")


class ChallengeError(ValueError):
    """A challenge or a code that cannot be used: what was expected, and what to do."""


def pack(data: dict[str, Any]) -> str:
    """The text. Raises ChallengeError for data that would make it too long."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    packed = base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")
    if len(packed) > LONGEST - 4:
        raise ChallengeError(
            f"it would take {len(packed):,} characters; at most {LONGEST:,} are sent. Shorten the text."
        )
    return f"{VERSION}.{packed}"


def unpack(text: str, what: str) -> dict[str, Any]:
    """The data. what: what the text should be, for the error. Raises ChallengeError for anything else."""
    text = "".join(text.split())  # mail programs break lines
    found = _TEXT.fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        raise ChallengeError(f"this is no {what}: expected {VERSION}. and letters, as it was given. Copy it whole.")
    if found[1] != VERSION:
        raise ChallengeError(
            f"this {what} is of version {found[1]}; this page knows version {VERSION}. Update the page."
        )
    try:
        raw = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
        inflater = zlib.decompressobj()
        content = inflater.decompress(raw, MOST_BYTES)
        whole = inflater.eof and not inflater.unused_data
        data = json.loads(content) if whole else None
    except (ValueError, zlib.error, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ChallengeError(f"this {what} is damaged: a character is missing or wrong. Copy it whole, once more.")
    return data


def settings_text(config: TrainingConfig) -> str:
    """The settings as a link has them: short, and without files."""
    return encode(config)


def settings_in(text: Any, what: str) -> TrainingConfig:
    """What `settings_text` gave, all of it: a challenge in which something was ignored would be another one.

    Raises ChallengeError.
    """
    if not isinstance(text, str):
        raise ChallengeError(f"this {what} has no settings.")
    try:
        config, ignored = decode(text)
    except LinkError as error:
        raise ChallengeError(f"the settings in this {what} cannot be read: {error}") from None
    if ignored:
        raise ChallengeError(f"this {what} has settings that this page does not know: {' '.join(ignored)}")
    return config


def refuse_files(config: TrainingConfig, what: str) -> None:
    """Raise ChallengeError for settings that name files: nobody else has them."""
    if config.data.source not in ("mnist", "mnist16") or config.data.personal or config.start_from:
        raise ChallengeError(
            f"this {what} depends on files: data of one's own, own drawings, or the weights of another run. It can be "
            "repeated nowhere else. Use the data that ships with the page, and begin with new weights."
        )
