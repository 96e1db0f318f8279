"""Picture files by class: a folder, or a zip of one, in which each class has a folder of its own.

    digits/0/a.png            or      digits/train/0/a.png
    digits/7/b.jpg                    digits/test/7/b.jpg

Nothing of a zip is written to disk, so no name in it can point anywhere.
"""

import os
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from engine.arrays import Bytes
from engine.datasets.base import DataError
from engine.datasets.budget import Budget
from engine.drawing.header import decodable, size_in_header
from engine.npy import why_damaged

Array = npt.NDArray[Any]

KINDS = (".png", ".jpg", ".jpeg", ".bmp")
MOST_PICTURES = 200_000
DEEPEST = 3  # folders within folders that are looked into: digits/train/0 and one to spare
MOST_FILE = 8_000_000  # bytes of one picture file
MOST_UNPACKED = 1 << 31  # bytes of all picture files
MOST_PIXELS = 1 << 28  # of all pictures, as they are kept
MOST_SIDE = 4096  # pixels
KEPT_SIDE = 64  # pictures that all have one size keep it, up to this
COMMON_SIDE = 28


@dataclass(frozen=True)
class Source:
    """A picture somewhere, not yet read."""

    name: PurePosixPath
    size: int  # bytes, unpacked
    read: Callable[[], bytes]


