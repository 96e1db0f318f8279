"""MATLAB's files of level 5 (`save` without -v7.3): numeric arrays by name.

A file is a header of 128 bytes and elements, each an 8-byte tag (type, size) and its data, padded to 8 bytes:

    15 compressed   a zlib stream, which holds one element
    14 matrix       flags, dimensions, name, real part [, imaginary part]: elements again
    1 to 13         numbers of one type; up to 4 bytes of them may stand in the tag itself

(MathWorks, MAT-File Format, chapter 1.) Only numbers are taken: structures, objects, cells and texts are passed over,
so nothing in a file is ever run.
"""

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.datasets.base import DataError
from engine.datasets.budget import Budget

Array = npt.NDArray[Any]

HEADER = 128
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
NUMERIC_CLASSES = range(6, 16)  # double, single, and whole numbers of 8 to 64 bits
COMPLEX = 0x0800
MOST_ARRAYS = 100
MOST_AXES = 8


def read_matlab(path: Path) -> dict[str, Array]:
    """The numeric arrays of a file, by name. Raises DataError."""
    budget = Budget(path.name)
    data = memoryview(path.read_bytes()[: budget.spend(path.stat().st_size, "the file")])
    if bytes(data[:10]) == b"MATLAB 7.3":
        raise DataError(f"{path.name} is a MATLAB 7.3 file; expected level 5. Save it again with save(..., '-v7').")
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:HEADER]))
    if order is None:
        raise DataError(f"{path.name} is no MATLAB file of level 5: its header says so nowhere.")
    arrays: dict[str, Array] = {}
    try:
        for kind, element in _elements(data[HEADER:], order):
            if kind == COMPRESSED:
                kind, element = _unpack(element, order, budget)
            if kind == MATRIX:
                arrays |= _matrix(element, order)
            if len(arrays) > MOST_ARRAYS:
                raise DataError(f"{path.name} has more than {MOST_ARRAYS} arrays; expected images and labels only.")
    except (struct.error, ValueError, zlib.error) as error:
        if isinstance(error, DataError):
            raise
        why = str(error) if type(error) is ValueError else "what is packed in it cannot be unpacked"
        raise DataError(f"{path.name} is damaged: {why}.") from None
    return arrays


def _elements(data: memoryview, order: str) -> Iterator[tuple[int, memoryview]]:
    """(type, data) of the elements that follow each other."""
    place = 0
    while place + 8 <= len(data):
        kind, size = struct.unpack_from(order + "II", data, place)
        start = place + 8
        if kind >> 16:  # the small form: size and type share four bytes, the data are the other four
            kind, size, start = kind & 0xFFFF, kind >> 16, place + 4
            if size > 4:
                raise ValueError(f"an element of {size} bytes in a tag that has room for 4")
            place += 8
        else:
            # compressed elements are not padded
            place = start + (size if kind == COMPRESSED else -(-size // 8) * 8)
        if start + size > len(data):
            raise ValueError("it breaks off")
        yield kind, data[start : start + size]


def _unpack(element: memoryview, order: str, budget: Budget) -> tuple[int, memoryview]:
    """The element in a compressed one: first its tag, which says how much there is, then as much and no more."""
    stream = zlib.decompressobj()
    tag = stream.decompress(element, 8)
    if len(tag) != 8:
        raise ValueError("a compressed array breaks off")
    kind, size = struct.unpack(order + "II", tag)
    budget.spend(size, "an array")
    unpacked = bytearray(stream.decompress(stream.unconsumed_tail, size)) if size else bytearray()
    if len(unpacked) != size:
        raise ValueError("a compressed array breaks off")
    return kind, memoryview(unpacked)


def _matrix(element: memoryview, order: str) -> dict[str, Array]:
    """The array by its name; nothing if it holds no plain numbers."""
    parts = iter(_elements(element, order))
    try:
        flags = int.from_bytes(next(parts)[1][:4], "little" if order == "<" else "big")
        if flags & 0xFF not in NUMERIC_CLASSES or flags & COMPLEX:
            return {}
        extents = next(parts)[1]
        shape = tuple(int(extent) for extent in np.frombuffer(extents[: len(extents) // 4 * 4], order + "i4"))
        name = bytes(next(parts)[1]).decode("ascii", "replace")
        kind, numbers = next(parts)
    except StopIteration:
        raise ValueError("an array breaks off") from None
    if kind not in NUMBERS or not 1 <= len(shape) <= MOST_AXES or min(shape) < 0:
        raise ValueError(f"{name[:40]} is an array of type {kind} with shape {shape[:MOST_AXES]}")
    dtype = np.dtype(order + NUMBERS[kind])
    if len(numbers) != math.prod(shape) * dtype.itemsize:
        raise ValueError(f"{name[:40]} should hold {math.prod(shape):,} numbers; it holds {len(numbers):,} bytes")
    flat = np.frombuffer(numbers, dtype)
    return {name: flat.reshape(shape, order="F")}
