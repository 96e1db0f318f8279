"""The parts of a checkpoint's header, whatever somebody wrote there. What is refused raises CheckpointError."""

from dataclasses import MISSING, fields
from typing import Any

from engine.checkpoint.content import CheckpointError, Position
from engine.datasets.base import Scaling
from engine.problems import printable, shown
from engine.record import Record

MOST_PARTS = 8  # threads; as TrainingConfig.parts
MOST_CLASSES = 256
MOST_SIDE = 512  # pixels
LARGEST = 2**53  # whole numbers beyond it are not exact as floats


def part(header: dict[str, Any], name: str) -> Any:
    """What the header says under a name."""
    if name not in header:
        raise CheckpointError(f"its header says nothing of {name}; it is damaged, or of another program.")
    return header[name]


def whole(value: Any, name: str, low: int, high: int = LARGEST) -> int:
    """A whole number within these bounds."""
    if type(value) is not int or not low <= value <= high:
        raise CheckpointError(f"{name} must be a whole number from {low} to {high}; got {shown(value)}.")
    return value


def number(value: Any, name: str) -> float:
    """A finite number."""
    if type(value) not in (int, float) or not abs(value) < 1e300:
        raise CheckpointError(f"{name} must be a number; got {shown(value)}.")
    return float(value)


def texts(value: Any, name: str) -> dict[str, str]:
    """Texts by name."""
    if not isinstance(value, dict):
        raise CheckpointError(f"{name} must be an object of texts; got {shown(value)}.")
    return {printable(key, 80): printable(str(text), 80) for key, text in value.items()}


def image_shape(header: dict[str, Any]) -> tuple[int, int, int]:
    """(height, width, 1)."""
    found = part(header, "image_shape")
    extents = [extent for extent in found if type(extent) is int] if isinstance(found, list) else []
    if len(extents) != 3 or not all(1 <= extent <= MOST_SIDE for extent in extents[:2]) or extents[2] != 1:
        raise CheckpointError(
            f"an image shape of {shown(found)} is not supported; expected [height, width, 1], {MOST_SIDE} at most."
        )
    return (extents[0], extents[1], 1)


def scaling(header: dict[str, Any]) -> Scaling:
    """How pixels become input."""
    found = _object(part(header, "scaling"), "scaling")
    made = Scaling(*(number(part(found, name), f"scaling.{name}") for name in ("mean", "deviation")))
    if not 1e-12 < made.deviation:
        raise CheckpointError(f"the pixel scaling {made} is not usable: its deviation must be more than 0.")
    return made


def position(header: dict[str, Any]) -> Position:
    """Where in the run it was taken."""
    found = _object(part(header, "position"), "position")
    return Position(*(whole(part(found, each.name), f"position.{each.name}", 0) for each in fields(Position)))


def record(header: dict[str, Any]) -> dict[str, Any]:
    """Numbers by name, and groups of numbers; null for an infinity."""
    found = _object(part(header, "record"), "record")
    for name, value in found.items():
        if not _fits(_RECORD.get(name), value):
            raise CheckpointError(
                f"its record of the run holds something else than numbers: {printable(name, 60)} is {shown(value)}."
            )
    return dict(found)


_RECORD = {each.name: dict if each.default is MISSING else type(each.default) for each in fields(Record)}


def _fits(kind: type | None, value: Any) -> bool:
    """Whether the trainer can go on with it; None: a name that this version does not know, and leaves out."""
    if kind is dict or (kind is None and isinstance(value, dict)):
        return isinstance(value, dict) and all(_fits(float, each) for each in value.values())
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return type(value) is int and 0 <= value <= LARGEST
    return value is None or (isinstance(value, int | float) and abs(value) < 1e300)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise CheckpointError(f"{name} must be an object of settings; got {shown(value)}.")
    return value
