"""Runs that somebody sends: archives whose parts, or whose directory, say what `pack` never would."""

import json
import struct
import tempfile
from dataclasses import asdict
from functools import cache
from pathlib import Path
from random import Random
from unittest import mock

import fuzz_runs
from fuzz_mutations import TEXTS, as_text, mutated_bytes, mutated_json
from fuzz_zips import NAMES, hostile_zip, zip_file

from engine.about import About, read_about
from engine.checkpoint import read_checkpoint
from engine.config import TrainingConfig
from engine.control import Control
from engine.history import History
from engine.travel import NAME, receive

CENTRAL, LOCAL, END = b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06"
# (place in the directory, place in front of the file or None, form); APPNOTE.TXT of the zip format, 4.3
FIELDS = (
    (4, None, "<H"),  # made by
    (6, 4, "<H"),  # version that is needed
    (8, 6, "<H"),  # flags
    (10, 8, "<H"),  # way of packing
    (16, 14, "<I"),  # CRC
    (20, 18, "<I"),  # packed size
    (24, 22, "<I"),  # size
    (28, 26, "<H"),  # length of the name
    (30, 28, "<H"),  # length of more fields
    (32, None, "<H"),  # length of a remark
    (34, None, "<H"),  # disk
    (38, None, "<I"),  # attributes
    (42, None, "<I"),  # where it lies
)
NUMBERS = (0, 1, 8, 9, 12, 14, 20, 45, 63, 93, 95, 99, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1)
FLAGS = (*(1 << bit for bit in range(16)), 0x2041, 0xFFFF)
BYTES = (b"\xff\xfe", b"\xc0\x80", b"\0", b"\xed\xa0\x80", b"../", b"\\", b"/")


@cache
def members() -> dict[str, bytes]:
    """What `pack` makes of a run that came to its end."""
    events = b"".join(json.dumps(each).encode() + b"\n" for each in fuzz_runs.events())
    weights = zip_file(fuzz_runs.members(), packed=False)
    texts = {
        NAME: {"format": 1, "id": "a-run", "made": 1.79e9, "source": "made_up.npz"},
        "config.json": fuzz_runs.trainer().config.to_json(),
        "control.json": asdict(Control(settings={"batch_size": 3}, planned=((3, {"batch_size": 5}),))),
        "about.json": asdict(About(name="n", note="m", starred=True)),
    }
    return {
        **{name: json.dumps(data).encode() for name, data in texts.items()},
        "events.jsonl": events,
        **dict.fromkeys(("latest.npz", "best.npz", "final.npz", "snapshots/000000004.npz"), weights),
    }


def run_file(rng: Random, folder: Path) -> None:
    """An archive of a run, or a checkpoint that comes alone."""
    path = folder / "sent.zip"
    path.write_bytes(_sent(rng))
    source = rng.choice(("", "", "mnist", "own.npz"))
    with mock.patch.object(tempfile, "tempdir", str(folder)):  # where the guard lets it write
        try:
            run = receive(folder / "runs", path, rng.choice(("", *TEXTS)), source)
        finally:
            left = [each for each in folder.rglob("*") if not each.is_relative_to(folder / "runs")]
            assert left == [path], "something was left behind"
    configs = [run.config(), *(read_checkpoint(each).config for each in run.path.rglob("*.npz"))]
    for config in configs:
        for name in (config.data.source, config.data.personal, config.start_from):
            assert "/" not in name
            assert "\\" not in name
            assert name != ".."
    assert len({config.data for config in configs}) == 1
    read_about(run).origin.encode()
    run.control()
    History(run.events_file).update()
    run.status().reason.encode()


def _sent(rng: Random) -> bytes:
    parts = dict(members())
    act = rng.randrange(10)
    if act < 4:
        data = _crafted(rng, zip_file(parts if rng.random() < 0.8 else fuzz_runs.members(), rng.random() < 0.5))
        return data if rng.random() < 0.8 else mutated_bytes(rng, data)
    if act == 4:
        return hostile_zip(rng, parts)
    if act == 5:
        return fuzz_runs._checkpoint_bytes(rng)
    if act == 6:
        name = rng.choice([name for name in parts if name.endswith(".npz")])
        parts[name] = fuzz_runs._checkpoint_bytes(rng)
    elif act == 7:
        return zip_file(_with_paths(rng, parts), packed=False)
    else:
        name = rng.choice([name for name in parts if name.endswith(".json")])
        text = as_text(mutated_json(rng, json.loads(parts[name])), rng).encode("utf-8", "surrogatepass")
        parts[name] = mutated_bytes(rng, text) if rng.random() < 0.2 else text
    return zip_file(parts, packed=rng.random() < 0.5)


def _with_paths(rng: Random, parts: dict[str, bytes]) -> dict[str, bytes]:
    """Settings, and those in the weights, that name files of whoever opens them."""
    texts = [text for text in (*TEXTS, *NAMES) if len(text) < 1000]
    names = {name: rng.choice(texts) for name in ("data.source", "data.personal", "start_from")}
    config = TrainingConfig.from_json(json.loads(parts["config.json"])).with_values(names).to_json()
    arrays = dict(fuzz_runs.members())
    arrays["header.npy"] = fuzz_runs._as_npy(as_text(fuzz_runs._header() | {"config": config}))
    weights = zip_file(arrays, packed=False)
    changed = {name: weights if name.endswith(".npz") else data for name, data in parts.items()}
    return changed | {"config.json": as_text(config).encode("utf-8", "surrogatepass")}


def _crafted(rng: Random, data: bytes) -> bytes:
    """Some entries of the directory, and mostly what stands in front of their files too, say another thing."""
    new = bytearray(data)
    end = data.rindex(END)
    (at,) = struct.unpack_from("<I", data, end + 16)
    entries = []
    while data.startswith(CENTRAL, at):
        entries.append(at)
        at += 46 + sum(struct.unpack_from("<HHH", data, at + 28))
    for _ in range(rng.choice((1, 1, 2, 4))):
        entry = rng.choice(entries)
        (local,) = struct.unpack_from("<I", data, entry + 42)
        if rng.random() < 0.1:
            place, form = rng.choice(((4, "<H"), (8, "<H"), (10, "<H"), (12, "<I"), (16, "<I"), (20, "<H")))
            _put(new, end + place, form, rng.choice(NUMBERS))
        elif rng.random() < 0.25:
            (length,) = struct.unpack_from("<H", data, entry + 28)
            piece = rng.choice(BYTES)[:length]
            shift = rng.randrange(length - len(piece) + 1)
            for start in (entry + 46, local + 30):
                new[start + shift : start + shift + len(piece)] = piece
            if rng.random() < 0.7:  # the names are in UTF-8, it says
                _put(new, entry + 8, "<H", 0x800)
                _put(new, local + 6, "<H", 0x800)
        else:
            place, front, form = rng.choice(FIELDS)
            number = rng.choice(FLAGS if place == 8 else NUMBERS)
            _put(new, entry + place, form, number)
            if front is not None and rng.random() < 0.7:
                _put(new, local + front, form, number)
    return bytes(new)


def _put(data: bytearray, place: int, form: str, number: int) -> None:
    struct.pack_into(form, data, place, number & (0xFFFF if form == "<H" else 0xFFFFFFFF))
