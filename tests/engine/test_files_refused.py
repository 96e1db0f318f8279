"""Data files that do not fit or are damaged: what is said of them, and that no byte does harm."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest

from engine.datasets import DataError, load
from engine.datasets.budget import Budget
from engine.drawing.header import size_in_header
from tests.engine.data_files import csv_file, digits, folders, idx_files, mat_array, mat_file, png, saved, zipped


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
