"""Readers of events.jsonl, which may still be growing, or be cut short or damaged."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class EventReader:
    """Reads what was appended to a run's events since the last call, whole lines only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = 0

    def read(self) -> list[dict[str, Any]]:
        """New events. Lines that are no JSON objects are passed over: one bad line must not hide the rest."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        self._position += end
        return list(_objects(data[:end].split(b"\n")))


def _objects(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def tail_events(path: Path, size: int = 65_536) -> Iterator[dict[str, Any]]:
    """The last events of a file, newest first, at least one if there is any."""
    try:
        with path.open("rb") as file:
            length = file.seek(0, os.SEEK_END)
            while True:
                file.seek(max(0, length - size))
                data = file.read()
                if length <= size or data.count(b"\n") > 2:
                    break
                size *= 4
    except OSError:
        return
    lines = data[: data.rfind(b"\n") + 1].split(b"\n")
    yield from _objects(lines[::-1] if length <= size else lines[:0:-1])
