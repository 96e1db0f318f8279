"""A person's own drawings with their labels: a small set that lies on disk and that runs can learn from.

    my_hand.npz              the set as it is now; or the file that INKLING_HAND names
    my_hand.frozen/HASH.npz  the set as a run learned from it, named by its contents; never changed
    my_hand.weights/HASH.npz the weights that such a run began with (see tuning.py)

A run names a frozen file in its settings, so the same settings give the same bits however the set grows afterwards.

From the sixth on, every third drawing is held back: no run ever learns from it, so it tells how well a network reads
this hand. Which ones is decided when a drawing is added, and stays with it. The first five are all learned from: who
corrects a few drawings wants them to be read right, more than to know a figure.

The ink of each drawing is kept at 112 pixels, so it can be prepared for a network of any input size.
"""

import hashlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes
from engine.datasets.base import DataError
from engine.datasets.inks import IMAGE_SIDE, INK_SIDE, prepared_ink
from engine.datasets.npz import UnreadableError, read_npz
from engine.files import replace_file
from engine.places import beside_hand, hand_file

FORMAT = 1
MOST = 2_000  # drawings
CLASSES = 10
HELD_FROM, HELD_ONE_IN = 6, 3
FROZEN = re.compile(r"[0-9a-f]{32}")
_LOCK = threading.RLock()  # tabs of one page are threads of one process


@dataclass(frozen=True, eq=False)
class Hand:
    """Drawings in the order in which they were added. Changes give a new object; equal are those of one digest."""

    ids: npt.NDArray[np.int64]  # (n,) names that stay, whatever is deleted
    labels: Bytes  # (n,) 0 to 9
    held: npt.NDArray[np.bool_]  # (n,) never learned from
    inks: Bytes  # (n, 112, 112) coverage by ink
    images: Bytes  # (n, 28, 28) as a network sees it

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def learned(self) -> "Hand":
        """Those that runs may learn from."""
        return self.chosen(~self.held)

    @property
    def held_back(self) -> "Hand":
        """Those that no run learns from."""
        return self.chosen(self.held)

    def chosen(self, which: npt.NDArray[np.bool_]) -> "Hand":
        """The drawings where `which` (n,) is true."""
        return Hand(*(getattr(self, each.name)[which] for each in fields(self)))

    def digest(self) -> str:
        """Names the contents: 32 hexadecimal digits."""
        found = hashlib.sha256()
        for each in fields(self):
            found.update(np.ascontiguousarray(getattr(self, each.name)).tobytes())
        return found.hexdigest()[:32]

    def added(self, ink: Bytes, label: int, image: Bytes | None = None) -> "Hand":
        """With one more drawing; with another label, if it holds this very drawing. Raises DataError.

        ink: uint8 (112, 112) from `ink_of`. image: the same as the network saw it, if that has 28x28 pixels.
        """
        _check_label(label)
        same = (self.inks == ink).all(axis=(1, 2))
        if same.any():
            return replace(self, labels=np.where(same, np.uint8(label), self.labels))
        if len(self) >= MOST:
            raise DataError(f"your set is full: it holds {MOST:,} drawings. Delete some, or export it and begin anew.")
        if image is None or image.shape != (IMAGE_SIDE, IMAGE_SIDE):
            image = prepared_ink(ink)
        held = int(self.held.sum()) < held_among(len(self) + 1)
        name = int(self.ids.max(initial=0)) + 1
        new = (name, label, held, ink, image)
        arrays = (getattr(self, each.name) for each in fields(self))
        return Hand(*(np.concatenate([a, np.asarray([b], a.dtype)]) for a, b in zip(arrays, new, strict=True)))

    def relabelled(self, name: int, label: int) -> "Hand":
        """With another label for the drawing of this id."""
        _check_label(label)
        return replace(self, labels=np.where(self.ids == name, np.uint8(label), self.labels))

    def without(self, name: int) -> "Hand":
        """With the drawing of this id taken out."""
        return self.chosen(self.ids != name)

    def merged(self, other: "Hand") -> "Hand":
        """With another set's drawings that are not in it yet, as many as there is room for; held ones stay so."""
        known = {ink.tobytes() for ink in self.inks}
        new = np.array([ink.tobytes() not in known for ink in other.inks], np.bool_)
        more = other.chosen(new & (np.cumsum(new) <= MOST - len(self)))
        first = int(self.ids.max(initial=0)) + 1
        more = replace(more, ids=np.arange(first, first + len(more), dtype=np.int64))
        return Hand(*(np.concatenate([getattr(part, each.name) for part in (self, more)]) for each in fields(self)))

    def images_for(self, size: int) -> Bytes:
        """The drawings as a network with this input size sees them, uint8 (n, size, size)."""
        if size == IMAGE_SIDE:
            return self.images
        return (
            np.stack([prepared_ink(ink, size) for ink in self.inks]) if len(self) else np.empty((0, size, size), "u1")
        )


