"""File systems that are small, full or read-only. As root, on Linux."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path


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
        _mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


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
