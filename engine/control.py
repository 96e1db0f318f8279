"""control.json: what a person wants of a run, now."""

from dataclasses import dataclass, field
from typing import Any

from engine.files import RunError

WISHES = ("running", "paused", "stopped")


@dataclass(frozen=True)
class Control:
    """What a person wants of a run, now."""

    wish: str = "running"  # one of WISHES
    settings: dict[str, Any] = field(default_factory=dict)  # live settings by path, over those of config.json
    steps_per_second: float = 0.0  # slow motion; 0: as fast as it goes
    until_step: int | None = None  # pause when this step is reached: "one batch"
    until_epoch: float | None = None  # pause at the first batch boundary at or beyond this epoch: "one epoch"
    planned: tuple[tuple[int, dict[str, Any]], ...] = ()  # (step, live settings by path) that apply from that step on
    plan_lost: bool = False  # made anew in place of a damaged file: what was planned, nobody knows

    def settings_at(self, step: int) -> dict[str, Any]:
        """Live settings from this step on: those planned so far, in order, and over them what was set by hand."""
        found: dict[str, Any] = {}
        for begin, settings in self.planned:
            found |= settings if begin <= step else {}
        return found | self.settings

    @classmethod
    def from_json(cls, data: Any) -> "Control":
        """Raises RunError for anything that is no control."""
        if not isinstance(data, dict) or data.get("wish") not in WISHES:
            raise RunError(f"control.json must hold an object with wish one of {', '.join(WISHES)}; got {data!r}")
        settings, speed = data.get("settings", {}), data.get("steps_per_second", 0.0)
        step, epoch = data.get("until_step"), data.get("until_epoch")
        if not isinstance(settings, dict):
            raise RunError(f"control.json: settings must be an object of paths and values; got {settings!r}")
        if not _is_number(speed):
            raise RunError(f"control.json: steps_per_second must be a number from 0; got {speed!r}")
        if step is not None and (not isinstance(step, int) or isinstance(step, bool)):
            raise RunError(f"control.json: until_step must be a whole number or null; got {step!r}")
        if epoch is not None and not _is_number(epoch):
            raise RunError(f"control.json: until_epoch must be a number from 0 or null; got {epoch!r}")
        until_epoch = None if epoch is None else float(epoch)
        planned, lost = _planned(data.get("planned", ())), data.get("plan_lost") is True
        return cls(data["wish"], settings, float(speed), step, until_epoch, planned, lost)


def _planned(data: Any) -> tuple[tuple[int, dict[str, Any]], ...]:
    """Checked, and in the order of the steps."""
    if not isinstance(data, list | tuple) or not all(_is_plan(pair) for pair in data):
        raise RunError(f"control.json: planned must be a list of [step, settings]; got {data!r}")
    return tuple(sorted(((int(step), settings) for step, settings in data), key=lambda pair: pair[0]))


def _is_plan(pair: Any) -> bool:
    """A step from 0, and settings by path."""
    return isinstance(pair, list | tuple) and len(pair) == 2 and _is_number(pair[0]) and isinstance(pair[1], dict)


def _is_number(value: Any) -> bool:
    """From 0 to what no run reaches; neither NaN, which compares as False, nor a truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
