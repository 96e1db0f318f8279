"""CSV: one image a line, with its label in the first or in the last column."""

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.datasets.base import DataError
from engine.datasets.budget import MOST_IMAGES, Budget

Array = npt.NDArray[Any]

DELIMITERS = (",", ";", "\t", " ")
FEWEST_COLUMNS, MOST_COLUMNS = 2 * 2 + 1, 64 * 64 + 1
MOST_CLASSES = 256
LABEL_NAMES = ("label", "labels", "class", "target", "y", "digit")


def looks_like_table(path: Path) -> bool:
    """Whether the first line is text with several columns that may be numbers or their names."""
    try:
        with path.open("rb") as file:
            start = file.read(1 << 16)
        line = start.decode("utf-8-sig").split("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        return False
    cells = line.split(_delimiter(line))
    numbers = any(_is_number(cell) for cell in cells)
    return line.replace("\t", "").isprintable() and len(cells) > 1 and (numbers or len(cells) >= FEWEST_COLUMNS)


def read_table(path: Path) -> dict[str, Array]:
    """{"images": (n, pixels) float32, "labels": (n,)}. Raises DataError."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first, second = file.readline(1 << 20), file.readline(1 << 20)
    delimiter = _delimiter(first) or ","
    cells = [cell.strip().strip('"').lower() for cell in first.strip().split(delimiter)]
    if not FEWEST_COLUMNS <= len(cells) <= MOST_COLUMNS:
        raise DataError(
            f"{path.name} has {len(cells)} columns; expected a label and from 4 (2x2) to {MOST_COLUMNS - 1} (64x64) "
            "pixels in each line."
        )
    header = not all(_is_number(cell) for cell in cells)
    if header and not second.strip():
        raise DataError(f"{path.name} has no line with an image below its header.")
    # a number takes at least two characters in the file and four bytes here
    Budget(path.name).spend(2 * path.stat().st_size, "the table")
    numbers = _numbers(path, delimiter, header, len(cells))
    at = _label_column(path.name, numbers, cells if header else [])
    labels = numbers[:, at]
    return {"images": np.delete(numbers, at, axis=1), "labels": labels}


def _numbers(path: Path, delimiter: str, header: bool, columns: int) -> Array:
    try:
        with path.open(encoding="utf-8-sig") as file:
            lines = (line for line in file if line.strip())
            numbers = np.loadtxt(
                itertools.islice(lines, int(header), MOST_IMAGES + int(header)),
                np.float32,
                delimiter=None if delimiter == " " else delimiter,
                ndmin=2,
                quotechar='"',
                comments=None,
            )
    except UnicodeDecodeError:
        raise DataError(f"{path.name} is not text in UTF-8; save the table as CSV in UTF-8.") from None
    except ValueError as error:
        message = f"{path.name} is no table of numbers, {columns} in each line: {_plain(str(error), header)}."
        raise DataError(message) from None
    if not np.isfinite(numbers).all():
        raise DataError(f"{path.name} holds numbers that are not finite; expected a pixel in every cell.")
    return numbers


def _plain(error: str, header: bool) -> str:
    """What NumPy says of a table, for people: it counts lines from 0, without the header."""
    if cell := re.search(r"convert string (.*) to float32 at row (\d+), column (\d+)", error, re.DOTALL):
        return f"got {cell[1][:60]} in line {int(cell[2]) + 1 + header}, column {cell[3]}"
    if row := re.search(r"changed from (\d+) to (\d+) at row (\d+)", error):
        return f"line {int(row[3]) + header} has {row[2]}"
    return "its quotes or its lines are damaged"


def _delimiter(line: str) -> str | None:
    """What separates most cells of a line; None where there are fewer than two."""
    best = max(DELIMITERS, key=line.strip().count)
    return best if line.strip().count(best) else None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
        return True
    except ValueError:
        return False


def _label_column(name: str, numbers: Array, header: list[str]) -> int:
    """0 or -1. By its name; else the one that says most: a pixel at the rim hardly changes from image to image."""
    for at in (0, -1):
        if header and header[at] in LABEL_NAMES:
            return at
    spread = {at: _information(numbers[:, at]) for at in (0, -1)}
    at = max(spread, key=lambda each: spread[each])
    if spread[at] <= 0:
        raise DataError(
            f"{name}: neither the first nor the last column can be labels; expected whole numbers from 0 to "
            f"{MOST_CLASSES - 1}, one for each class, and at least two classes."
        )
    return at


def _information(column: Array) -> float:
    """Entropy of the numbers, in nats; 0 where they cannot be labels."""
    values, counts = np.unique(column, return_counts=True)
    if len(values) > MOST_CLASSES or values[0] < 0 or values[-1] >= MOST_CLASSES or (values % 1).any():
        return 0.0
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())
