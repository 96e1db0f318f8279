"""What one tab's page Inside is set to."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard import session
from dashboard.inside.subject import Key
from dashboard.keeping_up import KeepingUp
from engine import Model


@dataclass
class InsideDesk(KeepingUp):
    """The choices that all sections share, and the model that is looked at."""

    section: str = "network"
    source: str = "validation"  # where the image comes from: "validation", "misread" or "drawing"
    digit: int = -1  # the class that validation images are of; -1: any
    place: int = 0  # which of them
    model: Model | None = None
    key: Key | None = None
    asked: float = 0.0  # when the model was read, on the monotonic clock
    shown: dict[str, Any] = field(default_factory=dict)  # by section: the newest that was found


@dataclass
class UnitsDesk:
    """What is switched off in the section Units, and the newest that was found out."""

    layer: int = -1
    fill: str = "zero"
    off: dict[int, set[int]] = field(default_factory=dict)  # layer -> units
    of: Path | None = None  # whose units they are
    model: Model | None = None  # what is looked at: weights that change several times a second must not be
    key: Key | None = None
    when: float = 0.0
    newest: dict[str, Any] = field(default_factory=dict)


def inside_desk() -> InsideDesk:
    """This tab's."""
    return session.kept("inside-desk", InsideDesk)
