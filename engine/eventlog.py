"""events.jsonl: its writer, and readers for what may still be growing, or be cut short or damaged."""

import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from engine.files import Attempts


class EventReader:
    """Reads what was appended to a run's events since the last call, whole lines only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._position = 0

    def read(self) -> list[dict[str, Any]]:
        """New events. Lines that are no JSON objects are passed over: one bad line must not hide the rest."""
        return list(self.each())

    def each(self) -> Iterator[dict[str, Any]]:
        """The same one by one: in memory, an event that came from elsewhere may be far larger than its line."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._position)
                data = file.read()
        except OSError:
            return
        end = data.rfind(b"\n") + 1
        self._position += end
        yield from objects(io.BytesIO(data[:end]))


def objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The events in lines; those that are no JSON objects are passed over."""
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
    yield from objects(lines[::-1] if length <= size else lines[:0:-1])


class EventWriter:
    """Appends events, each at once and in one piece. On a full disk it keeps them, and tries again with the next."""

    def __init__(self, path: Path, attempts: Attempts) -> None:
        self._attempts = attempts
        broken = not _ends_with_newline(path)
        self._file = path.open("ab", buffering=0)
        self._waiting = b"\n" if broken else b""  # a line that a crash cut short must not swallow the next one

    def write(self, event: dict[str, Any]) -> None:
        """Write one line. Raises ValueError for NaN, which is no JSON."""
        self._waiting += json.dumps(event, allow_nan=False).encode() + b"\n"
        self._attempts("events cannot be written", self._write)

    def _write(self) -> None:
        while self._waiting:
            self._waiting = self._waiting[self._file.write(self._waiting) :]

    def close(self) -> None:
        """Write what is left, if it can be, and close the file."""
        self._attempts("the last events are lost", self._write)
        self._file.close()


def _ends_with_newline(path: Path) -> bool:
    """Whether a new line may begin at the end of the file; also where there is none, or nothing in it."""
    try:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return True
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"
    except FileNotFoundError:
        return True
