"""What an installation allows: one place for all its limits. Each is a variable of the environment.

A limit is looked at before anything of that size is made. What exceeds it is refused with the limit's name in the
message, so that a person knows whom to ask, and an administrator what to change. `python -m engine limits` lists them
as they stand. dashboard/deployment/README.md says which to set for a class.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.problems import PlainError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


class LimitError(PlainError):
    """What was asked for is more than this installation allows; or one of its limits is no number."""


@dataclass(frozen=True)
class Limit:
    """One limit. meaning: completes "at most ...". zero: what 0 means; "" where it means nothing and is refused."""

    variable: str
    default: int
    meaning: str
    zero: str = "no limit"
    bytes: bool = False

    def value(self, environment: Mapping[str, str] | None = None) -> int:
        """What the environment says, or the default. Raises LimitError for what is no whole number from 0."""
        text = (os.environ if environment is None else environment).get(self.variable, "").strip()
        if not text:
            return self.default
        found = re.fullmatch(r"(\d{1,18})([KMGT]?)", text.upper().removesuffix("B"))
        if found is None or (found[2] and not self.bytes) or (not int(found[1]) and not self.zero):
            expected = "a whole number of bytes, such as 500M or 2G" if self.bytes else "a whole number"
            raise LimitError(
                f"{self.variable} must be {expected}{f', 0 for {self.zero}' if self.zero else ''}; got {text!r}."
            )
        return int(found[1]) * _UNITS[found[2]]

    def check(self, wanted: float, what: str, advice: str) -> None:
        """Raise LimitError where `wanted` is more. what: begins the sentence, with the amount in it."""
        most = self.value()
        if wanted > most and (most or self.zero != "no limit"):
            raise LimitError(f"{what}; {self.words(most)} the most here (limit {self.variable}). {advice}")

    def words(self, most: int) -> str:
        """The amount, with the verb that follows it in a sentence."""
        return f"{amount(most) if self.bytes else format(most, ',')} {'is' if most == 1 else 'are'}"


def amount(size: float) -> str:
    """Bytes in the unit that people know them by: "512 MB", "1.5 GB"."""
    return f"{size / 2**30:,.3g} GB" if size >= 2**30 else f"{size / 2**20:,.3g} MB"


WORKERS = Limit("INKLING_WORKERS", 0, "runs that train at the same time; as many as there are cores, where not set")
QUEUE = Limit("INKLING_QUEUE", 200, "runs that wait for a core, or rest at a pause")
RUNS_EACH = Limit("INKLING_RUNS_EACH", 0, "runs of one browser that train or wait (with INKLING_PRIVATE=1)")
RUN_SECONDS = Limit("INKLING_RUN_SECONDS", 0, "seconds that one run trains, pauses left out")
RUNS_BYTES = Limit("INKLING_RUNS_BYTES", 0, "bytes of all runs together on the disk", bytes=True)
SNAPSHOTS = Limit("INKLING_SNAPSHOT_BYTES", 256 << 20, "bytes of the snapshots of one run", zero="none", bytes=True)
UPLOAD = Limit("INKLING_UPLOAD_BYTES", 100 << 20, "bytes of one file that is sent", zero="", bytes=True)
DATA = Limit("INKLING_DATA_BYTES", 1 << 30, "bytes of all data files that were sent", zero="", bytes=True)
UNPACKED = Limit(
    "INKLING_UNPACKED_BYTES", 1 << 30, "bytes of memory that one data file may unpack to", zero="", bytes=True
)
PARAMETERS = Limit("INKLING_PARAMETERS", 20_000_000, "parameters of a network", zero="")
MEMORY = Limit(
    "INKLING_MEMORY_BYTES", 4 << 30, "bytes of memory of one run, estimated from its layers and batch", bytes=True
)

LIMITS = (WORKERS, QUEUE, RUNS_EACH, RUN_SECONDS, RUNS_BYTES, SNAPSHOTS, UPLOAD, DATA, UNPACKED, PARAMETERS, MEMORY)

PATHS = "INKLING_PATHS"  # 0: data and weights are read from the installation's own folders only
PRIVATE = "INKLING_PRIVATE"  # 1: a browser sees its own runs, and those whose link was opened in it
_PUBLIC = re.compile(r"run-[0-9a-f]{12}")
_KEY = re.compile(r"\d{6}-\d{6}-[0-9a-f]{24}")  # an id that nobody guesses


def is_private() -> bool:
    """Whether runs belong to the browsers in which they were started."""
    return os.environ.get(PRIVATE, "") not in ("", "0")


def public_id(run_id: str) -> str:
    """A run's id as third parties may read it, in files that leave this installation and in other people's runs.

    Where runs belong to browsers an id is a key, so a digest of it stands there: "run-" and 12 hexadecimal digits. It
    is the same for the same run, so that runs can still be told apart, and what is such a digest stays what it is.
    """
    if not is_private() or not run_id or _PUBLIC.fullmatch(run_id):
        return run_id
    return f"run-{hashlib.sha256(run_id.encode('utf-8', 'replace')).hexdigest()[:12]}"


def without_keys(text: str) -> str:
    """A sentence that may name runs or their files, as third parties may read it."""
    return _KEY.sub(lambda found: public_id(found[0]), text)


def any_path() -> bool:
    """Whether files may be read from anywhere on this computer. The page forbids it where others can reach it."""
    return os.environ.get(PATHS, "1") != "0"


def check_all() -> None:
    """Raise LimitError if one of the limits is no number."""
    for each in LIMITS:
        each.value()


def may_read(path: Path, folders: tuple[Path, ...]) -> bool:
    """Whether a file that settings name may be read: any, or only those within the installation's own folders."""
    if any_path():
        return True
    real = path.resolve()
    return any(real.is_relative_to(folder.resolve()) for folder in folders)
