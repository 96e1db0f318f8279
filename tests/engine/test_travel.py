"""Runs go to another machine and open there; what is no run, or means harm, is refused before anything is written."""

import json
import shutil
import stat
import struct
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.about import About, read_about, write_about
from engine.checkpoint import read_checkpoint, write_checkpoint
from engine.cli import main
from engine.config import TrainingConfig, without_paths
from engine.fingerprint import fingerprint
from engine.history import History
from engine.rundir import RunFolder, runs
from engine.snapshots import snapshots
from engine.travel import NAME, TravelError, event_file, pack, receive, unpacking
from engine.travel.tensorboard import _masked
from engine.worker import main as worker


@pytest.fixture(scope="module")
def trained(tiny: Any, tmp_path_factory: Any) -> RunFolder:
    run = RunFolder.create(tmp_path_factory.mktemp("runs"), tiny, "trained")
    assert worker([str(run.path)]) == 0
    write_about(run, About(name="My run", note="A note.", group="race-1", kind="race"))
    return run


@pytest.fixture(scope="module")
def archive(trained: RunFolder, tmp_path_factory: Any) -> Path:
    return pack(trained, tmp_path_factory.mktemp("out") / "run.zip", with_snapshots=True)


def changed(archive: Path, target: Path, without: tuple[str, ...] = (), **new: Any) -> Path:
    """A copy of the archive with other members."""
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in old.namelist():
            if name not in without and name not in new:
                copy.writestr(name, old.read(name))
        for name, data in new.items():
            copy.writestr(name, data)
    return target


def refused(root: Path, file: Path, why: str) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(TravelError, match=why):
        receive(root, file)
    assert sorted(root.rglob("*")) == before


def test_a_run_opens_on_another_machine_with_its_curves_and_weights(
    trained: RunFolder, archive: Path, tmp_path: Path
) -> None:
    run = receive(tmp_path, archive)
    assert run.id != trained.id
    about = read_about(run)
    assert (about.name, about.note, about.group) == ("My run", "A note.", "")
    assert about.origin == "run trained, from run.zip"
    here, there = History(run.events_file), History(trained.events_file)
    assert here.update()
    assert there.update()
    np.testing.assert_array_equal(here.batches["loss"], there.batches["loss"])
    assert run.status() == trained.status()
    for name in ("final", "best"):
        weights = [fingerprint(read_checkpoint(getattr(each, name))) for each in (run, trained)]
        assert weights[0] == weights[1]
    assert [each.step for each in snapshots(run)] == [each.step for each in snapshots(trained)]


def test_no_folder_of_this_computer_travels(trained: RunFolder, archive: Path, digits_file: Path) -> None:
    folder = str(digits_file.parent)
    with zipfile.ZipFile(archive) as file:
        assert folder not in "".join(file.read(name).decode("latin1") for name in file.namelist())
        assert json.loads(file.read(NAME))["source"] == digits_file.name
        assert "worker.json" not in file.namelist()


def test_a_run_that_was_interrupted_goes_on_elsewhere_to_the_same_weights(
    tiny: Any, trained: RunFolder, digits_file: Path, tmp_path: Path
) -> None:
    half = RunFolder.create(tmp_path / "here", tiny, "half")
    middle = next(each for each in snapshots(trained) if 0 < each.step < 8)
    shutil.copy(middle.path, half.latest)
    archive = pack(half, tmp_path / "half.zip")
    run = receive(tmp_path / "there", archive, source=str(digits_file))
    assert run.config() == tiny
    assert worker([str(run.path)]) == 0
    assert fingerprint(read_checkpoint(run.final)) == fingerprint(read_checkpoint(trained.final))


def test_an_imported_run_never_takes_the_place_of_another(archive: Path, tmp_path: Path) -> None:
    found = {receive(tmp_path, archive).id for _ in range(3)}
    assert len(found) == len(runs(tmp_path)) == 3


