"""Errors whose messages are for people: whatever a file or a link put into them, they can be shown and stored."""

import json
import math
import reprlib
from typing import Any

LONGEST = 700  # characters of a message; what is longer says nothing more


class PlainError(ValueError):
    """Says what was received, what was expected, and what to do. Base of the engine's own errors."""

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


def printable(text: str, longest: int = LONGEST) -> str:
    """The text in one line, with at most so many characters.

    Control characters, line breaks, marks that turn the reading direction and halves of surrogate pairs (which no
    browser can be sent) are written out, as in "\\x1b".
    """
    text = text[: longest + 1]  # first: it may have millions
    if not text.isprintable():
        text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 60


def shown(value: Any) -> str:
    """What was received, as Python writes it, in at most 60 characters, however long or deep it is."""
    try:
        text = _SHORT.repr(value)
    except ValueError:  # Python refuses to write numbers of more than 4,300 digits
        text = "a very long number"
    return text if len(text) <= 60 else text[:57] + "..."


def strict_json(text: str) -> Any:
    """What a JSON text says; NaN and infinities are none. Raises ValueError or RecursionError (see `why_no_json`)."""
    return json.loads(text, parse_constant=_finite, parse_float=_finite)


def _finite(text: str) -> float:
    if math.isfinite(number := float(text)):
        return number
    raise PlainError(f"{text[:20]} in it is no finite number")


def why_no_json(error: Exception) -> str:
    """What is wrong with a text that is no JSON, in words for people."""
    if isinstance(error, PlainError):
        return str(error)
    if isinstance(error, RecursionError):
        return "its parts are nested too deeply"
    if isinstance(error, UnicodeError):
        return "it is not text in UTF-8"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
    return "a number in it has too many digits"  # the only other thing that it refuses
