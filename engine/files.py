"""Files that are written whole or not at all, and what to do when they cannot be written."""

import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

if sys.platform != "win32":
    import fcntl


class RunError(ValueError):
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
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path.name} of run {path.parent.name} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise RunError(f"{path.name} of run {path.parent.name} is damaged: {error}") from None


class Attempts:
    """Tries what a run can do without, and says each kind of failure once, on standard error."""

    def __init__(self) -> None:
        self._said: set[str] = set()

    def __call__(self, failure: str, act: Callable[[], object]) -> bool:
        """Whether it could be done; `failure` says what could not."""
        try:
            act()
            return True
        except OSError as error:
            self.say(failure, error.strerror or str(error))
            return False

    def say(self, failure: str, why: str) -> None:
        """Say it, unless it was said before."""
        if failure not in self._said:
            self._said.add(failure)
            print(f"{failure}: {why}.", file=sys.stderr, flush=True)
