"""Data files that people send: kept beside the runs under the hash of what is in them. No streamlit.

data/HASH/file           as it came, under a name of ours; several files of one data set lie in HASH/ together
data/HASH/about.json     {"name": "usps16.mat"}: what the person called it, to be shown, never to be a path
"""

import hashlib
import os
import re
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.datasets import DataError, load
from engine.files import RunError, read_json, write_json
from engine.limits import DATA, UPLOAD, amount

MOST_FILES = 6  # of one data set: images and labels of training, validation and test
SHORT = 16  # characters of the hash
NAME_LENGTH = 60


@dataclass(frozen=True)
class OwnFile:
    """A kept data set. source: what a config names it by."""

    name: str
    source: str


def keep(root: Path, files: Sequence[tuple[str, bytes]], all_files: Path | None = None) -> OwnFile:
    """Write what was sent, and read it once. Raises DataError for what is no data; nothing is left of it then.

    all_files: the folder with the files of all people, where `root` is one person's. Raises LimitError for too much.
    """
    for name, data in files:
        UPLOAD.check(len(data), f"{_shown([(name, data)])} has {amount(len(data))}", "Send a part of it.")
    if not 1 <= len(files) <= MOST_FILES:
        raise DataError(f"got {len(files)} files; expected one, or up to {MOST_FILES} IDX files that belong together.")
    digest = hashlib.sha256()
    for name, data in sorted(files):
        digest.update(f"{_role(name)}{len(data)}:".encode() + data)
    folder = root / digest.hexdigest()[:SHORT]
    if not (folder / "about.json").is_file():
        _make_sure_of_room(all_files or root, sum(len(data) for _, data in files))
        _write(folder, files)
    return OwnFile(_shown(files), str(_target(folder, files)))


def _write(folder: Path, files: Sequence[tuple[str, bytes]]) -> None:
    """The files and what they are called: a folder that is there is whole, wherever a write was cut short."""
    new = folder.with_name(f"{folder.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        _write_files(_target(new, files), files)
        load(str(_target(new, files)))
        write_json(new / "about.json", {"name": _shown(files)})
        if not (folder / "about.json").is_file():  # another tab may have sent the same
            shutil.rmtree(folder, ignore_errors=True)
            new.rename(folder)
    except DataError as error:
        raise DataError(str(error).replace(_target(new, files).name, _shown(files), 1)) from None
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _target(folder: Path, files: Sequence[tuple[str, bytes]]) -> Path:
    return folder / ("file" if len(files) == 1 else "files")


def kept(root: Path) -> list[OwnFile]:
    """All data sets that were sent, newest first."""
    if not root.is_dir():
        return []
    folders = [each for each in root.iterdir() if not each.suffix and (each / "about.json").is_file()]
    found = []
    for folder in sorted(folders, key=lambda each: each.stat().st_mtime_ns, reverse=True):
        target = next((folder / name for name in ("file", "files") if (folder / name).exists()), None)
        if target is not None:
            found.append(OwnFile(_name(folder), str(target)))
    return found


def shown_name(source: str) -> str:
    """What a person knows a data source by."""
    path = Path(source)
    about = path.parent / "about.json"
    return _name(path.parent) if path.name in ("file", "files") and about.is_file() else path.name or source


def _name(folder: Path) -> str:
    try:
        return str(read_json(folder / "about.json")["name"])[:NAME_LENGTH]
    except (RunError, KeyError, TypeError):
        return folder.name


def _shown(files: Sequence[tuple[str, bytes]]) -> str:
    first = re.sub(r"[\x00-\x1f\x7f/\\]", "", files[0][0])[-NAME_LENGTH:] or "a file"
    return first if len(files) == 1 else f"{first} and {len(files) - 1} more"


def _write_files(target: Path, files: Sequence[tuple[str, bytes]]) -> None:
    if len(files) == 1:
        target.parent.mkdir(parents=True)
        target.write_bytes(files[0][1])
        return
    target.mkdir(parents=True)
    for number, (name, data) in enumerate(files):
        (target / f"{_role(name)}-{number}").write_bytes(data)


def _role(name: str) -> str:
    """The one thing that a reader needs to know of a file's name."""
    lower = name.lower()
    if "test" in lower or "t10k" in lower:
        return "test"
    return "validation" if "val" in lower else "train"


def _make_sure_of_room(root: Path, size: int) -> None:
    taken = sum(each.stat().st_size for each in root.rglob("*") if each.is_file()) if root.is_dir() else 0
    said = f"All data files together would take {amount(taken + size)}"
    DATA.check(taken + size, said, "Delete what is no longer needed in the folder of data files.")
