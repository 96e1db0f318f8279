"""How a run's network made up its mind about pinned digits: what each of its snapshots says of them. No streamlit.

A snapshot never changes, so what it says of a digit is worked out once, for all tabs, and kept. A page that shows a run
in training has a few milliseconds for that each time; the snapshots are taken in an order in which any number of
them covers the whole run evenly, so the curve is there at once and becomes finer.
"""

import functools
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dashboard.drawing.readers import read
from engine import CheckpointError, Model, load_checkpoint
from engine.drawing import prepare_ink
from engine.rundir import RunFolder
from engine.snapshots import Snapshot, snapshots

MOST_PINS = 10
MOST_FILES = 3000  # snapshots of which answers are kept
Shares = NDArray[np.float32]
File = tuple[str, int]  # path and time of the last change


@dataclass(frozen=True, eq=False)
class Pin:
    """A digit that somebody drew and named."""

    number: int  # in the order of pinning; tells two equal ones apart
    label: int
    ink: NDArray[np.uint8]  # cropped; 255 is ink

    @functools.cached_property
    def key(self) -> str:
        """The same for the same ink, whoever drew it."""
        return hashlib.sha1(self.ink.tobytes() + repr(self.ink.shape).encode(), usedforsecurity=False).hexdigest()


@dataclass
class Pinned:
    """The digits that one tab has pinned."""

    items: list[Pin] = field(default_factory=list)
    ever: int = 0  # how many were pinned, those included that were removed


@dataclass(frozen=True)
class Curves:
    """What the snapshots say, oldest first; the newest weights at the end."""

    steps: NDArray[np.int64]  # (points,)
    shares: Shares  # (points, pins, classes)
    left: int  # snapshots that were not asked yet


@functools.lru_cache(maxsize=128)
def image_of(pin: Pin, size: int) -> NDArray[np.uint8]:
    """The digit as a network of this input size gets it."""
    prepared = prepare_ink(pin.ink, image_size=size)
    return np.zeros((size, size), np.uint8) if prepared is None else prepared.image


def ask(model: Model, pins: Sequence[Pin]) -> Shares:
    """Probabilities float32 (pins, classes)."""
    return np.asarray(read(model, np.stack([image_of(pin, model.image_size) for pin in pins])), np.float32)


def curves(run: RunFolder, pins: Sequence[Pin], newest: Model | None, seconds: float) -> Curves:
    """What is known of the run's snapshots, after having asked more of them for this long, one at least."""
    found = [(each, file) for each in snapshots(run) if (file := _file(each)) is not None]
    missing = [place for place, (_, file) in enumerate(found) if not _known.has(file, pins)]
    end = time.perf_counter() + seconds
    asked = 0
    for place in sorted(missing, key=lambda place: _turn(place, len(found))):
        snapshot, file = found[place]
        _known.learn(file, pins, snapshot)
        asked += 1
        if time.perf_counter() > end:
            break
    points = [(each.step, shares) for each, file in found if (shares := _known.shares(file, pins)) is not None]
    if newest is not None and (step := newest.checkpoint.position.step) > (points[-1][0] if points else -1):
        points.append((step, ask(newest, pins)))
    steps = np.array([step for step, _ in points], np.int64)
    stacked = np.stack([shares for _, shares in points]) if points else np.zeros((0, len(pins), 10), np.float32)
    return Curves(steps, stacked, len(missing) - asked)


def _file(snapshot: Snapshot) -> File | None:
    try:
        return str(snapshot.path), snapshot.path.stat().st_mtime_ns
    except OSError:  # thinned out in this moment
        return None


def _turn(place: int, count: int) -> float:
    """When it is a snapshot's turn: the last, the first, then those halfway between, and so on.

    The binary digits of the place, read backwards (van der Corput's sequence).
    """
    if place == count - 1:
        return -1.0
    turn, half = 0.0, 0.5
    while place:
        turn += half * (place & 1)
        place >>= 1
        half /= 2
    return turn


class _Known:
    """What snapshots said of digits: file -> key of a pin -> probabilities."""

    def __init__(self) -> None:
        self._answers: OrderedDict[File, dict[str, Shares]] = OrderedDict()
        self._lock = threading.Lock()

    def has(self, file: File, pins: Sequence[Pin]) -> bool:
        known = self._answers.get(file)
        return known is not None and ("" in known or all(pin.key in known for pin in pins))

    def shares(self, file: File, pins: Sequence[Pin]) -> Shares | None:
        """(pins, classes); None where the file was not asked about all of them, or cannot be read."""
        known = self._answers.get(file, {})
        if not all(pin.key in known for pin in pins):
            return None
        return np.stack([known[pin.key] for pin in pins])

    def learn(self, file: File, pins: Sequence[Pin], snapshot: Snapshot) -> None:
        """Ask the network in a file about the pins that it was not asked about."""
        known = self._answers.get(file, {})
        new = [pin for pin in pins if pin.key not in known]
        try:
            model = load_checkpoint(snapshot.path)
            told = dict(zip((pin.key for pin in new), ask(model, new), strict=True))
        except (CheckpointError, OSError):
            told = {"": np.zeros(0, np.float32)}  # damaged: it need not be asked again
        with self._lock:
            self._answers[file] = known | told
            self._answers.move_to_end(file)
            while len(self._answers) > MOST_FILES:
                self._answers.popitem(last=False)


_known = _Known()


def right_since(curves: Curves, place: int, label: int) -> int | None:
    """The step from which on all later answers are right; None if the newest one is wrong."""
    wrong = np.flatnonzero(curves.shares[:, place].argmax(axis=1) != label)
    if not len(curves.steps) or (len(wrong) and wrong[-1] == len(curves.steps) - 1):
        return None
    return int(curves.steps[wrong[-1] + 1 if len(wrong) else 0])
