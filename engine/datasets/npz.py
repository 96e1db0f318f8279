"""NumPy's .npz: arrays by name, without pickles."""

import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.datasets.base import DataError
from engine.datasets.budget import Budget

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


def read_npz(path: Path) -> dict[str, npt.NDArray[Any]]:
    """All arrays; each one's header is looked at before the array is made. Raises DataError, or UnreadableError."""
    budget = Budget(path.name)
    try:
        with zipfile.ZipFile(path) as file:
            names = [name for name in file.namelist() if name.endswith(".npy")][:MOST_ARRAYS]
            return {name.removesuffix(".npy"): _read(file, name, budget) for name in names}
    except DataError:
        raise
    except (OSError, MemoryError) as error:
        why = getattr(error, "strerror", None) or "not enough memory"
        raise UnreadableError(f"{path.name} cannot be read: {why}.") from None
    except Exception as error:  # as above
        raise DataError(f"{path.name} is no readable .npz file ({str(error)[:200]}).") from None


def _read(file: zipfile.ZipFile, name: str, budget: Budget) -> npt.NDArray[Any]:
    with file.open(name) as member:
        version = np.lib.format.read_magic(member)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, by_columns, dtype = read_header[version](member)
        if dtype.hasobject:
            raise DataError(f"{budget.name}: {name[:60]} holds Python objects, which are not read; expected numbers.")
        size = budget.spend(math.prod(shape) * dtype.itemsize, name[:60])
        data = member.read(size)
        if len(data) != size:
            raise DataError(f"{budget.name}: {name[:60]} is cut short.")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns else "C")