_NONE: list[Any] = [np.empty(0, dtype) for dtype in (np.int64, np.uint8, np.bool_)]
EMPTY = Hand(*_NONE, *(np.empty((0, side, side), np.uint8) for side in (INK_SIDE, IMAGE_SIDE)))


def held_among(count: int) -> int:
    """How many of so many drawings are held back: one of 6, two of 9, three of 12."""
    return max(0, (count - HELD_FROM) // HELD_ONE_IN + 1)


def _check_label(label: int) -> None:
    if not 0 <= label < CLASSES:
        raise DataError(f"a drawing's label must be a digit from 0 to 9; got {label!r}.")


def read_hand(path: Path) -> Hand:
    """The set in a file. Raises DataError; also for a frozen file whose contents are not those of its name."""
    return checked_hand(read_npz(path), path)


def checked_hand(arrays: dict[str, npt.NDArray[Any]], path: Path) -> Hand:
    """The set in the arrays of a file. Raises DataError as `read_hand` does."""
    try:
        hand = Hand(*(arrays[each.name] for each in fields(Hand)))
        good = int(arrays["format"][0]) == FORMAT and all(
            getattr(hand, each.name).dtype == getattr(EMPTY, each.name).dtype
            and getattr(hand, each.name).shape == (len(hand), *getattr(EMPTY, each.name).shape[1:])
            for each in fields(Hand)
        )
        good = good and len(hand) <= MOST and bool((hand.labels < CLASSES).all())
    except (KeyError, IndexError, TypeError, ValueError):
        good = False
    if not good or len(np.unique(hand.ids)) != len(hand):
        raise DataError(f"{path.name} is not a set of drawings as Inkling keeps them, or is damaged.")
    if FROZEN.fullmatch(path.stem) and hand.digest() != path.stem:
        raise DataError(f"{path.name} is not what a run learned from: its contents were changed.")
    return hand


def write_hand(path: Path, hand: Hand) -> None:
    """Write the file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            save_hand(file, hand)

    replace_file(path, write)


def save_hand(file: IO[bytes], hand: Hand) -> None:
    """Write the set to an open file."""
    arrays = {each.name: getattr(hand, each.name) for each in fields(hand)}
    np.savez_compressed(file, format=np.array([FORMAT]), **arrays)


class HandFile:
    """The person's set on disk."""

    def __init__(self, path: Path | None = None) -> None:
        """path: INKLING_HAND, or my_hand.npz beside the folder of runs, if none is given."""
        self.path = path or hand_file()
        self.frozen, self.weights = beside_hand(self.path)

    def read(self) -> Hand:
        """What it holds; nothing if there is no file. A damaged file is moved aside, and DataError says where to.

        One that cannot be read for now (no right to, no memory, a disk that fails) stays where it is: it may be whole.
        """
        try:
            return self._as_it_is()
        except UnreadableError:
            raise
        except DataError:
            with _LOCK:  # no other tab puts a whole set in its place between the second look and the move
                return self._read_or_move_aside()

    def _read_or_move_aside(self) -> Hand:
        try:
            return self._as_it_is()
        except UnreadableError:
            raise
        except DataError as error:
            aside = self.path.with_name(f"{self.path.stem}.damaged-{time.strftime('%y%m%d-%H%M%S')}.npz")
            try:
                self.path.rename(aside)
            except OSError as why:
                raise UnreadableError(f"{error} It cannot be moved aside: {why.strerror}.") from None
            raise DataError(f"{error} It was moved to {aside.name}, as it is; your set begins anew.") from None

    def _as_it_is(self) -> Hand:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return EMPTY
        except OSError as error:
            raise UnreadableError(f"{self.path.name} cannot be read: {error.strerror}.") from None
        return _read(self.path, found.st_mtime_ns, found.st_ino)

    def change(self, how: Callable[[Hand], Hand]) -> Hand:
        """Replace the set by what `how` makes of it. Raises DataError."""
        with _LOCK:
            hand = how(self.read())
            try:
                write_hand(self.path, hand)
            except OSError as error:
                raise DataError(f"{self.path.name} cannot be written: {error.strerror}.") from None
            return hand

    def freeze(self, hand: Hand) -> Path:
        """A file with these contents that will not change, for a run to learn from. Raises DataError."""
        path = self.frozen.resolve() / f"{hand.digest()}.npz"
        try:
            if not path.exists():
                write_hand(path, hand)
        except OSError as error:
            raise DataError(f"{path.name} cannot be written: {error.strerror}.") from None
        return path


@lru_cache(maxsize=4)
def _read(path: Path, changed: int, inode: int) -> Hand:
    return read_hand(path)
