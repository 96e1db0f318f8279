"""Data: what ships with the project, and readers for what people bring."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from engine.config import DataConfig
from engine.datasets.added import add_images
from engine.datasets.base import DataError, Dataset, Scaling, Split, held_back, split
from engine.datasets.builtin import BUILT_IN, BUILT_IN_SHAPES
from engine.datasets.mistakes import AS_THEY_ARE, leak_test_images
from engine.datasets.mixing import mix_in, mixed_in
from engine.datasets.named import named_file
from engine.datasets.reading import FORMATS, read_path

__all__ = [
    "BUILT_IN",
    "FORMATS",
    "DataError",
    "Dataset",
    "Facts",
    "Scaling",
    "Split",
    "changed_at",
    "facts",
    "image_shape",
    "load",
    "load_split",
    "named_file",
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
    """A data set by its name, or from a file or folder. Raises DataError."""
    return BUILT_IN[source]() if source in BUILT_IN else _from_path(*_found(source))


def changed_at(source: str) -> int:
    """When a data set changed last, in nanoseconds; 0 for those that ship with the project. Raises DataError."""
    return 0 if source in BUILT_IN else _found(source)[1]


def _found(source: str) -> tuple[Path, int]:
    return named_file(source, "data", tuple(BUILT_IN), folders=True)


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