def read_pictures(path: Path) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Images and labels by role ("train images"), and notes. Raises DataError."""
    if path.is_dir():
        return _arrange(path.name, list(_in_folder(path)))
    try:
        with zipfile.ZipFile(path) as file:
            return _arrange(path.name, list(_in_zip(path.name, file)))
    except DataError:
        raise
    except Exception as error:  # zipfile and its decompressors raise what they like at damaged files
        raise DataError(f"{path.name} is no readable zip file: {why_damaged(error)}.") from None


def _in_folder(root: Path) -> Iterator[Source]:
    for folder, inside, names in os.walk(root):
        deep = len(Path(folder).relative_to(root).parts) >= DEEPEST
        inside[:] = [] if deep else sorted(each for each in inside if not each.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if _is_picture(name) and not file.is_symlink():
                yield Source(PurePosixPath(file.relative_to(root).as_posix()), file.stat().st_size, file.read_bytes)


def _in_zip(name: str, file: zipfile.ZipFile) -> Iterator[Source]:
    for each in file.infolist():
        if each.is_dir() or not _is_picture(each.filename) or "__MACOSX" in each.filename:
            continue
        if each.flag_bits & 1:
            raise DataError(f"{name} is locked by a password; expected a plain zip file.")

        def read(member: zipfile.ZipInfo = each) -> bytes:
            with file.open(member) as opened:
                return opened.read(member.file_size)  # no more than it says, whatever it unpacks to

        yield Source(PurePosixPath(each.filename), each.file_size, read)


def _is_picture(name: str) -> bool:
    return name.lower().endswith(KINDS) and not PurePosixPath(name).name.startswith(".")


def _arrange(name: str, sources: list[Source]) -> tuple[dict[str, Array], tuple[str, ...]]:
    """Read them all, scale them to one size, and number the classes."""
    sources = [each for each in sources if len(each.name.parts) > 1]
    if not sources:
        raise DataError(
            f"{name} has no pictures in folders; expected a folder for each class with PNG, JPEG or BMP files in it, "
            f"such as {Path(name).stem}/7/first.png."
        )
    if len(sources) > MOST_PICTURES:
        raise DataError(f"{name} has {len(sources):,} pictures; at most {MOST_PICTURES:,} are read.")
    Budget(name, MOST_UNPACKED).spend(sum(each.size for each in sources), "all pictures, unpacked,")
    budget = Budget(name, MOST_PIXELS)
    greys = [_grey(each, name, budget) for each in sources]
    shapes = {grey.shape for grey in greys}
    alike = len(shapes) == 1 and max(greys[0].shape) <= KEPT_SIDE
    images = np.stack(greys if alike else [_common(grey) for grey in greys])
    notes = () if alike else (f"Pictures of different or large sizes were scaled to {COMMON_SIDE}×{COMMON_SIDE}.",)
    classes = _classes(name, sources)
    labels = np.array([classes.index(each.name.parent.name) for each in sources])
    if not _are_digits(classes):
        notes = (*notes, f"Classes: {', '.join(f'{i} {text[:20]}' for i, text in enumerate(classes[:30]))}.")
    else:
        labels = np.array([int(classes[label]) for label in labels])
    roles = np.array([_role(each.name) for each in sources])
    arrays: dict[str, Array] = {}
    for role in sorted(set(roles.tolist())):
        arrays[f"{role} images"], arrays[f"{role} labels"] = images[roles == role], labels[roles == role]
    return arrays, notes


def _classes(name: str, sources: list[Source]) -> list[str]:
    """Names of the folders that hold pictures: in the order of numbers where they are numbers."""
    found = {each.name.parent.name for each in sources}
    if len(found) < 2 or len(found) > 256:
        raise DataError(f"{name} has {len(found)} folders with pictures; expected one for each of 2 to 256 classes.")
    return sorted(found, key=int) if _are_digits(found) else sorted(found)


def _are_digits(classes: list[str] | set[str]) -> bool:
    return all(re.fullmatch(r"0|[1-9]\d?|1\d\d", each) for each in classes)


def _role(path: PurePosixPath) -> str:
    """ "test" and "validation" where a folder above the class is called so."""
    above = {part.lower() for part in path.parts[:-2]}
    if above & {"test", "testing", "t10k"}:
        return "test"
    return "validation" if above & {"validation", "valid", "val", "dev"} else "train"


def _grey(source: Source, name: str, budget: Budget) -> Bytes:
    """uint8 (height, width). Raises DataError for what is no picture, or too large a one."""
    shown = str(source.name)[:80]
    if source.size > MOST_FILE:
        raise DataError(f"{name}: {shown} has {source.size:,} bytes; at most {MOST_FILE:,} are read.")
    data = source.read()
    size = size_in_header(data)
    if size is None or not (0 < size[0] <= MOST_SIDE and 0 < size[1] <= MOST_SIDE):
        what = "is no PNG, JPEG or BMP picture" if size is None else f"has {size[0]}x{size[1]} pixels"
        raise DataError(f"{name}: {shown} {what}; expected pictures of at most {MOST_SIDE}x{MOST_SIDE} pixels.")
    whole = decodable(data)
    try:
        found = None if whole is None else cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        found = None
    if found is None or found.ndim not in (2, 3):
        raise DataError(f"{name}: {shown} is damaged; it cannot be read as a picture.")
    grey = _flatten(np.asarray(found // 257 if found.dtype == np.uint16 else found).astype(np.uint8))
    budget.spend(grey.size if max(grey.shape) <= KEPT_SIDE else COMMON_SIDE**2, "all pictures together")
    # a picture of many pixels is brought down at once, so that never more than one of them is held
    return grey if max(grey.shape) <= KEPT_SIDE else _common(grey)


def _flatten(pixels: Bytes) -> Bytes:
    """Grey of colours; what is transparent shows white paper, or black where the ink itself is light."""
    if pixels.ndim == 2:
        return pixels
    if pixels.shape[2] == 4:
        alpha = pixels[..., 3:].astype(np.float32) / 255
        colours = pixels[..., :3].astype(np.float32)
        light = float((colours * alpha).sum() / max(float(alpha.sum()) * 3, 1e-6)) > 127
        pixels = np.rint(colours * alpha + (0 if light else 255) * (1 - alpha)).astype(np.uint8)
    grey = cv2.cvtColor(np.ascontiguousarray(pixels[..., :3]), cv2.COLOR_BGR2GRAY)
    return np.asarray(grey, np.uint8)


def _common(grey: Bytes) -> Bytes:
    """Made square with its own background, then scaled to COMMON_SIDE."""
    height, width = grey.shape
    side = max(height, width)
    rim = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    square = np.full((side, side), np.uint8(np.median(rim)))
    top, left = (side - height) // 2, (side - width) // 2
    square[top : top + height, left : left + width] = grey
    how = cv2.INTER_AREA if side > COMMON_SIDE else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (COMMON_SIDE, COMMON_SIDE), interpolation=how), np.uint8)
