"""Data files that people bring: each format, what is made of it, and what is said of files that do not fit."""

import gzip
import io
import os
import struct
import zipfile
import zlib

import cv2
import numpy as np
import pytest

from engine.datasets import DataError, facts, load
from engine.datasets.arranging import _role
from engine.datasets.budget import Budget
from engine.datasets.matlab import read_matlab
from engine.drawing.header import size_in_header


def digits(count=60, side=8, classes=10):
    """Bright squares on black, whose place and brightness tell the class; the rim is background."""
    rng = np.random.default_rng(3)
    labels = (np.arange(count) % classes).astype(np.uint8)
    images = np.zeros((count, side, side), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + label % 3, 1 + label % 5] = 255
        image[2:-2, 3:-1] += rng.integers(0, 60, (side - 4, side - 4)).astype(np.uint8)
    return images, labels


# --- writers, for the tests only -------------------------------------------------------------------------------


def mat_element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


NUMBERS = {"u1": (2, 9), "f8": (9, 6), "f4": (7, 7), "i4": (5, 12)}  # type of the elements, class of the array


def mat_array(name, array, packed=True, kind=None):
    element, array_class = NUMBERS[array.dtype.str[1:]]
    body = (
        mat_element(6, struct.pack("<II", array_class if kind is None else kind, 0))
        + mat_element(5, struct.pack(f"<{array.ndim}i", *array.shape))
        + mat_element(1, name.encode())
        + mat_element(element, array.tobytes(order="F"))
    )
    whole = mat_element(14, body)
    if not packed:
        return whole
    data = zlib.compress(whole)
    return struct.pack("<II", 15, len(data)) + data


def mat_file(path, *arrays):
    path.write_bytes(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(arrays))
    return path


