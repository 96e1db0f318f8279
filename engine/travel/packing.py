"""A run's folder as one .zip that another machine can open.

    inkling-run.json     {"format": 1, "id": .., "made": seconds since 1970, "source": the data's name}
    config.json, control.json, about.json, events.jsonl
    latest.npz, best.npz, final.npz, snapshots/STEP.npz     those that are wanted

Of files of this computer that the settings name, only the names go along, not where they lie.
"""

import json
import shutil
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from engine.about import read_about
from engine.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from engine.config import without_paths
from engine.control import Control
from engine.limits import is_private, public_id
from engine.rundir import RunError, RunFolder
from engine.snapshots import snapshots

FORMAT = 1
NAME = "inkling-run.json"
WEIGHTS = ("latest.npz", "best.npz", "final.npz")
Tell = Callable[[float], None]


def pack(run: RunFolder, target: Path, with_snapshots: bool = False, tell: Tell = lambda share: None) -> Path:
    """Write the .zip, whole or not at all. Raises RunError where the run cannot be read, OSError for the target.

    A checkpoint that is damaged, or that a run in training takes away meanwhile, is left out.
    """
    config, about = run.config(), read_about(run)
    try:
        control = run.control()
    except RunError:
        control = Control()
    source = without_paths(config).data.source
    manifest = {"format": FORMAT, "id": public_id(run.id), "made": time.time(), "source": source}
    texts = {
        NAME: manifest,
        "config.json": without_paths(config).to_json(),
        "control.json": asdict(replace(control, wish="running", until_step=None, until_epoch=None)),
        "about.json": asdict(
            replace(about, group="", kind="", parent=public_id(about.parent))
        ),  # a race's others stay here
    }
    files = [(name, run.path / name) for name in WEIGHTS]
    files += [(f"snapshots/{each.path.name}", each.path) for each in snapshots(run)] if with_snapshots else []
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        new = Path(scratch) / "run.zip"
        with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in texts.items():
                archive.writestr(name, json.dumps(data, allow_nan=False))
            if run.events_file.exists():
                _add_events(archive, run.events_file)
            for number, (name, path) in enumerate(files):
                tell(number / len(files))
                _add_weights(archive, name, path, Path(scratch) / "weights.npz")
        shutil.move(new, target)
    return target


def _add_events(archive: zipfile.ZipFile, path: Path) -> None:
    """What was told, as it is, but for the ids of runs that it went on from, where these are keys."""
    with path.open("rb") as lines, archive.open("events.jsonl", "w", force_zip64=True) as target:
        for line in lines:
            target.write(_public(line) if is_private() and b'"parent"' in line else line)


def _public(line: bytes) -> bytes:
    """A line of events that may name a run; damaged ones, which no reader takes, are left out."""
    try:
        event = json.loads(line)
        parent = event["parent"]
        return json.dumps(event | {"parent": public_id(parent)}, allow_nan=False).encode() + b"\n"
    except (KeyError, TypeError, ValueError, RecursionError):
        return b""


def _add_weights(archive: zipfile.ZipFile, name: str, path: Path, scratch: Path) -> None:
    """A checkpoint with the settings as they travel."""
    try:
        saved = read_checkpoint(path)
    except CheckpointError:
        return
    write_checkpoint(scratch, replace(saved, config=without_paths(saved.config)))
    archive.write(scratch, name)
