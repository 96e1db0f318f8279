"""Files with images and with drawings that people bring: damaged, deceiving, or of another kind."""

import gzip
import io
import struct
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from fuzz_mutations import INTERESTING, NUMBERS, as_text, mutated_bytes, mutated_text
from fuzz_zips import NAMES, hostile_npy, hostile_zip, npy, zip_file

from engine.datasets import Dataset, load
from engine.datasets.hand_files import from_bytes, to_npz, to_zip
from engine.datasets.inks import INK_SIDE
from engine.datasets.personal import EMPTY, Hand

COUNT, SIDE = 40, 8
Array = npt.NDArray[Any]


@cache
def images() -> tuple[Array, Array]:
    """(40, 8, 8) uint8 and their labels."""
    rng = np.random.default_rng(2)
    labels = (np.arange(COUNT) % 10).astype(np.uint8)
    return rng.integers(0, 256, (COUNT, SIDE, SIDE), dtype=np.uint8), labels


def arrays() -> dict[str, Array]:
    """As data sets are told in .npz and .mat files."""
    pixels, labels = images()
    return {"train_images": pixels[:30], "train_labels": labels[:30], "test_images": pixels[30:],
            "test_labels": labels[30:]}  # fmt: skip


def sound(data: Dataset) -> None:
    """What was read is images and labels as the engine wants them."""
    parts = [(data.images, data.labels), (data.test_images, data.test_labels)]
    for pixels, labels in [*parts, *([data.validation] if data.validation else [])]:
        assert pixels.dtype == labels.dtype == np.uint8
        assert pixels.ndim == 3
        assert len(pixels) == len(labels)
        assert pixels.shape[1] == pixels.shape[2] == data.image_shape[0]
        assert not len(labels) or labels.max() < data.classes
    assert 2 <= data.classes <= 256
    for text in (data.name, *data.notes):
        text.encode()


