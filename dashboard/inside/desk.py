"""What one tab's page Inside is set to."""

from dataclasses import dataclass, field
from typing import Any

from dashboard import session
from dashboard.inside.subject import Key
from engine import Model


@dataclass
class InsideDesk:
    """The choices that all sections share, and the model that is looked at."""

    section: str = "network"
    source: str = "validation"  # where the image comes from: "validation", "misread" or "drawing"
    digit: int = -1  # the class that validation images are of; -1: any
    place: int = 0  # which of them
    model: Model | None = None
    key: Key | None = None
    asked: float = 0.0  # when the model was read, on the monotonic clock
    polling: bool = False  # the page looks again several times a second
    waiting: bool = False  # a section waits for something
    shown: dict[str, Any] = field(default_factory=dict)  # by section: the newest that was found


def inside_desk() -> InsideDesk:
    """This tab's."""
    return session.kept("inside-desk", InsideDesk)