@pytest.mark.parametrize("which", ["final", "latest"])
def test_a_checkpoint_alone_becomes_a_run(which: str, trained: RunFolder, digits_file: Path, tmp_path: Path) -> None:
    file = trained.final if which == "final" else snapshots(trained)[2].path
    run = receive(tmp_path, file, "weights.npz", source=str(digits_file))
    newest = run.newest
    assert newest is not None
    assert fingerprint(read_checkpoint(newest)) == fingerprint(read_checkpoint(file))
    assert "weights.npz" in read_about(run).origin
    if which == "final":
        assert run.status().state == "ended"
    else:
        assert worker([str(run.path)]) == 0
        assert fingerprint(read_checkpoint(run.final)) == fingerprint(read_checkpoint(trained.final))


def rewritten(checkpoint: Path, target: Path, config: TrainingConfig) -> Path:
    """A copy with other settings."""
    write_checkpoint(target, replace(read_checkpoint(checkpoint), config=config))
    return target


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("own_data", [True, False])
def test_no_path_comes_in(
    alone: bool, own_data: bool, tiny: Any, trained: RunFolder, archive: Path, digits_file: Path, tmp_path: Path
) -> None:
    """Neither in the settings nor in any of the weights, as an archive has them that `pack` did not make."""
    hostile = tiny.with_values({"data.source": "/etc", "data.personal": "/dev/zero", "start_from": "C:\\x\\..\\y.npz"})
    weights = rewritten(trained.final, tmp_path / "hostile.npz", hostile)
    if alone:
        file = weights
    else:
        members = {name: weights.read_bytes() for name in ("final.npz", "best.npz", "snapshots/000000004.npz")}
        without = tuple(name for name in zipfile.ZipFile(archive).namelist() if name.endswith(".npz"))
        settings = json.dumps(hostile.to_json()).encode()
        file = changed(archive, tmp_path / "x.zip", without, **members, **{"config.json": settings})
    run = receive(tmp_path / "runs", file, source=str(digits_file) if own_data else "")
    data = replace(tiny.data, source=str(digits_file) if own_data else "etc", personal="zero")
    expected = replace(hostile, data=data, start_from="y.npz")
    assert run.config() == expected
    found = list(run.path.rglob("*.npz"))
    assert len(found) == (1 if alone else 3)
    assert {read_checkpoint(path).config for path in found} == {expected}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("", ""),
        ("mnist", "mnist"),
        ("/home/me/digits.npz", "digits.npz"),
        ("C:\\Users\\me\\digits.npz", "digits.npz"),
        ("C:digits.npz", "digits.npz"),
        ("digits/", "digits"),
        ("/", ""),
        ("..", ""),
        ("../..", ""),
        (".", ""),
    ],
)
def test_of_a_path_the_last_part_is_kept(path: str, name: str) -> None:
    config = without_paths(TrainingConfig().with_files(path, path, path))
    assert (config.data.source, config.data.personal, config.start_from) == (name, name, name)


@pytest.mark.parametrize(
    ("offset", "value", "why"),
    [
        (6, b"\x63\0", "packed in a way that is not supported"),  # needs version 9.9 of the format
        (8, b"\x20\0", "damaged"),  # a patch of another file
        (8, b"\x40\0", "damaged"),  # strong encryption
        (46, b"\xff\xfe", "damaged"),  # a name that is no UTF-8, under the flag that says it is
    ],
)
def test_archives_that_zipfile_stumbles_over_are_refused(
    offset: int, value: bytes, why: str, archive: Path, tmp_path: Path
) -> None:
    data = bytearray(archive.read_bytes())
    for signature, shift in ((b"PK\x01\x02", 0), (b"PK\x03\x04", -16 if offset == 46 else -2)):
        place = data.index(signature)
        data[place + offset + shift : place + offset + shift + len(value)] = value
        if offset == 46:
            data[place + (9 if shift == 0 else 7)] |= 8  # the name is in UTF-8
    file = tmp_path / "x.zip"
    file.write_bytes(data)
    refused(tmp_path / "runs", file, why)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.npz",
        "/etc/passwd",
        "snapshots/../../x.npz",
        "snapshots/1.npz",
        "C:\\x.npz",
        "worker.json",
        "a/",
        "x.py",
    ],
)
def test_files_that_no_run_has_are_refused(name: str, archive: Path, tmp_path: Path) -> None:
    refused(tmp_path / "runs", changed(archive, tmp_path / "x.zip", **{name: b"x"}), "which no run has")


