"""Opens what `pack` made, or a single checkpoint, as a new run. It may come from anybody.

All of it is checked before anything is written where runs are kept: the names in the archive, how much it unpacks to,
settings, events, and every checkpoint. The run gets an id of its own, so none that is there is touched.
"""

import errno
import io
import json
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from re import fullmatch
from typing import Any

from engine.about import LONGEST_NAME, About, write_about
from engine.checkpoint import Checkpoint, CheckpointError, read_checkpoint, write_checkpoint
from engine.config import TrainingConfig, live_changes, without_paths
from engine.control import Control
from engine.datasets import BUILT_IN
from engine.events import RunEnded
from engine.files import RunError, write_json
from engine.layers import ShapeError
from engine.limits import LimitError
from engine.npy import why_damaged
from engine.problems import PlainError, printable, shown
from engine.rundir import RunFolder
from engine.spec import SettingError
from engine.travel.packing import FORMAT, NAME

MOST_MEMBERS = 400
MOST_TEXT = 128 << 20  # bytes of all events together: some million steps
MOST_LINES = 1_000_000  # of events; a run writes a few a second
MOST_LINE = 8 << 20  # bytes of one: what it becomes in memory is some twenty times as large
MOST_SETTINGS = 1 << 20  # bytes of each of the other texts
MOST_WEIGHTS = 1 << 30  # bytes of all checkpoints together, unpacked
CHUNK = 1 << 20
_TEXTS = (NAME, "config.json", "control.json", "about.json", "events.jsonl")
_WEIGHTS = r"(latest|best|final|snapshots/\d{9,15})\.npz"


class TravelError(PlainError):
    """A file that is no run and no checkpoint, or one that must not be opened."""


def receive(
    root: Path,
    file: Path,
    name: str = "",
    source: str = "",
    run_id: str = "",
    weigh: Callable[[int], None] = lambda size: None,
    add: Callable[[RunFolder], None] = lambda run: None,
) -> RunFolder:
    """A new run under `root` from a .zip of `pack`, or from a checkpoint. file: where it lies; name: what it is called.

    source: the data on this computer that the run is to go on with, where it was trained on somebody's own. run_id:
    of the new run; "" for one that tells the time. weigh: is given the bytes that it will take, and raises RunError
    where there is no room. add: writes what else it begins with, before anybody can see it.
    Raises TravelError; nothing is left behind then.
    """
    name = name or file.name
    try:
        with tempfile.TemporaryDirectory() as scratch:
            found = _whole(file, Path(scratch)) if _is_run(file) else _single(file)
            weigh(len(found.events) + sum(path.stat().st_size for path in found.weights.values()))
            return _write(root, found, name, source, run_id, add)
    except (CheckpointError, RunError, SettingError, ShapeError, LimitError) as error:
        raise TravelError(f"{printable(name, 80)} cannot be opened: {error}") from None
    except OSError as error:
        raise TravelError(f"{printable(name, 80)} cannot be opened: {error.strerror or error}.") from None


class _Found:
    """What is to become a run: all checked."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config
        self.control = Control()
        self.about = About()
        self.events = b""
        self.weights: dict[str, Path] = {}
        self.origin = ""


def _is_run(file: Path) -> bool:
    """Whether it is one of our archives; else it may be a checkpoint, which is a .zip of arrays."""
    if not zipfile.is_zipfile(file):
        raise TravelError("this is no file of a run: expected the .zip or .npz that Inkling wrote.")
    with _archive(file) as archive:
        return any(not each.filename.endswith(".npy") for each in archive.infolist())


@contextmanager
def _archive(file: Path) -> Iterator[zipfile.ZipFile]:
    """An archive; raises TravelError for whatever zipfile and its decompressors raise at what anybody may have made."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except PlainError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place before the file's beginning
            raise
        raise TravelError(f"it is damaged, or no .zip that Inkling wrote: {why_damaged(error)}.") from None


def _single(file: Path) -> _Found:
    """A checkpoint alone: a run without curves. One that has the optimizer's state can be gone on with."""
    saved = read_checkpoint(file)
    found = _Found(saved.config)
    complete = bool(saved.config.optimizer.slot_names) and not saved.slots and saved.position.step > 0
    found.weights["final.npz" if complete else "latest.npz"] = file
    found.origin = f"a checkpoint of step {saved.position.step:,}"
    if complete:  # the weights that a run ended with
        ended = RunEnded(saved.position.step, float(saved.position.epoch), "stopped").to_json()
        found.events = json.dumps(ended | {"seconds": 0.0, "time": time.time()}).encode() + b"\n"
    return found


def _whole(file: Path, scratch: Path) -> _Found:
    with _archive(file) as archive:
        members = _members(archive)
        manifest = _json(archive, members, NAME)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise TravelError(f"this run has another format; expected {FORMAT}. A newer Inkling may have written it.")
        found = _Found(TrainingConfig.from_json(_json(archive, members, "config.json")))
        if "control.json" in members:
            found.control = _control(_json(archive, members, "control.json"), found.config)
        if "about.json" in members:
            found.about = About.from_json(_json(archive, members, "about.json"))
        if "events.jsonl" in members:
            found.events = _events(archive, members["events.jsonl"])
        found.origin = f"run {printable(str(manifest.get('id', '?')), 80)}"
        for number, name in enumerate(name for name in members if name.endswith(".npz")):
            path = scratch / f"{number}.npz"
            _unpack(archive, members[name], path)
            _check_weights(read_checkpoint(path), found.config, name)
            found.weights[name] = path
    return found


