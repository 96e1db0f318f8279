"""Small data files of every format, written for tests by code that knows nothing of what reads them."""

import struct
import zipfile
import zlib

import cv2
import numpy as np


def digits(count=60, side=8, classes=10):
    """Bright squares on black, whose place and brightness tell the class; the rim is background."""
    rng = np.random.default_rng(3)
    labels = (np.arange(count) % classes).astype(np.uint8)
    images = np.zeros((count, side, side), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 + label % 3, 1 + label % 5] = 255
        image[2:-2, 3:-1] += rng.integers(0, 60, (side - 4, side - 4)).astype(np.uint8)
    return images, labels


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