def test_links_and_passwords_are_refused(archive: Path, tmp_path: Path) -> None:
    for name, kind, flags in (("latest.npz", stat.S_IFLNK, 0), ("best.npz", stat.S_IFREG, 1)):
        file = changed(archive, tmp_path / "x.zip", without=(name,))
        with zipfile.ZipFile(file, "a") as copy:
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o777) << 16
            copy.writestr(info, b"/etc/passwd")
        if flags:
            data = bytearray(file.read_bytes())
            place = data.rfind(b"PK\x01\x02")
            data[place + 8] |= flags
            file.write_bytes(data)
        refused(tmp_path / "runs", file, "is a link, locked by a password")


def test_bombs_are_refused(archive: Path, tmp_path: Path) -> None:
    file = changed(archive, tmp_path / "x.zip", **{"latest.npz": bytes(300 << 20)})
    refused(tmp_path / "runs", file, "unpacks to far more")
    refused(tmp_path / "runs", changed(archive, file, **{"config.json": b" " * (2 << 20)}), "longer than 1 MB")
    with zipfile.ZipFile(file, "w") as many:
        for number in range(500):
            many.writestr(f"snapshots/{number:09d}.npz", b"")
    refused(tmp_path / "runs", file, "500 files")


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        (NAME, b"{}", "another format"),
        (NAME, b'{"format": 99}', "another format"),
        (NAME, b"[" * 100_000, "damaged"),
        ("config.json", b"{", "damaged"),
        ("config.json", b"[]", "expected an object"),
        ("config.json", b'{"epochs": -1}', "epochs"),
        ("control.json", b'{"wish": "fly"}', "wish"),
        ("control.json", b'{"wish": "running", "settings": {"epochs": "x"}}', "epochs"),
        ("control.json", b'{"wish": "running", "settings": {"data.personal": "/dev/zero"}}', "cannot change"),
        ("control.json", b'{"wish": "running", "planned": [[3, {"start_from": "/dev/zero"}]]}', "cannot change"),
        ("latest.npz", b"nonsense", "not a readable checkpoint"),
        ("latest.npz", b"", "not a readable checkpoint"),
    ],
)
def test_contents_that_cannot_be_used_are_refused(
    name: str, data: bytes, why: str, archive: Path, tmp_path: Path
) -> None:
    refused(tmp_path / "runs", changed(archive, tmp_path / "x.zip", **{name: data}), why)


def test_weights_of_another_run_are_refused(tiny: Any, archive: Path, tmp_path: Path) -> None:
    for other in (tiny.with_values({"layers.1.units": 13}), replace(tiny, seed=9)):
        file = changed(archive, tmp_path / "x.zip", **{"config.json": json.dumps(other.to_json()).encode()})
        refused(tmp_path / "runs", file, "belongs to another run")


