"""Plain data as a short text for a link or a line to be pasted, and back: JSON in the text that coding.py makes."""

import json
from typing import Any

from engine.coding import CodingError, expanded, opened, sealed, squeezed
from engine.config import TrainingConfig
from engine.link import LinkError, decode, encode, stays_here
from engine.problems import PlainError, strict_json, why_no_json

LONGEST = 8_000  # characters of a text
MOST_BYTES = 100_000  # that it may unpack to: a few hundred bytes can be told to become gigabytes


class ChallengeError(PlainError):
    """A challenge or a code that cannot be used: what was expected, and what to do."""


def pack(data: dict[str, Any]) -> str:
    """The text. Raises ChallengeError for data that would make it too long."""
    written = json.dumps(data, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()
    text = sealed(squeezed(written))
    if len(text) > LONGEST or len(written) > MOST_BYTES:
        raise ChallengeError(f"it would take {len(text):,} characters; at most {LONGEST:,} are sent. Shorten the text.")
    return text


def unpack(text: str, what: str) -> dict[str, Any]:
    """The data. what: what the text should be, for the error. Raises ChallengeError for anything else."""
    try:
        data = strict_json(expanded(opened(text, LONGEST), MOST_BYTES).decode())
    except CodingError as error:
        raise ChallengeError(f"this {what} cannot be read: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ChallengeError(f"this {what} was not made by Inkling: {why_no_json(error)}") from None
    if not isinstance(data, dict):
        raise ChallengeError(f"this {what} is incomplete: it was not made by this page.")
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
    if stays_here(config):
        raise ChallengeError(
            f"this {what} depends on files: data of one's own, own drawings, or the weights of another run. It can be "
            "repeated nowhere else. Use the data that ships with the page, and begin with new weights."
        )
