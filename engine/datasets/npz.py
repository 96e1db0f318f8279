"""NumPy's .npz: arrays by name, without pickles."""

import errno
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from engine.datasets.base import DataError
from engine.datasets.budget import Budget
from engine.npy import NpyError, read_layout, why_damaged

MOST_ARRAYS = 100


class UnreadableError(DataError):
    """A file that cannot be read for now, which says nothing of what is in it."""


def is_npz(path: Path) -> bool:
    """Whether it is a zip file with arrays in it."""
    try:
        with zipfile.ZipFile(path) as file:
            return any(name.endswith(".npy") for name in file.namelist())
    except Exception:  # zipfile and its decompressors raise what they like at other files
        return False


def read_npz(source: Path | IO[bytes], called: str = "") -> dict[str, npt.NDArray[Any]]:
    """All arrays; each one's header is looked at before the array is made. Raises DataError, or UnreadableError.

    called: the name of what is read from an open file, for messages.
    """
    name = source.name if isinstance(source, Path) else called
    budget = Budget(name)
    try:
        with zipfile.ZipFile(source) as file:
            members = [each for each in file.namelist() if each.endswith(".npy")][:MOST_ARRAYS]
            return {each.removesuffix(".npy"): _read(file, each, budget) for each in members}
    except DataError:
        raise
    except (OSError, MemoryError) as error:
        if getattr(error, "errno", 0) == errno.EINVAL:  # a place before the file's beginning, as its directory says
            raise DataError(f"{name} is no readable .npz file: {why_damaged(error)}.") from None
        why = getattr(error, "strerror", None) or "not enough memory"
        raise UnreadableError(f"{name} cannot be read: {why}.") from None
    except NpyError as error:
        raise DataError(f"{name}: {error}") from None
    except Exception as error:  # as above
        raise DataError(f"{name} is no readable .npz file: {why_damaged(error)}.") from None


def _read(file: zipfile.ZipFile, name: str, budget: Budget) -> npt.NDArray[Any]:
    with file.open(name) as member:
        layout = read_layout(member, name)
        size = budget.spend(layout.nbytes, name[:60])
        data = member.read(size)
        if len(data) != size:
            raise DataError(f"{budget.name}: {name[:60]} is cut short.")
    return np.frombuffer(data, layout.dtype).reshape(layout.shape, order="F" if layout.by_columns else "C")