def _control(data: Any, config: TrainingConfig) -> Control:
    """What was wanted of the run, if it can be had of it; and that it goes on, once somebody says so."""
    control = Control.from_json(data)
    for settings in (control.settings, *(settings for _, settings in control.planned)):
        live_changes(config, config.with_values(settings))  # nothing else, so that no file's name comes in here
    return replace(control, wish="running", until_step=None, until_epoch=None)


def _members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """The files in the archive by name. Raises TravelError for any that does not belong there."""
    every = archive.infolist()
    if len(every) > MOST_MEMBERS:
        raise TravelError(f"it holds {len(every):,} files; a run has at most {MOST_MEMBERS}.")
    for each in every:
        if each.filename not in _TEXTS and not fullmatch(_WEIGHTS, each.filename):
            raise TravelError(f"it holds {shown(each.filename)}, which no run has. Nothing was opened.")
        regular = stat.S_IFMT(each.external_attr >> 16) in (0, stat.S_IFREG)
        packed = each.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if not regular or not packed or each.flag_bits & 1:
            raise TravelError(
                f"{shown(each.filename)} in it is a link, locked by a password, or packed in a way that Inkling does "
                "not use. Nothing was opened."
            )
    if sum(each.file_size for each in every) > MOST_WEIGHTS + MOST_TEXT:
        raise TravelError(f"it unpacks to more than {(MOST_WEIGHTS + MOST_TEXT) >> 20:,} MB.")
    members = {each.filename: each for each in every}
    if len(members) < len(every) or NAME not in members or "config.json" not in members:
        raise TravelError("it is incomplete, or has a file twice: a run has its settings once.")
    return members


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """All of a text. Its real length counts, whatever the archive says of it."""
    with archive.open(member) as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise TravelError(f"{member.filename} in it is longer than {most >> 20:,} MB.")
    return data


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    """Weights are not compressible; ones that unpack to far more than they are in the archive are none."""
    left = min(MOST_WEIGHTS, 200 * member.compress_size + CHUNK)
    with archive.open(member) as source, path.open("wb") as target:
        while data := source.read(CHUNK):
            left -= len(data)
            if left < 0:
                raise TravelError(f"{member.filename} in it unpacks to far more than weights do. Nothing was opened.")
            target.write(data)


def _json(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], name: str) -> Any:
    data = _read(archive, members[name], MOST_SETTINGS)
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise TravelError(f"{name} in it is damaged.") from None


def _events(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The lines that are JSON objects; a run that is read later passes over others in any case.

    They are read one by one: a few kilobytes of an archive can be millions of lines, or one of a hundred megabytes.
    """
    kept, size, count = io.BytesIO(), 0, 0
    with archive.open(member) as lines:
        while line := lines.readline(MOST_LINE + 1):
            size, count = size + len(line), count + 1
            if size > MOST_TEXT or count > MOST_LINES or len(line) > MOST_LINE:
                raise TravelError(
                    f"{member.filename} in it is longer than {MOST_TEXT >> 20:,} MB, {MOST_LINES:,} lines, or "
                    f"{MOST_LINE >> 20} MB a line. Nothing was opened."
                )
            with suppress(ValueError, RecursionError):
                if line.strip() and isinstance(json.loads(line), dict):
                    kept.write(line.rstrip(b"\n") + b"\n")
    return kept.getvalue()


def _check_weights(saved: Checkpoint, config: TrainingConfig, name: str) -> None:
    """Raise TravelError for weights of another run: other layers that have weights, other data, another seed."""

    def core(each: TrainingConfig) -> Any:
        rows = each.summary(saved.image_shape)
        return [row.parameters for row in rows if row.parameters], without_paths(each).data, each.seed

    if core(saved.config) != core(config):
        raise TravelError(f"{name} in it belongs to another run: its network, data or seed differ from the settings.")


def _write(
    root: Path, found: _Found, name: str, source: str, run_id: str, add: Callable[[RunFolder], None]
) -> RunFolder:
    """The run's folder, complete from the moment that it can be seen."""
    config = _at_home(found.config, source)
    origin = f"{found.origin}, from {printable(name, 60)}"
    about = replace(found.about, origin=origin[:LONGEST_NAME], parent="", parent_step=None, group="", kind="")

    def fill(run: RunFolder) -> None:
        write_json(run.control_file, asdict(found.control))
        write_about(run, about)
        if found.events:
            run.events_file.write_bytes(found.events)
        for member, path in found.weights.items():
            target = run.path / member
            target.parent.mkdir(exist_ok=True)
            saved = read_checkpoint(path)
            at_home = _at_home(saved.config, source)
            if at_home == saved.config:
                shutil.copyfile(path, target)
            else:
                write_checkpoint(target, replace(saved, config=at_home))
        add(run)

    return RunFolder.create(root, config, run_id, fill)


def _at_home(config: TrainingConfig, source: str) -> TrainingConfig:
    """The settings with the data that this computer has, where they name somebody's own; and with no other paths."""
    config = without_paths(config)
    if not source or config.data.source in BUILT_IN:
        return config
    return replace(config, data=replace(config.data, source=source))
