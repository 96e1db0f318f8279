"""Zip files, and arrays in NumPy's format, that are whole, damaged, or made to deceive."""

import io
import struct
import zipfile
from random import Random

import numpy as np
import numpy.typing as npt
from fuzz_mutations import mutated_bytes

NAMES = (
    "../outside.npy",
    "../../../../tmp/outside.png",
    "/tmp/outside.npy",
    "C:\\outside.npy",
    "7/../../../outside.png",
    "7/\\..\\outside.png",
    ".npy",
    "7/.png",
    "/.png",
    "a\0b.npy",
    "\ud83d\ude00/1.png",
    "<b>7</b>/1.png",
    "con/nul.png",
    "x" * 60_000 + ".npy",
    "7/" * 5000 + "1.png",
    "__MACOSX/7/1.png",
)
SHAPES = (
    "()",
    "(0,)",
    "(-1,)",
    "(1000000000000,)",
    "(9223372036854775807, 9223372036854775807)",
    "(4294967296, 4294967296, 0)",
    "(True, False)",
    "(1.5,)",
    "('a',)",
    "(None,)",
    "3",
    "[2, 2]",
    "(" + "1, " * 70 + ")",
    "(2**70,)",
)
TYPES = (
    "'|O'",
    "'<f8'",
    "'>f4'",
    "'<f2'",
    "'<c16'",
    "'<U0'",
    "'|S0'",
    "'|V0'",
    "'|V8'",
    "'<U100000000'",
    "'<M8[s]'",
    "'|b1'",
    "'<i8'",
    "'nonsense'",
    "3",
    "None",
    "[('a', '<f4')]",
    "[('a', '|O')]",
    "('<f4', (1000000000,))",
    "[('a', '<f4')] * 3",
)
HEADERS = (
    "",
    "{}",
    "{'descr': '<f4'}",
    "__import__('os').system('touch outside')",
    "(" * 3000,
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'more': 1}",
    "{'descr': '<f4', 'fortran_order': 7, 'shape': (2,)}",
    "{'shape': (2,), 'descr': '<f4', 'fortran_order': [].__class__}",
    "-" * 3000 + "1",
    "[" * 90 + "]" * 90,
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}\0\0",
)
PICKLE = b"cposix\nsystem\n(S'touch outside'\ntR."  # whoever loads it runs a command


def npy(array: npt.NDArray[np.generic]) -> bytes:
    """A whole file of an array."""
    memory = io.BytesIO()
    np.save(memory, array, allow_pickle=False)
    return memory.getvalue()


def hostile_npy(rng: Random, array: npt.NDArray[np.generic]) -> bytes:
    """A file of an array that is not what it says, or holds what nobody wants."""
    whole = npy(array)
    act = rng.randrange(8)
    if act == 0:
        return mutated_bytes(rng, whole)
    if act == 1:
        return whole[: rng.randrange(len(whole))]
    if act == 2:
        return whole + rng.randbytes(rng.choice((1, 8, 5000)))
    if act == 3 and array.dtype.kind == "f" and array.size:
        spoiled = array.copy()
        spoiled.flat[rng.randrange(array.size)] = rng.choice((np.nan, np.inf, -np.inf, 3e38))
        return npy(spoiled)
    if act == 4:
        return npy(_reshaped(rng, array))
    kind = f"'{array.dtype.str}'"
    said = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {array.shape}, }}"
    if act == 5:
        said = said.replace(str(array.shape), rng.choice(SHAPES))
    elif act == 6:
        said = said.replace(kind, rng.choice(TYPES))
    else:
        said = rng.choice((*HEADERS, said.replace("False", "True")))
    data = PICKLE if "O" in said and rng.random() < 0.7 else array.tobytes()
    version = rng.choice(((1, 0), (1, 0), (1, 0), (2, 0), (3, 0), (4, 0), (0, 0)))
    text = said.encode() + b"\n"
    length = rng.choice((len(text), len(text), len(text), 0, 2**16 - 1, 2**31)) if rng.random() < 0.3 else len(text)
    wide = struct.pack("<H", length & 0xFFFF) if version[0] < 2 else struct.pack("<I", length)
    return b"\x93NUMPY" + bytes(version) + wide + text + data


def _reshaped(rng: Random, array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    """Another shape or type: what somebody might save by mistake."""
    if rng.random() < 0.5:
        kind = rng.choice(("<f8", "<f4", "|u1", "|i1", "<i8", ">i2", "|b1", "<u8"))
        with np.errstate(all="ignore"):
            return array.astype(kind)
    return rng.choice((array.ravel(), array[None], array[:0], array[:1], array[..., None], array.T, array[::-1]))


def zip_file(members: dict[str, bytes], packed: bool = True) -> bytes:
    """A whole zip file."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as file:
        for name, data in members.items():
            file.writestr(_info(name, packed), data)
    return memory.getvalue()


def _info(name: str, packed: bool) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name.encode("utf-8", "surrogatepass").decode("utf-8", "replace"))
    info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    return info


def hostile_zip(rng: Random, members: dict[str, bytes]) -> bytes:
    """A zip file of these members that is damaged, or says one thing and holds another."""
    members = dict(members)
    act = rng.randrange(7)
    name = rng.choice(list(members))
    if act == 0 and len(members) > 1:
        del members[name]
    elif act == 1:
        members[rng.choice(NAMES)] = members[name]
    elif act == 2:
        members[name] = members[rng.choice(list(members))]
    elif act == 3:  # a bomb: a thousandfold when unpacked, and it says so, or does not
        members[name] = members[name][:200] + bytes(rng.choice((10**6, 3 * 10**7)))
    data = zip_file(members, packed=act == 3 or rng.random() < 0.5)
    if act in (3, 4) and rng.random() < 0.7:
        return _lying(rng, data)
    return mutated_bytes(rng, data) if act > 4 else data


def _lying(rng: Random, data: bytes) -> bytes:
    """One entry of the directory says another size, way of packing, place or flag than the truth."""
    new = bytearray(data)
    entries = [place for place in range(len(data) - 46) if data.startswith(b"PK\x01\x02", place)]
    if not entries:
        return data
    at = rng.choice(entries)
    field, form = rng.choice(((24, "<I"), (20, "<I"), (16, "<I"), (42, "<I"), (8, "<H"), (10, "<H"), (28, "<H")))
    number = rng.choice((0, 1, 8, 9, 12, 14, 93, 99, 1000, 2**15, 2**31 - 1, 2**32 - 1))
    struct.pack_into(form, new, at + field, number & (0xFFFF if form == "<H" else 0xFFFFFFFF))
    return bytes(new)
