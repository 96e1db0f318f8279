"""The few figures of a run that a table of runs shows, read from its events as they grow. No streamlit.

Batches are most of the file, and only the last of them is of interest: the others are passed over without being
parsed. A file of a megabyte takes two milliseconds, and what was read is never read again.
"""

import json
import math
from pathlib import Path
from typing import Any

from engine.history import fields

MOST_BYTES = 8 << 20  # read at once: a long run is read in several goes, and the page goes on meanwhile
TRAIL = 24  # points of the small curve
_BATCHES = b'{"event": "Batches"'


class Gist:
    """What the events of one run say so far. Nothing here raises for a damaged file.

    step, epoch, seconds   how far it has come
    parameters             numbers that training sets; 0 before it has begun
    best, final, test      accuracies, shares from 0 to 1; None where unknown. final: of the weights it ended with
    complete               the file was read to its end
    """

    def __init__(self) -> None:
        self.step, self.epoch, self.seconds, self.parameters = 0, 0.0, 0.0, 0
        self.final: float | None = None
        self.test: float | None = None
        self.complete = False
        self._position = 0
        self._epochs: list[tuple[int, float, bool]] = []  # step, validation accuracy, best so far
        self._looks: list[tuple[int, float]] = []  # within the first epochs

    @property
    def best(self) -> float | None:
        """Validation accuracy of the best epoch so far."""
        return next((accuracy for _, accuracy, best in reversed(self._epochs) if best), None)

    @property
    def newest(self) -> float | None:
        """The newest validation accuracy."""
        found = sorted([*self._looks[-1:], *((step, accuracy) for step, accuracy, _ in self._epochs[-1:])])
        return found[-1][1] if found else None

    @property
    def epochs_done(self) -> int:
        """Epochs whose end was reached."""
        return len(self._epochs)

    @property
    def trail(self) -> tuple[float, ...]:
        """Validation accuracy over the run, at most TRAIL points; the last is the newest."""
        rows = sorted([*self._looks, *((step, accuracy) for step, accuracy, _ in self._epochs)])
        stride = (len(rows) - 1) / (TRAIL - 1) if len(rows) > TRAIL else 1
        shown = [rows[round(place * stride)] for place in range(min(len(rows), TRAIL))]
        return tuple(round(accuracy, 4) for _, accuracy in shown)

    def update(self, path: Path) -> None:
        """Take in what was appended since the last call, whole lines only, at most MOST_BYTES of it."""
        try:
            with path.open("rb") as file:
                file.seek(self._position)
                data = file.read(MOST_BYTES)
        except OSError:
            self.complete = True
            return
        self.complete = len(data) < MOST_BYTES
        end = data.rfind(b"\n") + 1
        if not end and not self.complete:
            end = len(data)  # a line longer than all we read at once is none of ours
        self._position += end
        batches = b""
        for line in data[:end].splitlines():
            if line.startswith(_BATCHES):
                batches = line
                continue
            event = _parsed(line)
            if event.get("event") == "RunStarted":
                batches = b""  # what was told before is void beyond its step
                self._restart(event)
            else:
                self._take(event)
        self._move(_parsed(batches))

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        self._move(event)
        accuracy = fields.number(event.get("accuracy" if kind == "Validated" else "validation_accuracy"))
        if kind == "EpochDone" and math.isfinite(accuracy):
            self._epochs.append((self.step, accuracy, event.get("best") is True))
            if len(self._epochs) > 2:
                self._looks = []
        elif kind == "Validated" and math.isfinite(accuracy) and len(self._epochs) < 3:
            self._looks.append((self.step, accuracy))
        elif kind == "RunEnded":
            test = fields.number(event.get("test_accuracy"))
            self.test = test if math.isfinite(test) else None
            self.final = accuracy if math.isfinite(accuracy) else None

    def _restart(self, event: dict[str, Any]) -> None:
        """A process begins. What an earlier one told beyond its step is void."""
        step = fields.whole(event, "step")
        self._epochs = [row for row in self._epochs if row[0] <= step]
        self._looks = [row for row in self._looks if row[0] <= step]
        self.step, self.epoch, self.seconds, self.final, self.test = step, 0.0, 0.0, None, None
        self.parameters = fields.whole(event, "parameters")
        self._move(event)

    def _move(self, event: dict[str, Any]) -> None:
        """The run has come as far as this event says."""
        for name in ("step", "epoch"):
            value = event.get(name)
            newest = fields.number(value[-1] if isinstance(value, list) and value else value)
            if math.isfinite(newest) and 0 <= newest < fields.LARGEST_STEP:
                setattr(self, name, max(getattr(self, name), int(newest) if name == "step" else newest))
        seconds = fields.number(event.get("seconds"))
        if math.isfinite(seconds):
            self.seconds = max(seconds, self.seconds)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line) if line else {}
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) else {}
