"""MNIST, which is part of the package.

Y. LeCun, C. Cortes, C. J. C. Burges: The MNIST database of handwritten digits. CC BY-SA 3.0.
"""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from engine.arrays import Bytes
from engine.datasets.base import Dataset

MNIST_FILE = Path(__file__).with_name("mnist.npz")


@cache
def mnist() -> Dataset:
    """60,000 training and 10,000 test images, 28x28."""
    with np.load(MNIST_FILE, allow_pickle=False) as file:
        return Dataset("mnist", file["train_images"], file["train_labels"], file["test_images"], file["test_labels"])


@cache
def mnist16() -> Dataset:
    """MNIST shrunk to 16x16, the size of scanned postal digits. Each pixel is the mean of those it covers."""
    full = mnist()
    return Dataset("mnist16", shrink(full.images, 16), full.labels, shrink(full.test_images, 16), full.test_labels)


def shrink(images: Bytes, size: int) -> Bytes:
    """uint8 (n, height, width) -> (n, size, size), by areas."""
    small = np.empty((len(images), size, size), np.uint8)
    for source, target in zip(images, small, strict=True):
        cv2.resize(source, (size, size), dst=target, interpolation=cv2.INTER_AREA)
    return small


BUILT_IN = {"mnist": mnist, "mnist16": mnist16}
BUILT_IN_SHAPES = {"mnist": (28, 28, 1), "mnist16": (16, 16, 1)}  # known without loading anything
