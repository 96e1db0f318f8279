"""Data files that people bring: each format, and what is made of it."""

import gzip
import os
import struct

import cv2
import numpy as np
import pytest

from engine.datasets import facts, load
from engine.datasets.arranging import _role
from engine.datasets.matlab import read_matlab
from tests.engine.data_files import (
    csv_file,
    digits,
    folders,
    idx_files,
    mat_array,
    mat_file,
    png,
    saved,
    zipped,
)


@pytest.mark.parametrize("packed", [True, False])
def test_matlab_rows_are_images_column_by_column_and_ten_is_zero(tmp_path, packed):
    images, labels = digits()
    rows = images.transpose(0, 2, 1).reshape(len(images), -1)  # as MATLAB lays an image out
    ten = np.where(labels == 0, 10, labels).astype(np.uint8)[:, None]
    arrays = {"X": rows[:30], "y": ten[:30], "Xvalid": rows[30:50], "yvalid": ten[30:50], "Xtest": rows[50:],
              "ytest": ten[50:].astype(np.float64)}  # fmt: skip
    data = load(str(mat_file(tmp_path / "a.mat", *(mat_array(n, a, packed) for n, a in arrays.items()))))
    np.testing.assert_array_equal(data.images, images[:30])
    np.testing.assert_array_equal(data.labels, labels[:30])
    np.testing.assert_array_equal(data.validation[0], images[30:50])
    np.testing.assert_array_equal(data.test_labels, labels[50:])
    assert (data.classes, facts(str(tmp_path / "a.mat")).image_shape) == (10, (8, 8, 1))
    assert any("exchanged" in note for note in data.notes)
    assert any("Label 10" in note for note in data.notes)


def test_matlab_stacks_of_images_may_have_the_number_last(tmp_path):
    images, labels = digits()
    stack = np.ascontiguousarray(images.transpose(1, 2, 0))
    data = load(str(mat_file(tmp_path / "a.mat", mat_array("images", stack), mat_array("labels", labels[None]))))
    joined = {image.tobytes() for image in np.concatenate([data.images, data.test_images])}
    assert joined == {image.tobytes() for image in images}


