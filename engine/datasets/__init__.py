"""Data: what ships with the project, and readers for what people bring."""

from pathlib import Path

import numpy as np

from engine.config import DataConfig
from engine.datasets.base import DataError, Dataset, Scaling, Split, split
from engine.datasets.builtin import BUILT_IN, BUILT_IN_SHAPES

__all__ = ["BUILT_IN", "DataError", "Dataset", "Scaling", "Split", "image_shape", "load", "load_split"]


def load(source: str) -> Dataset:
    """A data set by its name, or from a file."""
    if source in BUILT_IN:
        return BUILT_IN[source]()
    path = Path(source)
    if not _is_file(path):
        raise DataError(f"no data under {source[:200]!r}: expected {', '.join(BUILT_IN)}, or the path of a file.")
    return _load_npz(path)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than names can be
        return False


def load_split(config: DataConfig, seed: int) -> Split:
    """What a run with this config trains on."""
    return split(
        load(config.source),
        seed,
        config.train_images,
        config.validation_images,
        standardize=config.scaling == "standard",
        label_noise=config.label_noise,
    )


def image_shape(source: str) -> tuple[int, int, int]:
    """(height, width, channels) of a data set; at once for those that ship with the project."""
    return BUILT_IN_SHAPES[source] if source in BUILT_IN_SHAPES else load(source).image_shape


def _load_npz(path: Path) -> Dataset:
    """A .npz with train_images, train_labels, test_images, test_labels, laid out like MNIST."""
    wanted = ("train_images", "train_labels", "test_images", "test_labels")
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = [np.asarray(file[name]) for name in wanted]
    except Exception as error:  # zipfile, its decompressors and NumPy raise what they like at other files
        message = f"{path.name} is no .npz file with the arrays {', '.join(wanted)} ({str(error)[:200]})."
        raise DataError(message) from None
    for images, labels in (arrays[:2], arrays[2:]):
        if images.dtype != np.uint8 or images.ndim != 3 or labels.shape != images.shape[:1] or 0 in images.shape[1:]:
            raise DataError(
                f"{path.name}: images must be uint8 (n, height, width) with a label each; got {images.dtype} "
                f"{images.shape} and labels {labels.shape}."
            )
    if arrays[0].shape[1:] != arrays[2].shape[1:]:
        sizes = f"{arrays[0].shape[1:]} and {arrays[2].shape[1:]}"
        raise DataError(f"{path.name}: training and test images must have one size; got {sizes}.")
    labels = np.concatenate([arrays[1], arrays[3]])
    if labels.size == 0 or labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 255:
        raise DataError(f"{path.name}: labels must be whole numbers from 0 to 255, and there must be some.")
    train_labels, test_labels = arrays[1].astype(np.uint8), arrays[3].astype(np.uint8)
    return Dataset(path.stem, arrays[0], train_labels, arrays[2], test_labels, max(int(labels.max()) + 1, 2))
