"""Whose runs are whose. Knows nothing of Streamlit.

On a person's own computer everybody sees every run. Where strangers share a server (INKLING_PRIVATE=1), a run belongs
to the browser in which it was started, and its id is its key: long enough that nobody guesses it, and told to nobody
else. Who is given a run's link sees and commands it, as its owner does.

    RUN/owner.json    {"owner": DIGEST}: of the browser's secret, which itself is nowhere on the disk

A run without that file (made in a shell, or before) belongs to nobody, and no page opens it.
"""

import functools
import hashlib
import re
import secrets
import time
from pathlib import Path
from typing import Protocol

from engine.files import RunError, read_json, write_json
from engine.rundir import RunFolder

OWNER = "owner.json"
SECRET = re.compile(r"[A-Za-z0-9_-]{43}")  # of 256 bits, as `new_secret` makes them
DIGEST = re.compile(r"[0-9a-f]{32}")


class Visitor(Protocol):
    """Who asks."""

    def owner(self) -> str:
        """The digest that the runs of whoever asks now carry; "" where runs belong to nobody."""

    def sees(self, run: RunFolder) -> bool:
        """Whether a run may be listed for whoever asks now."""

    def may_open(self, run: RunFolder) -> bool:
        """Whether somebody who knows the run's id may see and command it."""


class Everybody:
    """Everybody sees every run."""

    def owner(self) -> str:
        """Nobody in particular."""
        return ""

    def sees(self, run: RunFolder) -> bool:
        """Yes."""
        return True

    def may_open(self, run: RunFolder) -> bool:
        """Yes."""
        return True


def new_secret() -> str:
    """What a browser keeps, and shows to prove that it is the same."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept on the disk of it."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def new_id(owner: str) -> str:
    """A run's id: one that can be told on the telephone, or, where it is a key, one that cannot be guessed."""
    return time.strftime("%y%m%d-%H%M%S-") + (secrets.token_hex(12) if owner else secrets.token_hex(2))


def write_owner(run: RunFolder, owner: str) -> None:
    """Make the run somebody's. Raises OSError."""
    if owner:
        write_json(run.path / OWNER, {"owner": owner})


def owner_of(run: RunFolder) -> str:
    """Whose it is; "" for nobody's."""
    return _read(run.path)


@functools.lru_cache(maxsize=4096)
def _known(path: Path, changed: int, inode: int) -> str:
    try:
        found = read_json(path)
    except RunError:
        return ""
    owner = found.get("owner") if isinstance(found, dict) else None
    return owner if isinstance(owner, str) and DIGEST.fullmatch(owner) else ""


def _read(folder: Path) -> str:
    path = folder / OWNER
    try:
        found = path.stat()
    except OSError:
        return ""
    return _known(path, found.st_mtime_ns, found.st_ino)