def idx_bytes(array, kind=8):
    return bytes([0, 0, kind, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def idx_files(folder, images, labels, ending="", pack=bytes):
    count = len(images) * 3 // 4
    for role, chosen in (("train", slice(count)), ("t10k", slice(count, None))):
        (folder / f"{role}-images-idx3-ubyte{ending}").write_bytes(pack(idx_bytes(images[chosen])))
        (folder / f"{role}-labels-idx1-ubyte{ending}").write_bytes(pack(idx_bytes(labels[chosen])))
    return folder / f"train-images-idx3-ubyte{ending}"


def csv_file(path, images, labels, first=True, header=False, scale=1, delimiter=","):
    columns = [labels[:, None], images.reshape(len(images), -1) / scale]
    rows = np.concatenate(columns if first else columns[::-1], axis=1)
    names = [f"p{i}" for i in range(images[0].size)]
    names = ["label", *names] if first else [*names, "label"]
    text = delimiter.join(names) if header else ""
    np.savetxt(path, rows, delimiter=delimiter, header=text, comments="", fmt="%.8g")
    return path


def folders(root, images, labels, ending=".png"):
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = root / str(label) / f"{number}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), image)
    return root


def zipped(path, files):
    with zipfile.ZipFile(path, "w") as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


def png(image):
    return cv2.imencode(".png", image)[1].tobytes()


# --- what is read ----------------------------------------------------------------------------------------------


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


def saved(path, **changes):
    rng = np.random.default_rng(0)
    arrays = {
        "train_images": rng.integers(0, 256, (20, 4, 4)).astype(np.uint8),
        "train_labels": (np.arange(20) % 3).astype(np.uint8),
        "test_images": rng.integers(0, 256, (6, 4, 4)).astype(np.uint8),
        "test_labels": (np.arange(6) % 3).astype(np.uint8),
    } | changes
    for name in ("train_images", "test_images"):
        if arrays[name] is not None and arrays[name].shape[1:] == (4, 4):
            arrays[name][:, [0, -1]] = arrays[name][:, :, [0, -1]] = 0
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return str(path)


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


# --- what does not fit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train_images": None}, "no training images|as many labels"),
        ({"train_images": np.zeros((20, 15), np.uint8)}, "expected a square number"),
        ({"train_images": np.full((20, 4, 4), np.nan)}, "not finite"),
        ({"train_images": np.full((20, 4, 4), "a")}, "expected numbers"),
        ({"train_images": np.zeros((20, 1, 900, 2), np.uint8)}, "2x2 to 512x512"),
        ({"train_images": np.uint8(3)}, "as many labels|no training images"),
        ({"train_labels": np.zeros(19, np.uint8)}, "as many labels"),
        ({"train_labels": np.zeros((20, 10), np.uint8)}, "as many labels"),
        ({"train_labels": np.full(20, 300)}, "whole numbers from 0 to 255"),
        ({"train_labels": np.full(20, -1)}, "whole numbers from 0 to 255"),
        ({"train_labels": np.full(20, 0.5)}, "whole numbers from 0 to 255"),
        ({"train_labels": np.full(20, np.nan)}, "whole numbers from 0 to 255"),
        ({"train_labels": np.full(20, "7")}, "whole numbers from 0 to 255"),
        ({"train_labels": np.array([None] * 20)}, "Python objects"),
        ({"test_images": np.zeros((6, 5, 5), np.uint8)}, "must have one size"),
    ],
)
def test_arrays_that_do_not_fit_say_what_is_wrong(tmp_path, changes, message):
    with pytest.raises(DataError, match=message) as error:
        load(saved(tmp_path / "mine.npz", **changes))
    assert len(str(error.value)) < 500


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "none of the formats"),
        (b"text", "none of the formats"),
        (b"PK\x03\x04 damaged", "none of the formats"),
        (b"\x93NUMPY\x01\x00", "none of the formats"),
        (b"\x80\x04.", "none of the formats"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM", "-v7"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01XX", "no MATLAB file of level 5"),
        (b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + struct.pack("<II", 15, 9), "breaks off"),
        (b"\0\0\x08\x01" + struct.pack(">I", 2) + b"\0\1", "images or labels alone"),
        (b"\0\0\x08\x03" + struct.pack(">III", 60_000, 60_000, 60_000), "at most"),
        (b"1,2,3\n", "3 columns"),
        (b"1,2,3,4,5\n1,2,3\n", "no table of numbers"),
        (b"a,b,c,d,e\n", "no line with an image"),
        (b"1,0,0,0,0\n1,0,0,0,0\n", "can be labels"),
        (b"1,nan,0,0,0\n2,0,0,0,0\n", "not finite|no table"),
    ],
)
def test_other_files_are_explained(tmp_path, data, message):
    (tmp_path / "mine").write_bytes(data)
    with pytest.raises(DataError, match=message):
        load(str(tmp_path / "mine"))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.png": b""}, "no pictures in folders"),
        ({"0/a.png": b"", "1/b.png": b""}, "is no PNG"),
        ({"0/a.png": png(np.zeros((4, 4), np.uint8))[:40], "1/b.png": b""}, "damaged"),
        ({"0/a.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 60_000, 60_000)}, "60000x60000 pixels"),
        ({"0/a.png": png(np.eye(4, dtype=np.uint8))}, "has 1 folders with pictures"),
        ({"0/a.png": b"\0" * 9_000_000}, "at most 8,000,000"),
    ],
)
def test_zips_that_do_not_fit_are_explained(tmp_path, files, message):
    with pytest.raises(DataError, match=message):
        load(str(zipped(tmp_path / "mine.zip", files)))


def test_names_in_a_zip_lead_nowhere(tmp_path):
    images, labels = digits(20, classes=2)
    files = {f"../../{label}/{n}.png": png(i) for n, (i, label) in enumerate(zip(images, labels, strict=True))}
    before = sorted(tmp_path.parent.rglob("*"))
    path = zipped(tmp_path / "mine.zip", files)
    assert load(str(path)).classes == 2
    assert sorted(set(tmp_path.parent.rglob("*")) - set(before)) == [path]


