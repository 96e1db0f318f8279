"""MNIST as it ships, its split, and files that people bring."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from engine.augment import Shift, Transpose
from engine.config import DataConfig
from engine.datasets import BUILT_IN, DataError, image_shape, load, load_split, planned_images
from engine.datasets.added import add_images
from engine.datasets.base import Dataset, Scaling, split
from engine.datasets.builtin import shrink

# The MD5 sums of the four unpacked files, which begin with 16 or 8 bytes of header (magic number and shape).
MNIST_FILES = {
    "images": ("6bbc9ace898e44ae57da46a324031adb", [2051, 60_000, 28, 28]),
    "labels": ("a25bea736e30d166cdddb491f175f624", [2049, 60_000]),
    "test_images": ("2646ac647ad5339dbf082846283269ea", [2051, 10_000, 28, 28]),
    "test_labels": ("27ae3e4e09519cfbb04c329615203637", [2049, 10_000]),
}


@pytest.mark.parametrize("name", MNIST_FILES)
def test_mnist_is_the_original_to_the_byte(name):
    wanted, header = MNIST_FILES[name]
    array = getattr(load("mnist"), name)
    assert array.dtype == np.uint8
    assert list(array.shape) == header[1:]
    data = np.array(header, ">i4").tobytes() + array.tobytes()
    assert hashlib.md5(data, usedforsecurity=False).hexdigest() == wanted


def test_mnist_has_its_known_class_counts():
    data = load("mnist")
    assert np.bincount(data.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.test_labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_mnist16_is_mnist_in_smaller():
    small, full = load("mnist16"), load("mnist")
    assert small.images.shape == (60_000, 16, 16)
    assert small.test_images.shape == (10_000, 16, 16)
    np.testing.assert_array_equal(small.labels, full.labels)
    # a mean by areas keeps the mean brightness, up to rounding
    np.testing.assert_allclose(small.test_images.mean(axis=(1, 2)), full.test_images.mean(axis=(1, 2)), atol=0.5)


def test_shrinking_takes_the_mean_of_what_a_pixel_covers():
    image = np.arange(16, dtype=np.uint8).reshape(1, 4, 4) * 4
    # (0 + 4 + 16 + 20) / 4 = 10
    assert shrink(image, 2).tolist() == [[[10, 18], [42, 50]]]


@pytest.mark.parametrize("name", BUILT_IN)
def test_shapes_are_known_without_loading(name):
    assert image_shape(name) == load(name).image_shape


# --- the split -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def numbered():
    """2000 images, each of which holds its own number."""

    def make(start, count):
        numbers = np.arange(start, start + count)
        images = np.zeros((count, 2, 2), np.uint8)
        images[:, 0, 0], images[:, 0, 1] = numbers % 256, numbers // 256
        return images, (numbers % 10).astype(np.uint8)

    return Dataset("numbered", *make(0, 2000), *make(2000, 100))


def numbers(images):
    return images[:, 0, 0].astype(int) + 256 * images[:, 0, 1].astype(int)


def test_training_and_validation_images_are_disjoint_and_keep_their_labels(numbered):
    parts = split(numbered, 1, 1200, 500)
    train, validation = numbers(parts.train_images), numbers(parts.validation_images)
    assert (len(train), len(validation)) == (1200, 500)
    assert len({*train, *validation}) == 1700
    np.testing.assert_array_equal(parts.train_labels, train % 10)
    np.testing.assert_array_equal(parts.validation_labels, validation % 10)


def test_test_images_are_never_touched(numbered):
    parts = split(numbered, 1, 1200, 500, standardize=True, label_noise=1.0)
    assert parts.test_images is numbered.test_images
    assert parts.test_labels is numbered.test_labels
    assert not set(numbers(parts.train_images)) & set(numbers(numbered.test_images))


def test_validation_images_are_the_same_for_any_number_of_training_images(numbered):
    first = split(numbered, 1, 1500, 500)
    for count in (10, 400, 1499):
        again = split(numbered, 1, count, 500)
        np.testing.assert_array_equal(again.validation_images, first.validation_images)
        assert set(numbers(again.train_images)) <= set(numbers(first.train_images))


def test_validation_images_are_in_random_order_so_that_a_part_of_them_stands_for_all():
    """A file may be sorted by class."""
    labels = np.sort(np.arange(2000) % 10).astype(np.uint8)
    sorted_by_class = Dataset(
        "sorted", np.zeros((2000, 2, 2), np.uint8), labels, np.zeros((1, 2, 2), np.uint8), labels[:1]
    )
    part = split(sorted_by_class, 1, 1000, 1000).validation_labels[:100]
    assert len(set(part.tolist())) == 10


def test_the_seed_decides_and_nothing_else(numbered):
    one, again, other = split(numbered, 1, 500, 500), split(numbered, 1, 500, 500), split(numbered, 2, 500, 500)
    np.testing.assert_array_equal(one.train_images, again.train_images)
    assert set(numbers(one.validation_images)) != set(numbers(other.validation_images))


def test_data_too_small_for_both_gives_validation_a_fifth(numbered):
    parts = split(numbered, 1, 50_000, 10_000)
    assert (len(parts.train_images), len(parts.validation_images)) == (1600, 400)
    two = Dataset("two", numbered.images[:2], numbered.labels[:2], numbered.images[:0], numbered.labels[:0])
    assert len(split(two, 1, 10, 10).train_images) == 1
    with pytest.raises(DataError, match="two has 1 training images; at least 2 are needed"):
        split(Dataset("two", two.images[:1], two.labels[:1], two.test_images, two.test_labels), 1, 10, 10)


def test_standard_scaling_gives_mean_0_and_variance_1_over_the_training_images():
    parts = load_split(DataConfig(train_images=2000, validation_images=100), 1)
    out = parts.scaling.apply(parts.train_images, np.empty((2000, 28, 28, 1), np.float32))
    assert abs(out.mean(dtype=np.float64)) < 1e-4
    assert out.var(dtype=np.float64) == pytest.approx(1, abs=1e-4)


def test_unit_scaling_gives_0_to_1():
    parts = load_split(DataConfig(train_images=100, validation_images=100, scaling="unit"), 1)
    assert parts.scaling == Scaling(0.0, 1.0)
    out = parts.scaling.apply(np.array([[[0, 51, 255]]], np.uint8), np.empty((1, 1, 3, 1), np.float32))
    np.testing.assert_allclose(out.ravel(), [0, 0.2, 1], rtol=1e-6)


def test_scaling_by_hand():
    # (51 / 255 - 0.1) / 0.5 = 0.2
    out = Scaling(0.1, 0.5).apply(np.array([[[51]]], np.uint8), np.empty((1, 1, 1, 1), np.float32))
    assert out.item() == pytest.approx(0.2, rel=1e-6)


def test_images_of_one_colour_do_not_divide_by_zero():
    flat = Dataset(
        "flat",
        np.full((10, 2, 2), 7, np.uint8),
        np.arange(10).astype(np.uint8),
        *(np.zeros((0, 2, 2), np.uint8), np.zeros(0, np.uint8)),
    )
    scaling = split(flat, 1, 5, 5, standardize=True).scaling
    assert np.isfinite(scaling.apply(flat.images, np.empty((10, 2, 2, 1), np.float32))).all()


def test_label_noise_replaces_its_share_by_random_labels(numbered):
    clean, noisy = split(numbered, 1, 1500, 500), split(numbered, 1, 1500, 500, label_noise=0.4)
    changed = (clean.train_labels != noisy.train_labels).mean()
    assert changed == pytest.approx(0.4 * 0.9, abs=0.05)  # a tenth of the random ones is right; deviation 0.012
    np.testing.assert_array_equal(clean.validation_labels, noisy.validation_labels)
    np.testing.assert_array_equal(clean.train_images, noisy.train_images)
    assert set(numbered.labels) == set(range(10)), "the data set itself is left alone"


# --- sources ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["", "nowhere.npz", "Mnist", "/", ".", "a\0b", "x" * 5000])
def test_sources_that_are_no_file_say_what_there_is(source):
    with pytest.raises(DataError, match="expected mnist, mnist16, or the path of a file") as error:
        load(source)
    assert len(str(error.value)) < 400


def test_added_images_are_changed_copies_at_the_end_and_depend_on_the_seed_alone(numbered):
    parts = split(numbered, 1, 100, 50)
    more = add_images(parts, 150, (Transpose(share=1.0),), 7)
    assert more.train_images.shape == (250, 2, 2)
    np.testing.assert_array_equal(more.train_images[:100], parts.train_images)
    added = more.train_images[100:].transpose(0, 2, 1)
    assert set(numbers(added)) == set(numbers(parts.train_images)), "each image once before any is taken twice"
    np.testing.assert_array_equal(numbers(added) % 10, more.train_labels[100:])
    np.testing.assert_array_equal(add_images(parts, 150, (Transpose(share=1.0),), 7).train_images, more.train_images)
    assert (add_images(parts, 150, (Transpose(share=1.0),), 8).train_images != more.train_images).any()


def test_a_config_asks_for_added_images():
    config = DataConfig(train_images=40, validation_images=40, added_images=10, added_by=(Shift(pixels=2.0),))
    parts = load_split(config, 1)
    assert (len(parts.train_images), len(parts.train_labels), len(parts.validation_images)) == (50, 50, 40)


@pytest.mark.parametrize(("train", "validation", "added"), [(40, 20, 0), (60_000, 10, 7), (50_000, 20_000, 0)])
def test_the_images_of_an_epoch_are_known_beforehand(train, validation, added):
    config = DataConfig(train_images=train, validation_images=validation, added_images=added)
    assert planned_images(config) == len(load_split(config, 1).train_images)


def test_a_file_with_validation_images_of_its_own_keeps_them_apart(numbered):
    own = replace(numbered, validation=(numbered.images[:30], numbered.labels[:30]), images=numbered.images[30:],
                  labels=numbered.labels[30:])  # fmt: skip
    parts = split(own, 1, 5_000, 5_000)
    assert len(parts.train_images) == 1970
    assert sorted(numbers(parts.validation_images)) == list(range(30))
    np.testing.assert_array_equal(numbers(parts.validation_images) % 10, parts.validation_labels)
    assert len(split(own, 1, 100, 20).validation_images) == 20
