"""File systems that are small, full or read-only. As root, on Linux."""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PATIENCE = 10.0  # seconds


class CannotTry(Exception):  # noqa: N818  (it is no error of the program)
    """This machine or this user cannot make such a fault."""


@contextlib.contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A file system in memory with so much room. Raises CannotTry where none can be mounted."""
    with tempfile.TemporaryDirectory() as folder:
        _mount("-t", "tmpfs", "-o", f"size={megabytes}M", "tmpfs", folder)
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False)


@contextlib.contextmanager
def mounted_read_only(folder: Path) -> Iterator[None]:
    """The folder, as if its disk could only be read; files that are open stay as they are."""
    _mount("--bind", str(folder), str(folder))
    try:
        _when_not_busy("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _when_not_busy(*options: str) -> None:
    """A mount that is refused as long as a file in it is just being written."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return _mount(*options)
        except CannotTry as why:
            if "busy" not in str(why) or time.monotonic() > end:
                raise
        time.sleep(0.01)


def _mount(*options: str) -> None:
    if sys.platform != "linux":
        raise CannotTry("needs Linux")
    done = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotTry(f"nothing can be mounted here: {done.stderr.strip()}")


def fill(path: Path) -> None:
    """Write until there is no room for another byte."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass
