"""Readers that do what no reader may, so that it is known that the guard sees it."""

import contextlib
import os
import pickle
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from engine.datasets import DataError


def _armed(folder: Path) -> bool:
    """Not while the process warms up."""
    return folder.parent.name != "warm"


class _Command:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.getcwd, ())


def _swallow(folder: Path) -> None:
    with contextlib.suppress(BaseException):
        (folder.parent.parent / "outside").write_text("x")


def _slow() -> None:
    while True:
        pass


def _refuse(message: str, kind: type[Exception] = DataError) -> None:
    raise kind(message)


TRAPS: dict[str, Callable[[Path], object]] = {
    "write": lambda folder: (folder.parent.parent / "outside").write_text("x"),
    "read": lambda folder: Path("/etc/passwd").read_text(),
    "code": lambda folder: eval("1 + 1"),
    "process": lambda folder: subprocess.run(["true"], check=False),
    "pickle": lambda folder: pickle.loads(pickle.dumps(_Command())),
    "swallow": _swallow,
    "memory": lambda folder: bytearray(8 << 30),
    "crash": lambda folder: signal.raise_signal(signal.SIGSEGV),
    "slow": lambda folder: _slow(),
    "raw": lambda folder: _refuse("the file is damaged: invalid literal for int() with base 10"),
    "foreign": lambda folder: _refuse("this is a sentence of somebody else", ValueError),
    "error": lambda folder: _refuse("a name", KeyError),
}


def trap(name: str) -> Callable[[Random, Path], None]:
    """What springs it."""

    def attempt(rng: Random, folder: Path) -> None:
        if _armed(folder):
            TRAPS[name](folder)

    return attempt
