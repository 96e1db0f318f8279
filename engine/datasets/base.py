"""A data set, and its split into training, validation and test images."""

import zlib
from dataclasses import dataclass

import cv2
import numpy as np

from engine.arrays import Array, Bytes
from engine.problems import PlainError
from engine.streams import stream

LOOKED_AT = 16  # one in so many images is looked at to tell whether a data set is still the same


class DataError(PlainError):
    """Data that cannot be read or used."""


@dataclass(frozen=True)
class Dataset:
    """Images uint8 (n, height, width), 0 the background; labels uint8 (n,) from 0 to classes - 1.

    validation: images and labels that the file itself sets apart for validation; None where it does not.
    notes: what was done to make the images so, in sentences.
    """

    name: str
    images: Bytes
    labels: Bytes
    test_images: Bytes
    test_labels: Bytes
    classes: int = 10
    validation: tuple[Bytes, Bytes] | None = None
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels), the input shape of a network."""
        return (int(self.images.shape[1]), int(self.images.shape[2]), 1)


@dataclass(frozen=True)
class Scaling:
    """Pixels to network input: (pixel / 255 - mean) / deviation."""

    mean: float = 0.0
    deviation: float = 1.0

    def apply(self, images: Bytes, out: Array) -> Array:
        """uint8 (n, height, width) -> out (n, height, width, 1)."""
        flat = out.reshape(images.shape)
        np.copyto(flat, images)
        flat *= 1 / (255 * self.deviation)
        if self.mean:
            flat -= self.mean / self.deviation
        return out


@dataclass(frozen=True)
class Split:
    """What a run trains on, steers by, and is judged by at its end.

    digest: tells the data set from one with other images or labels, as far as a quick look can; "" where nobody looked.
    """

    name: str
    train_images: Bytes
    train_labels: Bytes
    validation_images: Bytes
    validation_labels: Bytes
    test_images: Bytes
    test_labels: Bytes
    classes: int
    scaling: Scaling
    digest: str = ""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels)."""
        return (int(self.train_images.shape[1]), int(self.train_images.shape[2]), 1)


def split(
    data: Dataset,
    seed: int,
    train_images: int,
    validation_images: int,
    standardize: bool = False,
    label_noise: float = 0.0,
) -> Split:
    """Draw validation and training images from the data set's training images, by the seed.

    The validation images come first in the drawn order, so they are the same for any number of training images that
    leaves room for them. A data set that is too small for both gives the validation at most a fifth of it; one that
    has validation images of its own gives these. Test images are never touched.
    """
    count = len(data.images)
    if count < 2:
        raise DataError(f"{data.name} has {count} training images; at least 2 are needed.")
    held = held_back(count, train_images, validation_images)
    order = stream(seed, "split").permutation(count)
    # the first validation images are looked at within an epoch, so they stay in random order
    if data.validation is None:
        validation, train = order[:held], np.sort(order[held : held + train_images])
        held_images, held_labels = data.images[validation], data.labels[validation]
    else:
        train = np.sort(order[:train_images])
        validation = stream(seed, "validation order").permutation(len(data.validation[1]))[:validation_images]
        held_images, held_labels = data.validation[0][validation], data.validation[1][validation]
    images, labels = data.images[train], data.labels[train]
    if label_noise:
        rng = stream(seed, "label noise")
        wrong = rng.random(len(labels)) < label_noise
        labels = np.where(wrong, rng.integers(0, data.classes, len(labels)), labels).astype(np.uint8)
    return Split(
        data.name,
        images,
        labels,
        held_images,
        held_labels,
        data.test_images,
        data.test_labels,
        data.classes,
        _standard(images) if standardize else Scaling(),
        digest_of(data),
    )


def digest_of(data: Dataset) -> str:
    """Number of images, and checksums (CRC-32) of all labels and of every sixteenth image: milliseconds for 60,000."""
    groups = [(data.images, data.labels), (data.test_images, data.test_labels), *filter(None, [data.validation])]
    labels = images = 0
    for pixels, classes in groups:
        labels = zlib.crc32(np.ascontiguousarray(classes).tobytes(), labels)
        images = zlib.crc32(pixels[::LOOKED_AT].tobytes(), images)
    return f"{'+'.join(str(len(classes)) for _, classes in groups)} {labels:08x} {images:08x}"


def held_back(count: int, train_images: int, validation_images: int) -> int:
    """How many of `count` images are for validation, when so many of each are wished for."""
    most = max(count // 5, 1) if validation_images + train_images > count else count
    return min(validation_images, count - 1, most)


def _standard(images: Bytes) -> Scaling:
    """Mean and standard deviation over all pixels. OpenCV sums bytes as whole numbers, without a float copy."""
    mean, deviation = cv2.meanStdDev(images.reshape(len(images), -1))
    return Scaling(float(mean.item()) / 255, max(float(deviation.item()) / 255, 1e-6))
