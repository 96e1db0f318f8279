"""Illustrations that are images: what the engine's own functions make of a real digit. No streamlit."""

from collections.abc import Sequence

import cv2
import numpy as np

from dashboard.learning.drawn import training_mode
from engine.arrays import Array, Buffers, Bytes
from engine.augment import Augmentation, augment
from engine.datasets import load
from engine.datasets.base import split
from engine.initializers import HeNormal
from engine.layers import AvgPool, Conv, Dropout, MaxPool, Mode
from engine.streams import stream

SCALE = 3  # pixels on the page for one of the image's
GAP = 4  # pixels of the image between two of a row
DIGIT = 7  # the training image that is shown: a 3
KERNELS = {  # what a convolution can find
    "edges, up": ((-1, -1, -1), (0, 0, 0), (1, 1, 1)),
    "edges, across": ((-1, 0, 1), (-1, 0, 1), (-1, 0, 1)),
}


def digit(place: int = DIGIT) -> Bytes:
    """A training image of MNIST, uint8 (28, 28)."""
    return load("mnist").images[place]


def row(images: Sequence[Array | Bytes]) -> Bytes:
    """Images side by side, enlarged pixel by pixel; numbers are brought to 0 to 255 each by itself."""
    tallest = max(image.shape[0] for image in images)
    cells = []
    for image in images:
        cell = _bytes(image)
        below = tallest - cell.shape[0]
        cells.append(np.pad(cell, ((below // 2, below - below // 2), (0, GAP)), constant_values=255))
    whole = np.concatenate(cells, axis=1)[:, :-GAP]
    return np.asarray(cv2.resize(whole, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_NEAREST), np.uint8)


def _bytes(image: Array | Bytes) -> Bytes:
    if image.dtype == np.uint8:
        return np.asarray(image, np.uint8)
    low, high = float(image.min()), float(image.max())
    return np.rint((image - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)


def augmented(kind: type[Augmentation]) -> Bytes:
    """The digit as it is, and seven times as this change makes it."""
    copies = np.repeat(digit()[np.newaxis], 7, axis=0)
    strong = {"Elastic": {"strength": 2.0}, "Noise": {"deviation": 40.0}}.get(kind.__name__, {})
    changed = augment(copies, (kind.from_json({"kind": kind.__name__} | strong),), stream(3, "illustration"))
    return row([digit(), *changed])


def dropped() -> Bytes:
    """The digit as a layer of 784 units, six times with half of them switched off, each time others."""
    x = digit().astype(np.float32).reshape(1, -1) / 255
    masked = [np.array(Dropout(drop=0.5).forward({}, x, training_mode(seed))[0]).reshape(28, 28) for seed in range(6)]
    return row([digit(), *masked])


def convolved() -> Bytes:
    """The digit, a kernel, and its answer; twice."""
    x = digit().astype(np.float32).reshape(1, 28, 28, 1) / 255
    cells: list[Array | Bytes] = []
    layer = Conv(channels=1, kernel=3)
    for kernel in KERNELS.values():
        weight = np.array(kernel, np.float32)
        params = {"weight": weight.reshape(3, 3, 1, 1), "bias": np.zeros(1, np.float32)}
        y = np.array(layer.forward(params, x, Mode(Buffers()))[0])[0, :, :, 0]
        cells += [digit(), np.kron(weight, np.ones((4, 4), np.float32)), y]
    return row(cells)


def pooled(layer: MaxPool | AvgPool) -> Bytes:
    """The digit before and after pooling by 2, and by 2 again."""
    x, cells = digit().astype(np.float32).reshape(1, 28, 28, 1), [digit()]
    for _ in range(2):
        x = np.array(layer.forward({}, x, Mode(Buffers()))[0])
        cells.append(np.rint(x[0, :, :, 0]).astype(np.uint8))
    return row(cells)


def flattened() -> Bytes:
    """The first rows of the digit, laid one behind the other."""
    middle = digit()[10:14]
    return row([digit(), np.repeat(middle.reshape(1, -1), 6, axis=0)])


def mislabelled(count: int = 8) -> tuple[Bytes, list[int]]:
    """Training images, and the labels that they have with all labels random."""
    parts = split(load("mnist"), 1, 100, 100, label_noise=1.0)
    return row(list(parts.train_images[:count])), [int(label) for label in parts.train_labels[:count]]


def seeds() -> Bytes:
    """The first weights of three units, as images: two rows of the same seed look alike, another one does not."""
    drawn = [HeNormal().draw(stream(seed, "initialize"), (784, 1), 784, 1).reshape(28, 28) for seed in (1, 1, 2, 3)]
    return row(drawn)
