"""The form of what is said by hand on the page of a control; the texts are in words_*.py, each one literal."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Try:
    """Something to try, and what a click sets for it: settings by path, and a kind of layer to be added."""

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    layer: str = ""


@dataclass(frozen=True)
class Words:
    """does: what it does, in two or three sentences. tries: what to try."""

    does: str
    tries: tuple[Try, ...] = ()
