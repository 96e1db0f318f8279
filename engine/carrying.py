"""What a run told up to a step, for the run that goes on from there: so its curves are whole."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.checkpoint import Checkpoint
from engine.eventlog import objects
from engine.spec import SettingError

# Of a process, not of what was learned; and columns of a line that holds many steps.
_PASSING = ("RunEnded", "Paused", "Resumed")
_LOOKS = ("Validated", "EpochDone")


@dataclass(frozen=True)
class _Told:
    step: int  # the first one, in a line of many
    event: str
    line: bytes


def carried_lines(events_file: Path, saved: Checkpoint) -> list[bytes]:
    """Lines of events.jsonl up to where the checkpoint was taken, without what became void by a resumption.

    What is told at that very step stays only if the checkpoint was taken after it: else it will be told again.
    """
    told: list[_Told] = []
    try:
        with events_file.open("rb") as file:
            for event in objects(line for line in file if line.endswith(b"\n")):
                _take(told, event, saved)
    except OSError:
        return []
    return [each.line for each in told]


def _take(told: list[_Told], event: dict[str, Any], saved: Checkpoint) -> None:
    kind, steps, here = event.get("event"), _steps(event), saved.position.step
    if not isinstance(kind, str) or kind in _PASSING or not steps or not _is_sound(kind, event, len(steps)):
        return
    if kind == "RunStarted":
        _void(told, steps[0])
    if kind == "Batches":
        event = _cut(event, here) | {"seconds": _no_later(event.get("seconds"), saved)}
    if steps[0] < here or (steps[0] == here and _was_told_before(kind, event, saved)):
        told.append(_Told(steps[0], kind, json.dumps(event).encode() + b"\n"))


def _steps(event: dict[str, Any]) -> list[int]:
    """The steps of an event; [] if it does not say them."""
    found = event.get("step")
    steps: list[Any] = found if isinstance(found, list) else [found]
    return steps if all(type(step) is int for step in steps) else []


def _is_sound(kind: str, event: dict[str, Any], count: int) -> bool:
    """Whether batches are told in columns, and all else is not; a damaged line may hold anything."""
    if kind != "Batches":
        return not isinstance(event["step"], list)
    columns = event["step"], event.get("epoch")
    return all(isinstance(column, list) and len(column) == count for column in columns) and all(
        isinstance(epoch, int | float) for epoch in event["epoch"]
    )


def _void(told: list[_Told], step: int) -> None:
    """Take back what was told beyond the step from which a process went on."""
    while told and told[-1].step > step:
        told.pop()
    for index in range(len(told) - 1, -1, -1):  # only the last line of batches can reach beyond it
        if told[index].event == "Batches":
            event = _cut(json.loads(told[index].line), step)
            told[index] = _Told(told[index].step, "Batches", json.dumps(event).encode() + b"\n")
            return


def _cut(event: dict[str, Any], step: int) -> dict[str, Any]:
    """A line of batches up to a step."""
    count = sum(1 for each in event["step"] if each <= step)
    return {name: value[:count] if isinstance(value, list) else value for name, value in event.items()}


def _no_later(seconds: Any, saved: Checkpoint) -> Any:
    limit = saved.record.get("seconds")
    numbers = isinstance(seconds, int | float) and isinstance(limit, int | float)
    return min(seconds, limit) if numbers and limit else seconds


def _was_told_before(kind: str, event: dict[str, Any], saved: Checkpoint) -> bool:
    """Whether an event of the checkpoint's own step came before the checkpoint."""
    if kind in _LOOKS:
        return bool(saved.record.get("looked", True))
    if kind == "Probed":
        return bool(saved.record.get("probed", True))
    if kind == "SettingsChanged":
        try:
            return saved.config.with_values({path: new for path, (_, new) in event["changes"].items()}) == saved.config
        except (SettingError, ValueError, TypeError, AttributeError, KeyError):
            return False
    return True