def _loaded(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    sound(load(str(path)))


def npz(rng: Random, folder: Path) -> None:
    """.npz: arrays that are not what they say, and zips that are not."""
    members = {f"{name}.npy": npy(array) for name, array in arrays().items()}
    name = rng.choice(list(members))
    act = rng.randrange(4)
    if act == 0:
        data = mutated_bytes(rng, zip_file(members, packed=rng.random() < 0.5))
    elif act == 1:
        data = hostile_zip(rng, members)
    else:
        members[name] = hostile_npy(rng, arrays()[name.removesuffix(".npy")])
        if act == 3:
            members[rng.choice(NAMES)] = members.pop(rng.choice(list(members)))
        data = zip_file(members, packed=rng.random() < 0.5)
    _loaded(folder / "data.npz", data)


def archive(rng: Random, folder: Path) -> None:
    """A zip, or a folder, of pictures by class."""
    members = dict(_pictures(rng))
    if rng.random() < 0.6:
        return _loaded(folder / "data.zip", hostile_zip(rng, members))
    for name, data in members.items():
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(mutated_bytes(rng, data) if rng.random() < 0.2 else data)
    return sound(load(str(folder / "data")))


def _pictures(rng: Random) -> list[tuple[str, bytes]]:
    pixels, labels = images()
    kind = rng.choice((".png", ".jpg", ".bmp"))
    made = [(f"{label}/{number}{kind}", _encoded(kind, image)) for number, (image, label) in
            enumerate(zip(pixels[:12], labels[:12], strict=True))]  # fmt: skip
    if rng.random() < 0.3:
        at = rng.randrange(len(made))
        made[at] = (made[at][0], _hostile_picture(rng))
    if rng.random() < 0.2:
        made = [(name.replace(name.split("/")[0], "class-" + name.split("/")[0]), data) for name, data in made]
    return made


def _encoded(kind: str, image: Array) -> bytes:
    return cv2.imencode(kind, image)[1].tobytes()


@cache
def pictures() -> tuple[bytes, ...]:
    """PNG, JPEG and BMP files: grey, colours, transparent, 16 bits."""
    rng = np.random.default_rng(3)
    made = []
    for shape, kind in (((9, 7), np.uint8), ((20, 30, 3), np.uint8), ((16, 16, 4), np.uint8), ((8, 8), np.uint16)):
        image = rng.integers(0, np.iinfo(kind).max, shape).astype(kind)
        made.append(_encoded(".png", image))
        if (kind == np.uint8 and image.ndim < 3) or image.shape[-1] == 3:
            made += [_encoded(".jpg", image), _encoded(".bmp", image)]
    return tuple(made)


def _hostile_picture(rng: Random) -> bytes:
    """Damaged, or with another size in its header than in its data."""
    data = bytearray(rng.choice(pictures()))
    if rng.random() < 0.6:
        return mutated_bytes(rng, bytes(data))
    width, height = (rng.choice((0, 1, 2, 100, 3000, 4096, 5000, 65_535, 2**31 - 1, 2**32 - 1)) for _ in range(2))
    if data.startswith(b"\x89PNG"):
        struct.pack_into(">II", data, 16, width, height)
        data[24] = rng.choice((1, 2, 4, 8, 16))  # bits
        data[25] = rng.choice((0, 2, 3, 4, 6))  # colours
        struct.pack_into(">I", data, 29, zlib.crc32(data[12:29]))
    elif data.startswith(b"BM"):
        struct.pack_into("<II", data, 18, width, height)
        struct.pack_into("<H", data, 28, rng.choice((0, 1, 4, 8, 16, 24, 32)))
    else:
        at = data.find(b"\xff\xc0")
        struct.pack_into(">HH", data, at + 5, height & 0xFFFF, width & 0xFFFF)
    return bytes(data)


def picture(rng: Random, folder: Path) -> None:
    """A picture that is sent to be read."""
    from engine.drawing import decode_picture, find_digits, ink_of_picture

    pixels = decode_picture(_hostile_picture(rng))
    assert pixels.dtype == np.uint8
    assert pixels.shape[2] in (3, 4)
    assert max(pixels.shape[:2]) <= 1024
    ink = ink_of_picture(pixels)
    assert ink.shape == pixels.shape[:2]
    if rng.random() < 0.2:
        find_digits(pixels)


def matlab(rng: Random, folder: Path) -> None:
    """MATLAB 5: elements that say another size or type, within each other, packed, or bombs."""
    names = {"train_images": "X", "train_labels": "y", "test_images": "Xtest", "test_labels": "ytest"}
    elements = [_matrix(rng, names[key], array) for key, array in arrays().items()]
    if rng.random() < 0.3:
        elements.insert(rng.randrange(5), _odd_element(rng, elements))
    data = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"".join(elements)
    if rng.random() < 0.3:
        data = mutated_bytes(rng, data)
    elif rng.random() < 0.1:
        data = data[:126] + b"MI" + data[128:]
    _loaded(folder / "data.mat", data)


def _element(kind: int, data: bytes, size: int | None = None) -> bytes:
    return struct.pack("<II", kind, len(data) if size is None else size) + data + b"\0" * (-len(data) % 8)


def _matrix(rng: Random, name: str, array: Array) -> bytes:
    spoil = rng.random() < 0.12
    shape: tuple[int, ...] = array.reshape(len(array), -1).shape
    flags, kind = 9, 2
    if spoil:
        act = rng.randrange(5)
        shape = (rng.choice(INTERESTING) - 2**31, *shape[1:]) if act == 0 else shape * 20 if act == 1 else shape
        flags = rng.choice((0, 1, 2, 4, 5, 6, 9, 16, 255, 0x0809, 0x0209)) if act == 2 else flags
        kind = rng.choice((0, 1, 3, 5, 7, 8, 9, 12, 14, 15, 16, 18, 99)) if act == 3 else kind
        name = rng.choice(("", "x" * 5000, "<b>", "\n", "__proto__", "y")) if act == 4 else name
    shape = tuple((extent + 2**31) % 2**32 - 2**31 for extent in shape)  # as 32 bits have it
    body = (
        _element(6, struct.pack("<II", flags, 0))
        + _element(5, struct.pack(f"<{len(shape)}i", *shape))
        + _element(1, name.encode())
        + _element(kind, array.tobytes(order="F"))
    )
    whole = _element(14, body)
    return _packed(rng, whole) if rng.random() < 0.5 else whole


def _packed(rng: Random, whole: bytes) -> bytes:
    data = zlib.compress(whole, 1)
    size = rng.choice((len(data), len(data), len(data), 0, len(data) // 2, 2**31, 2**32 - 1))
    return struct.pack("<II", 15, size) + data


def _odd_element(rng: Random, elements: list[bytes]) -> bytes:
    """Elements within elements, and bombs."""
    act = rng.randrange(5)
    if act == 0:
        inner = elements[0]
        for _ in range(rng.choice((2, 50))):
            inner = _packed(Random(1), inner) if rng.random() < 0.5 else _element(14, inner)
        return inner
    if act == 1:
        size = rng.choice((10**6, 3 * 10**7))
        said = rng.choice((size, 2**30, 2**31, 2**32 - 8))
        return _packed(Random(1), struct.pack("<II", 14, said) + bytes(size))
    if act == 2:
        return struct.pack("<II", rng.choice((14, 15, 1, 5 << 16 | 1)), rng.choice(INTERESTING))
    if act == 3:
        return b"".join(_matrix(Random(2), f"a{n}", images()[1][:2]) for n in range(120))
    return bytes(rng.choice((8, 8000)))


def idx(rng: Random, folder: Path) -> None:
    """IDX: images and labels in files of their own, plain or packed."""
    pixels, labels = images()
    kind = rng.choice((8, 8, 8, 9, 11, 12, 13, 14, 0, 255)) if rng.random() < 0.3 else 8
    for name, array in (("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", labels)):
        shape = list(array.shape)
        if rng.random() < 0.25:
            shape[rng.randrange(len(shape))] = rng.choice(INTERESTING)
        data = bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + array.tobytes()
        if rng.random() < 0.4:
            data = mutated_bytes(rng, data)
        if rng.random() < 0.3:
            if rng.random() < 0.2:
                data += bytes(rng.choice((10**6, 3 * 10**7)))
            data = gzip.compress(data, 1)
            data = mutated_bytes(rng, data) if rng.random() < 0.5 else data
        if rng.random() < 0.95:
            (folder / name).write_bytes(data)
    sound(load(str(rng.choice((folder, folder / "train-images-idx3-ubyte", folder / "train-labels-idx1-ubyte")))))


def table(rng: Random, folder: Path) -> None:
    """CSV: cells, lines, quotes and encodings that are not what they should be."""
    pixels, labels = images()
    delimiter = rng.choice((",", ",", ";", "\t", " ", "|"))
    rows = [[str(label), *map(str, image.ravel())] for label, image in zip(labels, pixels, strict=True)]
    if rng.random() < 0.3:
        rows.insert(0, ["label", *(f"p{n}" for n in range(SIDE * SIDE))])
    for _ in range(rng.choice((0, 1, 1, 5))):
        row = rng.choice(rows)
        act = rng.randrange(6)
        if act < 3:
            row[rng.randrange(len(row))] = rng.choice(
                (*(as_text(each) for each in NUMBERS), '"', '"1"', "1_0", "0x1", "")
            )
        elif act == 3:
            del row[rng.randrange(len(row)) :]
            row = row or rows[0]
        elif act == 4:
            row += ["1"] * rng.choice((1, 100))
        else:
            row[0] = rng.choice(("-1", "255", "256", "1e9", "0.5", "ten", "nan"))
        rows = [each for each in rows if each] or [["1"]]
    text = "\n".join(delimiter.join(row) for row in rows) + rng.choice(("", "\n", "\n\n\n", "\r\n"))
    if rng.random() < 0.3:
        text = mutated_text(rng, text)
    data = text.encode(rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16")), "replace")
    if rng.random() < 0.3:
        data = mutated_bytes(rng, data)
    _loaded(folder / "data.csv", data)


def other(rng: Random, folder: Path) -> None:
    """A file of one format under the name of another, two formats in one, or none at all."""
    pieces: list[Callable[[], bytes]] = [
        lambda: b"\x89HDF\r\n\x1a\n" + rng.randbytes(100),
        lambda: rng.randbytes(rng.choice((0, 1, 3, 132, 5000))),
        lambda: rng.choice(pictures()),
        lambda: zip_file({f"{name}.npy": npy(array) for name, array in arrays().items()}),
        lambda: b"MATLAB 7.3 MAT-file".ljust(512),
        lambda: b"{}" + b"[" * 5000,
        lambda: b"\0\0\x08\x03" + rng.randbytes(30),
        lambda: b"1,2,3,4,5\n" * 3,
        lambda: b"\x80\x04\x95cposix\nsystem\n(S'touch outside'\ntR.",
        lambda: gzip.compress(bytes(10**6)),
    ]
    data = b"".join(rng.choice(pieces)() for _ in range(rng.choice((1, 1, 2))))
    name = rng.choice(("data.mat", "data.npz", "data.csv", "data.zip", "x.gz", "\u202ename<b>.csv", "a\nb.npz", "-rf"))
    _loaded(folder / name, data)


@cache
def hand() -> Hand:
    """Three drawings."""
    made = EMPTY
    for number in range(3):
        ink = np.zeros((INK_SIDE, INK_SIDE), np.uint8)
        cv2.circle(ink, (56, 56), 20 + 8 * number, 255, 6)
        made = made.added(ink, number)
    return made


def hand_file(rng: Random, folder: Path) -> None:
    """A person's drawings as they come back: .npz, or a zip of pictures."""
    if rng.random() < 0.5:
        with np.load(io.BytesIO(to_npz(hand()))) as file:
            found = {name: file[name] for name in file.files}
        members = {f"{name}.npy": npy(array) for name, array in found.items()}
        name = rng.choice(list(found))
        members[f"{name}.npy"] = hostile_npy(rng, found[name])
        data = zip_file(members) if rng.random() < 0.7 else hostile_zip(rng, members)
    elif rng.random() < 0.4:
        data = mutated_bytes(rng, to_zip(hand()))
    else:
        data = hostile_zip(rng, {f"{n}/{n}.png": _hostile_picture(rng) for n in range(3)} | {"7/a.png": _ink()})
    read = from_bytes(data)
    assert read.images.shape == (len(read), 28, 28)
    assert read.inks.dtype == np.uint8
    merged = EMPTY.merged(read)
    assert len(merged) <= len(read)
    from_bytes(to_npz(merged))


def _ink() -> bytes:
    return _encoded(".png", hand().inks[0])