def test_matlab_passes_over_what_is_no_array_of_numbers(tmp_path):
    text = mat_array("note", np.zeros((1, 4), np.uint8), kind=4)
    cells = mat_array("cells", np.zeros((1, 4), np.uint8), kind=1)
    small = struct.pack("<HHI", 1, 0, 0)  # an element in the short form, of no bytes
    path = mat_file(tmp_path / "a.mat", text, small, mat_array("x", np.arange(6.0).reshape(2, 3)), cells)
    found = read_matlab(path)
    assert list(found) == ["x"]
    assert found["x"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize("packed", [False, True])
def test_idx_is_found_by_any_of_its_files_or_its_folder(tmp_path, packed):
    images, labels = digits()
    path = idx_files(tmp_path, images, labels, *((".gz", gzip.compress) if packed else ()))
    for source in (path, tmp_path, tmp_path / path.name.replace("images-idx3", "labels-idx1")):
        data = load(str(source))
        np.testing.assert_array_equal(data.images, images[:45])
        np.testing.assert_array_equal(data.labels, labels[:45])
        np.testing.assert_array_equal(data.test_images, images[45:])
        assert data.notes == ()


@pytest.mark.parametrize("first", [True, False], ids=["label first", "label last"])
@pytest.mark.parametrize("header", [True, False], ids=["header", "no header"])
@pytest.mark.parametrize("scale", [1, 255], ids=["0 to 255", "0 to 1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_csv(tmp_path, first, header, scale, delimiter):
    images, labels = digits()
    path = csv_file(tmp_path / "a.csv", images, labels, first, header, scale, delimiter)
    data = load(str(path))
    joined = {image.tobytes(): label for image, label in zip(data.images, data.labels, strict=True)}
    joined |= {image.tobytes(): label for image, label in zip(data.test_images, data.test_labels, strict=True)}
    assert joined == {image.tobytes(): label for image, label in zip(images, labels, strict=True)}
    assert any("0 to 255" in note for note in data.notes) == (scale == 255)


def test_folders_and_zips_of_pictures_by_class(tmp_path):
    images, labels = digits(40)
    data = load(str(folders(tmp_path / "digits", images, labels)))
    assert len(data.images) + len(data.test_images) == 40
    files = {f"digits/{role}/{label}/{number}.png": png(image)
             for role, chosen in (("train", slice(30)), ("test", slice(30, 40)))
             for number, (image, label) in enumerate(zip(images[chosen], labels[chosen], strict=True))}  # fmt: skip
    again = load(str(zipped(tmp_path / "digits.zip", files | {"__MACOSX/0/x.png": b"", "readme.txt": b"hello"})))
    assert (len(again.images), len(again.test_images), again.classes) == (30, 10, 10)
    assert {i.tobytes() for i in again.test_images} == {i.tobytes() for i in images[30:]}


def test_pictures_of_any_size_on_paper_become_bright_squares(tmp_path):
    rng = np.random.default_rng(0)
    root = tmp_path / "scans"
    for number in range(12):
        paper = np.full((int(rng.integers(40, 90)), int(rng.integers(40, 90)), 3), 240, np.uint8)
        cv2.circle(paper, (20, 20), 8 + 6 * (number % 2), (30, 20, 10), 4)
        (root / "ab"[number % 2]).mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(root / "ab"[number % 2] / f"{number}.jpg"), paper)
    data = load(str(root))
    assert data.images.shape[1:] == (28, 28)
    assert data.classes == 2
    assert np.median(data.images) < 30
    assert data.images.max() > 180
    assert [note.split()[0] for note in data.notes] == ["Pictures", "Classes:", "Dark", "It"]


def test_class_folders_with_numbers_keep_their_numbers(tmp_path):
    images, labels = digits(40, classes=4)
    data = load(str(folders(tmp_path / "digits", images, labels + 5)))
    assert set(data.labels.tolist()) == {5, 6, 7, 8}
    assert data.classes == 9


# --- npz: any names that say what they are ----------------------------------------------------------------------


def test_a_file_laid_out_like_mnist_is_read_as_it_is(tmp_path):
    data = load(saved(tmp_path / "mine.npz"))
    assert (data.name, data.images.shape, data.test_images.shape, data.classes) == ("mine", (20, 4, 4), (6, 4, 4), 3)
    assert data.notes == ()
    wide = load(saved(tmp_path / "wide.npz", train_labels=np.arange(20, dtype=np.int64)))
    assert (wide.labels.dtype, wide.classes) == (np.uint8, 20)


def test_other_names_one_hot_labels_and_floats_are_understood(tmp_path):
    images, labels = digits()
    path = tmp_path / "keras.npz"
    np.savez(path, x_train=images[:40] / 127.5 - 1, y_train=np.eye(10)[labels[:40]], x_test=images[40:] / 127.5 - 1,
             y_test=np.eye(10)[labels[40:]])  # fmt: skip
    data = load(str(path))
    np.testing.assert_array_equal(data.images, images[:40])
    np.testing.assert_array_equal(data.labels, labels[:40])
    np.testing.assert_array_equal(data.test_images, images[40:])


def test_dark_ink_is_inverted_and_oblong_images_are_framed(tmp_path):
    images, labels = digits()
    tall = np.pad(images, ((0, 0), (2, 2), (0, 0)))
    path = tmp_path / "paper.npz"
    np.savez(path, images=255 - tall, labels=labels, test_images=255 - tall[:10], test_labels=labels[:10])
    data = load(str(path))
    np.testing.assert_array_equal(data.test_images, np.pad(images, ((0, 0), (2, 2), (2, 2)))[:10])
    assert len(data.notes) == 2


def test_labels_from_one_are_made_to_begin_at_zero(tmp_path):
    images, _ = digits(52)
    path = tmp_path / "letters.npz"
    np.savez(path, images=images, labels=np.arange(52) % 26 + 1)
    data = load(str(path))
    assert (data.classes, int(data.labels.min()), int(data.labels.max())) == (26, 0, 25)


def test_transposed_digits_are_set_upright_by_their_likeness_to_mnist(tmp_path):
    mnist = load("mnist")
    path = tmp_path / "turned.npz"
    np.savez(path, images=mnist.images[:600].transpose(0, 2, 1), labels=mnist.labels[:600],
             test_images=mnist.images[600:700].transpose(0, 2, 1), test_labels=mnist.labels[600:700])  # fmt: skip
    data = load(str(path))
    np.testing.assert_array_equal(data.images, mnist.images[:600])
    np.testing.assert_array_equal(data.test_images, mnist.images[600:700])


@pytest.mark.parametrize("seed", range(6))
def test_ten_classes_of_other_things_are_left_as_they_lie(tmp_path, seed):
    """Blots are as little like MNIST's digits in one orientation as in the other."""
    rng = np.random.default_rng(seed)
    blots = np.stack([cv2.GaussianBlur(rng.random((28, 28)).astype(np.float32), (0, 0), 4) for _ in range(10)])
    blots = np.rint(255 * (blots - blots.min()) / (blots.max() - blots.min())).astype(np.uint8)
    blots[:, [0, -1]] = blots[:, :, [0, -1]] = 0
    np.savez(tmp_path / "blots.npz", images=np.repeat(blots, 6, axis=0), labels=np.arange(60) // 6)
    data = load(str(tmp_path / "blots.npz"))
    np.testing.assert_array_equal(data.images, blots[data.labels])


@pytest.mark.parametrize(
    ("names", "role"),
    [
        (("pixel_values", "latest_images", "devices", "attested", "train_x", "images"), "train"),
        (("Xtest", "testY", "test_images", "x_test", "t10k-images-idx3-ubyte", "TestLabels", "y2test", "tst"), "test"),
        (("yvalid", "Xval", "val labels", "validationData", "dev_set", "devset", "XVAL"), "validation"),
    ],
)
def test_words_of_its_name_tell_what_an_array_is_for(names, role):
    assert {name: _role(name) for name in names} == dict.fromkeys(names, role)


def test_large_images_are_brought_down(tmp_path):
    path = tmp_path / "large.npz"
    images = np.zeros((20, 100, 80), np.uint8)
    images[:, 30:60, 30:60] = 200
    np.savez(path, images=images, labels=np.arange(20) % 2)
    assert load(str(path)).images.shape[1:] == (28, 28)


def test_a_file_that_changed_is_read_again(tmp_path):
    path = tmp_path / "mine.npz"
    assert load(saved(path)).classes == 3
    saved(path, train_labels=np.arange(20))
    os.utime(path, ns=(1, 1))
    assert load(str(path)).classes == 20


def test_a_picture_that_is_added_deep_in_a_folder_is_seen(tmp_path):
    images, labels = digits(20)
    folders(tmp_path / "mine" / "train", images, labels)
    before = len(load(str(tmp_path / "mine")).images)
    for number in range(12):
        assert cv2.imwrite(str(tmp_path / "mine" / "train" / "7" / f"more {number}.png"), images[7])
    assert len(load(str(tmp_path / "mine")).images) == before + 10  # of 32 pictures five are held back, of 20 three
