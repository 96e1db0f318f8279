"""Files that people bring. The format is told by what is in the file, not by its name."""

import os
import zipfile
from functools import lru_cache
from pathlib import Path

from engine.datasets.arranging import arrange
from engine.datasets.base import DataError, Dataset
from engine.datasets.idx import is_idx, read_idx
from engine.datasets.matlab import read_matlab
from engine.datasets.npz import is_npz, read_npz
from engine.datasets.pictures import DEEPEST, read_pictures
from engine.datasets.table import looks_like_table, read_table

FORMATS = "MATLAB 5 (.mat), IDX (plain or .gz), .npz, CSV, or pictures in a folder or zip with a folder for each class"


def read_path(path: Path) -> Dataset:
    """A data set from a file or a folder. Raises DataError, which says what was received and what is expected."""
    try:
        return _read(path)
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    except MemoryError:
        raise DataError(f"{path.name} is too large for this machine's memory. Take fewer images.") from None


def newest_change(path: Path, depth: int = 0) -> int:
    """When a file or folder changed last, in nanoseconds; what is added to a folder anywhere within it counts."""
    changed = path.stat().st_mtime_ns
    if depth > DEEPEST or not path.is_dir():
        return changed
    return max([changed, *(newest_change(each, depth + 1) for each in _inside(path, changed, files=depth == 0))])


@lru_cache(maxsize=4096)
def _inside(folder: Path, changed: int, files: bool) -> tuple[Path, ...]:
    """The folders in a folder, and its files if asked for; kept, for a class may have thousands of them."""
    with os.scandir(folder) as found:
        return tuple(
            Path(each.path)
            for each in found
            if (each.is_dir(follow_symlinks=False) and not each.name.startswith(".")) or (files and each.is_file())
        )


def _read(path: Path) -> Dataset:
    name = path.stem or path.name
    if path.is_dir():
        if any(each.is_file() and is_idx(each) for each in path.iterdir()):
            return arrange(name, read_idx(path))
        return arrange(name, *read_pictures(path))
    with path.open("rb") as file:
        start = file.read(132)
    if start[:6] == b"MATLAB":
        return arrange(name, read_matlab(path), by_columns=True)
    if is_idx(path):
        return arrange(name, read_idx(path))
    if is_npz(path):
        return arrange(name, read_npz(path))
    if zipfile.is_zipfile(path):
        return arrange(name, *read_pictures(path))
    if start[1:4] == b"HDF":
        raise DataError(f"{path.name} is an HDF5 file (MATLAB 7.3 writes them); expected {FORMATS}.")
    if looks_like_table(path):
        return arrange(name, read_table(path))
    raise DataError(f"{path.name} is none of the formats that are read; expected {FORMATS}.")