def test_what_is_no_archive_or_is_incomplete_is_refused(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    for data in (b"", b"hello", archive.read_bytes()[: len(archive.read_bytes()) // 2]):
        file.write_bytes(data)
        refused(tmp_path / "runs", file, "no file of a run")
    refused(tmp_path / "runs", changed(archive, file, without=("config.json",)), "incomplete")
    with warnings.catch_warnings(), zipfile.ZipFile(changed(archive, file), "a") as copy:
        warnings.simplefilter("ignore")
        copy.writestr("config.json", "{}")
    refused(tmp_path / "runs", file, "twice")


def test_flipped_bytes_never_raise_anything_else(archive: Path, tmp_path: Path) -> None:
    data = archive.read_bytes()
    rng = np.random.default_rng(3)
    file = tmp_path / "x.zip"
    for _ in range(60):
        broken = bytearray(data)
        for place in rng.integers(0, len(data), 5):
            broken[place] ^= int(rng.integers(1, 256))
        file.write_bytes(broken)
        try:
            receive(tmp_path / "runs", file)
        except TravelError:
            continue


def test_damaged_lines_of_events_are_left_out(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as file:
        lines = file.read("events.jsonl").splitlines()
    mixed = b"\n".join([b"{broken", b"[1]", *lines, b'{"event": 3']) + b"\n"
    run = receive(tmp_path / "runs", changed(archive, tmp_path / "x.zip", **{"events.jsonl": mixed}))
    assert run.events_file.read_bytes().splitlines() == lines


@pytest.mark.parametrize("text", [b"\n" * 1001, b"{}\n" * 1001, b'{"a": [' + b"[]," * (3 << 20) + b"[]]}\n"])
def test_events_that_would_fill_the_memory_are_refused(
    archive: Path, tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MOST_LINES", 1000)
    file = changed(archive, tmp_path / "x.zip", **{"events.jsonl": text})
    assert file.stat().st_size < 2e6
    refused(tmp_path / "runs", file, r"events\.jsonl in it is longer than 128 MB, 1,000 lines, or 8 MB a line")


def test_send_and_receive_in_a_shell(trained: RunFolder, digits_file: Path, tmp_path: Path, capsys: Any) -> None:
    here = ["--runs", str(trained.path.parent)]
    out = tmp_path / "x.zip"
    assert main(["send", "trained", "--out", str(out), *here]) == 0
    assert main(["receive", str(out), "--data", str(digits_file), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    run_id = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    assert RunFolder.open(tmp_path / "runs", run_id).config() == trained.config()
    assert main(["receive", str(tmp_path / "no.zip"), "--runs", str(tmp_path / "runs")]) == 1
    assert main(["receive", str(digits_file), "--runs", str(tmp_path / "runs")]) == 1
    assert main(["send", "trained", "--out", str(tmp_path / "no" / "x.zip"), *here]) == 1
    assert main(["send", "trained", "--tensorboard", "--out", str(tmp_path / "events.out.tfevents.1"), *here]) == 0


def records(data: bytes) -> list[bytes]:
    """The records of an event file, whose check sums must be right."""
    found = []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert struct.unpack("<I", data[8:12])[0] == _masked(data[:8])
        content = data[12 : 12 + length]
        assert struct.unpack("<I", data[12 + length : 16 + length])[0] == _masked(content)
        found.append(content)
        data = data[16 + length :]
    return found


def test_the_check_sum_of_records_is_castagnolis() -> None:
    """RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 0x8a9136aa."""
    crc = 0x8A9136AA
    assert _masked(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_an_event_file_has_a_record_for_each_row(trained: RunFolder) -> None:
    history = History(trained.events_file)
    history.update()
    found = records(event_file(trained.config(), history))
    assert b"brain.Event:2" in found[0]
    assert b"| optimizer | Momentum | Adam |" in found[1]
    rows = sum(map(len, (history.batches, history.validation, history.probes))) + 2 * len(history.epochs)
    assert len(found) == 2 + rows
    assert struct.pack("<f", history.batches["loss"][0]) in found[2]


def test_tensorboard_reads_what_we_write(trained: RunFolder, tmp_path: Path) -> None:
    accumulators = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator", reason="needs `pip install tensorboard`"
    )
    history = History(trained.events_file)
    history.update()
    (tmp_path / "events.out.tfevents.1").write_bytes(event_file(trained.config(), history))
    read = accumulators.EventAccumulator(str(tmp_path))
    read.Reload()
    losses = read.Scalars("train/loss")
    assert [each.step for each in losses] == history.batches["step"].tolist()
    np.testing.assert_allclose([each.value for each in losses], history.batches["loss"], rtol=1e-6)
    assert "settings/text_summary" in read.Tags()["tensors"]
