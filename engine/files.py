"""Files that are written whole or not at all, and what to do when they cannot be written."""

import contextlib
import errno
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from engine.problems import PlainError, strict_json, why_no_json

if sys.platform != "win32":
    import fcntl


FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))  # Windows knows no quota
WARNING, OVER, NOTE = "warning: ", "over: ", "note: "  # how lines of a worker's log begin that pages tell


class RunError(PlainError):
    """A run folder that is missing, damaged, or cannot do what is asked."""


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in its place in one move."""
    # two tabs of one page are threads of one process, and may write the same file at once
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        write(temporary)
        for attempt in range(20):
            try:
                os.replace(temporary, path)
                return
            except PermissionError:  # Windows refuses while a reader has the file open
                if attempt == 19:
                    raise
                time.sleep(0.01)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Whoever else asks for this folder's lock waits meanwhile. Ends with the process; does nothing on Windows."""
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_json(path: Path, data: Any) -> None:
    """Write strict JSON (no NaN), whole or not at all."""
    text = json.dumps(data, allow_nan=False)
    replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> Any:
    """Raises RunError where there is no readable JSON."""
    try:
        return strict_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path.name} of run {path.parent.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path.name} of run {path.parent.name} is damaged: {why_no_json(error)}.") from None


def overwrite(path: Path, data: bytes) -> None:
    """Write over a file where it lies, for a disk that has no room for a second one. Raises OSError.

    A small file keeps the block that it has, so nothing new is asked of the disk. Spaces fill what is left of it.
    """
    with path.open("r+b") as file:
        room = file.seek(0, os.SEEK_END)
        file.seek(0)
        file.write(data.ljust(room))


class Attempts:
    """Tries what a run can do without, and says each kind of failure once, on standard error; and when it is over."""

    def __init__(self) -> None:
        self._said: dict[str, bool] = {}  # failure -> whether it still holds

    def __call__(self, failure: str, act: Callable[[], object]) -> bool:
        """Whether it could be done; `failure` says what could not."""
        try:
            act()
        except OSError as error:
            self.say(failure, error.strerror or str(error))
            return False
        if self._said.pop(failure, False):
            say(f"{OVER}{failure}.")
        return True

    def say(self, failure: str, why: str, kind: str = WARNING) -> None:
        """Say it, unless it was said before. kind: NOTE for what is so and stays so."""
        if failure not in self._said:
            self._said[failure] = True
            say(f"{kind}{failure}: {why}.")


def say(line: str) -> None:
    """A line on standard error, if anybody can take it: that of a worker is a file, on a disk that may be full."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def told_in(log: str) -> tuple[list[str], list[str]]:
    """What a worker's log says to people: warnings that still hold, and notes."""
    warnings: list[str] = []
    notes: list[str] = []
    for line in log.splitlines():
        if line.startswith(WARNING):
            warnings.append(line.removeprefix(WARNING))
        elif line.startswith(OVER):
            failure = line.removeprefix(OVER).rstrip(".")
            warnings = [each for each in warnings if not each.startswith(failure + ":")]
        elif line.startswith(NOTE):
            notes.append(line.removeprefix(NOTE))
    return warnings, notes
