"""IDX, the format in which MNIST is published: images and labels in files of their own, plain or .gz.

    0  0  type  axes | extent of each axis, 4 bytes, big-endian | numbers, the last axis running fastest

type: 8 uint8, 9 int8, 11 int16, 12 int32, 13 float32, 14 float64. (Y. LeCun's MNIST page.)
"""

import gzip
import math
import re
import struct
import zlib
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import numpy.typing as npt

from engine.datasets.base import DataError
from engine.datasets.budget import Budget

Array = npt.NDArray[Any]

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
MOST_AXES = 4
GZIP = b"\x1f\x8b"


def is_idx(path: Path) -> bool:
    """Whether a file begins like one of these."""
    try:
        with _opened(path) as file:
            start = file.read(4)
    except (OSError, EOFError, zlib.error):
        return False
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in TYPES and 1 <= start[3] <= MOST_AXES


def read_idx(path: Path) -> dict[str, Array]:
    """Arrays by file name: of a folder, all; of one file, those that belong to it. Raises DataError."""
    folder = path if path.is_dir() else path.parent
    budget = Budget(path.name)
    if path.is_dir():
        found = sorted(each for each in folder.iterdir() if each.is_file() and is_idx(each))
    else:
        found = [path, *_companions(path)]
    arrays = {each.name: _read(each, budget) for each in found}
    if len(arrays) < 2:
        raise DataError(
            f"{path.name} holds images or labels alone; expected the other file beside it, with a name that differs "
            "in 'images' and 'labels' only, such as train-images-idx3-ubyte and train-labels-idx1-ubyte."
        )
    return arrays


def _companions(path: Path) -> list[Path]:
    """The labels of these images, or the images of these labels, and the test images and labels, where they lie."""
    wanted = {_pattern(name) for name in (path.name, *_tests(path.name))}
    return sorted(
        each
        for each in path.parent.iterdir()
        if each.name != path.name and each.is_file() and _pattern(each.name) in wanted and is_idx(each)
    )


def _pattern(name: str) -> str:
    """The name without what tells images from labels and packed from plain."""
    return re.sub(r"images|labels|idx\d|\.gz$", "", name.lower())


def _tests(name: str) -> list[str]:
    return [name.replace("train", other) for other in ("t10k", "test")] if "train" in name else []


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
    return cast(IO[bytes], gzip.open(path)) if packed else path.open("rb")


def _read(path: Path, budget: Budget) -> Array:
    try:
        with _opened(path) as file:
            _, _, kind, axes = file.read(4)
            extents = file.read(4 * axes)
            if len(extents) != 4 * axes:
                raise DataError(f"{path.name} is damaged: it breaks off in its header.")
            shape = struct.unpack(f">{axes}I", extents)
            dtype = np.dtype(TYPES[kind])
            size = budget.spend(math.prod(shape) * dtype.itemsize, "its array")
            data = file.read(size)
            more = file.read(1)
    except gzip.BadGzipFile as error:
        raise DataError(f"{path.name} is damaged: {error}.") from None
    except (EOFError, zlib.error):
        raise DataError(f"{path.name} is damaged: it cannot be unpacked to its end.") from None
    except OSError as error:
        raise DataError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    if len(data) != size or more:
        held = "more" if more else f"{len(data):,}"
        raise DataError(f"{path.name} should hold {size:,} bytes of {shape}; it holds {held}.")
    return np.frombuffer(data, dtype).reshape(shape)