def test_a_packed_array_that_says_it_is_huge_is_refused_before_it_is_unpacked(tmp_path):
    bomb = zlib.compress(struct.pack("<II", 14, (1 << 31) - 1) + b"\0" * 1000)
    path = mat_file(tmp_path / "bomb.mat", struct.pack("<II", 15, len(bomb)) + bomb)
    with pytest.raises(DataError, match="at most 1,074 MB"):
        load(str(path))
    member = io.BytesIO()
    np.lib.format.write_array_header_1_0(member, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40,)})
    with pytest.raises(DataError, match="at most 1,074 MB"):
        load(str(zipped(tmp_path / "bomb.npz", {"images.npy": member.getvalue()})))


def test_a_budget_is_for_all_that_is_read():
    budget = Budget("x", 100)
    assert budget.spend(60, "a") == 60
    with pytest.raises(DataError):
        budget.spend(41, "b")
    with pytest.raises(DataError):
        budget.spend(-1, "c")


@pytest.mark.parametrize("ending", [".png", ".jpg", ".bmp"])
def test_the_size_of_a_picture_is_read_from_its_header(ending):
    data = cv2.imencode(ending, np.zeros((30, 20, 3), np.uint8))[1].tobytes()
    assert size_in_header(data) == (20, 30)
    assert size_in_header(data[:16]) is None
    assert size_in_header(b"GIF89a") is None


def test_a_jpeg_with_padded_markers_is_read_in_a_folder_of_pictures(tmp_path):
    """The standard allows bytes of 255 before any marker."""
    images, labels = digits(20)
    root = folders(tmp_path / "mine", images, labels, ".jpg")
    for path in root.rglob("*.jpg"):
        data = path.read_bytes()
        path.write_bytes(data[:2] + b"\xff\xff" + data[2:])
    assert load(str(root)).classes == 10


# --- damage: whatever the bytes, a data set or a DataError, and no great memory ----------------------------------


def samples(folder):
    images, labels = digits(40)
    rows = images.reshape(40, -1)
    idx_files(folder, images, labels)
    csv_file(folder / "a.csv", images, labels)
    np.savez(folder / "a.npz", images=images, labels=labels)
    mat_file(folder / "packed.mat", mat_array("X", rows), mat_array("y", labels))
    mat_file(folder / "plain.mat", mat_array("X", rows, packed=False), mat_array("y", labels, packed=False))
    zipped(
        folder / "a.zip", {f"{label}/{n}.png": png(i) for n, (i, label) in enumerate(zip(images, labels, strict=True))}
    )
    return sorted(path for path in folder.iterdir() if "labels" not in path.name)


def damaged(data, rng):
    """A few bytes changed, cut off, doubled, or taken out."""
    data = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        place, kind = int(rng.integers(0, max(min(len(data), 400), 1))), int(rng.integers(0, 5))
        if rng.random() < 0.3:
            place = int(rng.integers(0, max(len(data), 1)))
        if kind == 0 and data:
            data[place] = int(rng.integers(0, 256))
        elif kind == 1:
            data[place : place + 4] = rng.choice([b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff"]).item()
        elif kind == 2:
            del data[place:]
        elif kind == 3:
            data[place:place] = data[place : place + 64]
        else:
            del data[place : place + int(rng.integers(1, 9))]
    return bytes(data)


@pytest.mark.parametrize("number", range(9))
@pytest.mark.filterwarnings("ignore")  # NumPy and zipfile warn of odd headers
def test_damaged_files_are_read_or_refused_in_words(tmp_path, number):
    found = samples(tmp_path)
    path = found[number % len(found)]
    original, rng = path.read_bytes(), np.random.default_rng(number)
    target = tmp_path / "train-images-idx3-ubyte" if "idx" in path.name else tmp_path / "damaged"
    lengths = [20]
    for turn in range(60):
        target.write_bytes(damaged(original, rng))
        os.utime(target, ns=(turn, turn))
        try:
            data = load(str(target))
        except DataError as refused:
            lengths.append(len(str(refused)))
            continue
        assert data.images.dtype == np.uint8
        assert data.images.ndim == 3
        assert len(data.images) == len(data.labels)
        assert data.labels.max(initial=0) < data.classes
    assert 10 < min(lengths) <= max(lengths) < 900
