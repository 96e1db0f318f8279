"""Data: what ships with the project, and readers for what people bring."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from engine.config import DataConfig
from engine.datasets.added import add_images
from engine.datasets.base import DataError, Dataset, Scaling, Split, digest_of, held_back, split
from engine.datasets.builtin import BUILT_IN, BUILT_IN_SHAPES
from engine.datasets.mistakes import AS_THEY_ARE, leak_test_images
from engine.datasets.mixing import mix_in, mixed_in
from engine.datasets.reading import FORMATS, newest_change, read_path
from engine.limits import any_path, may_read
from engine.rundir import own_folders

__all__ = [
    "BUILT_IN",
    "FORMATS",
    "DataError",
    "Dataset",
    "Facts",
    "Scaling",
    "Split",
    "digest_of",
    "facts",
    "image_shape",
    "load",
    "load_split",
    "planned_images",
]


@dataclass(frozen=True)
class Facts:
    """What a page or a network has to know of a data set."""

    image_shape: tuple[int, int, int]
    classes: int
    images: int  # to learn from, those for validation included where they have no place of their own
    own_validation: bool = False


def load(source: str) -> Dataset:
    """A data set by its name, or from a file or folder."""
    if source in BUILT_IN:
        return BUILT_IN[source]()
    path = Path(source)
    try:
        if not may_read(path, own_folders()):
            raise FileNotFoundError  # what there is outside must not be told
        regular = path.is_file() or path.is_dir()  # no device, no pipe
        if not source or not regular or path.resolve() in (Path.cwd(), Path(path.anchor)):
            raise FileNotFoundError
        changed = newest_change(path)
    except (OSError, ValueError):  # a name that is longer than names can be, or none at all
        files = "the path of a file or folder" if any_path() else "a file that was sent here"
        expected = f"{', '.join(BUILT_IN)}, or {files}"
        raise DataError(f"no data under {source[:200]!r}: expected {expected}.") from None
    return _from_path(path, changed)


@lru_cache(maxsize=2)
def _from_path(path: Path, changed: int) -> Dataset:
    """The data set in a file; one that was changed is read again."""
    return read_path(path)


def load_split(config: DataConfig, seed: int) -> Split:
    """What a run with this config trains on."""
    parts = split(
        load(config.source),
        seed,
        config.train_images,
        config.validation_images,
        standardize=config.scaling == "standard",
        label_noise=config.label_noise,
    )
    if config.scaling == "none":
        parts = replace(parts, scaling=AS_THEY_ARE)
    if config.leaked_images:
        parts = leak_test_images(parts, config.leaked_images, seed)
    if config.added_images:
        parts = add_images(parts, config.added_images, config.added_by, seed)
    return mix_in(parts, config.personal, config.personal_share) if config.personal else parts


def facts(source: str) -> Facts:
    """Of a data set; at once for those that ship with the project."""
    if source in BUILT_IN_SHAPES:
        return Facts(BUILT_IN_SHAPES[source], 10, 60_000)
    data = load(source)
    return Facts(data.image_shape, data.classes, len(data.images), data.validation is not None)


def image_shape(source: str) -> tuple[int, int, int]:
    """(height, width, channels) of a data set; at once for those that ship with the project."""
    return facts(source).image_shape


def planned_images(config: DataConfig) -> int:
    """How many images a run with this config has in an epoch. Raises DataError."""
    found = facts(config.source)
    held = 0 if found.own_validation else held_back(found.images, config.train_images, config.validation_images)
    count = min(config.train_images, found.images - held) + config.added_images
    return count + (mixed_in(count, found.classes, config.personal, config.personal_share) if config.personal else 0)
