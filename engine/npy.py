"""Arrays in zip files (.npz), looked at before anything of their size is made. Never a pickle.

NumPy's own reader makes an array of whatever size the file says, and tells of what is wrong in a programmer's words.
"""

import math
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

from engine.problems import PlainError, printable

VERSIONS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
MOST_AXES = 16


class NpyError(PlainError):
    """A member of a zip file that is no plain array of numbers."""


@dataclass(frozen=True)
class Layout:
    """What an array's header says of it."""

    shape: tuple[int, ...]
    by_columns: bool
    dtype: np.dtype[Any]

    @property
    def nbytes(self) -> int:
        """Bytes of its numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_layout(member: IO[bytes], name: str) -> Layout:
    """The header of an array in a file that stands at its beginning. Raises NpyError for what is no plain array."""
    name = printable(name, 60)
    try:
        version = np.lib.format.read_magic(member)
        if version not in VERSIONS:
            raise NpyError(f"{name} is in version {version[0]}.{version[1]} of the .npy format; expected 1.0 or 2.0.")
        shape, by_columns, dtype = VERSIONS[version](member)
    except (NpyError, OSError, EOFError, zlib.error, zipfile.BadZipFile):
        raise
    except Exception:  # Python's own tokenizer, parser and evaluator see the header, and raise what they like
        raise NpyError(f"{name} is no array in the .npy format, or its header is damaged.") from None
    if dtype.hasobject:
        raise NpyError(f"{name} holds Python objects, which are not read; expected numbers.")
    if dtype.names or dtype.subdtype or not dtype.itemsize:
        raise NpyError(f"{name} holds {printable(str(dtype), 60)}; expected numbers.")
    if len(shape) > MOST_AXES or not all(type(extent) is int and extent >= 0 for extent in shape):
        raise NpyError(f"{name} has the shape {printable(str(shape), 60)}; expected at most {MOST_AXES} whole numbers.")
    return Layout(shape, bool(by_columns), dtype)


def why_damaged(error: Exception) -> str:
    """Why a zip file could not be read, in words for people; zipfile and its decompressors raise what they like."""
    if isinstance(error, PlainError):
        return str(error)
    if isinstance(error, KeyError):
        return f"it has no part {printable(_missing(error), 60)}"
    if isinstance(error, zlib.error):
        return "what is packed in it is damaged"
    if isinstance(error, zipfile.BadZipFile):
        return printable(str(error), 160)
    if isinstance(error, NotImplementedError):
        return "it is packed in a way that is not supported; pack it again with deflate, or not at all"
    if isinstance(error, RuntimeError) and "password" in str(error):
        return "it is locked by a password"
    if isinstance(error, MemoryError):
        return "there is not enough memory for it"
    if isinstance(error, OSError) and error.strerror and error.errno not in (22, None):
        return printable(error.strerror, 160)
    return "its parts do not fit together"


def _missing(error: KeyError) -> str:
    """Of zipfile's "There is no item named 'x' in the archive", the name."""
    text = str(error.args[0]) if error.args else ""
    parts = text.split("'")
    return parts[1] if len(parts) > 2 else text
