"""The files of a run's folder, as a crash, a bad disk or somebody else may leave them."""

import dataclasses
import io
import itertools
import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
from fuzz_mutations import as_text, mutated_bytes, mutated_json
from fuzz_zips import hostile_npy, hostile_zip, npy, zip_file

from dashboard.charts.curves import accuracy_figure, loss_figure
from dashboard.comparing.gist import Gist
from engine.about import ABOUT, read_about
from engine.carrying import carried_lines
from engine.checkpoint import CheckpointError, Model, read_checkpoint, write_checkpoint
from engine.config import TrainingConfig
from engine.datasets.base import Dataset, Split, split
from engine.events import RunEnded
from engine.history import History, sentence
from engine.rundir import RunFolder
from engine.snapshots import snapshots
from engine.trainer import Trainer

CLASSES = 10
SIDE = 8


@cache
def data() -> Split:
    """70 training images of 8x8 pixels."""
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (110, SIDE, SIDE), dtype=np.uint8)
    labels = np.arange(110, dtype=np.uint8) % CLASSES
    return split(Dataset("made-up", images[:90], labels[:90], images[90:], labels[90:]), 1, 70, 20, True)


@cache
def trainer() -> Trainer:
    """A run that came to its end, with every kind of array in its checkpoints."""
    layers = ["Flatten", {"kind": "Dense", "units": 6}, "BatchNorm", "ReLU", {"kind": "Dense", "units": CLASSES}]
    values = {"layers": layers, "optimizer": "Adam", "average": 0.9, "batch_size": 20, "epochs": 2, "parts": 1}
    return Trainer(TrainingConfig().with_values(values), data())


@cache
def events() -> tuple[dict[str, Any], ...]:
    """What that run told, as the lines of its file."""
    told: list[dict[str, Any]] = []
    for number, event in enumerate(trainer().run()):
        line = event.to_json() | {"seconds": 0.1 * number, "time": 1.79e9 + number}
        if line["event"] == "BatchDone":
            names = ("step", "epoch", "loss", "accuracy", "learning_rate", "gradient_norm")
            line = {"event": "Batches", **{name: [line[name]] for name in names}, "seconds": line["seconds"],
                    "images_per_second": 1000.0, "time": line["time"]}  # fmt: skip
        told.append(line)
    change = {"event": "SettingsChanged", "step": 3, "epoch": 0.75, "changes": {"batch_size": [20, 10]}}
    forked = {"event": "Forked", "step": 4, "epoch": 1.0, "parent": "a-run", "changes": {}}
    others = [change, forked, {"event": "Paused", "step": 4, "epoch": 1.0}]
    return (*told[:-1], *(each | {"seconds": 0.5, "time": 1.79e9} for each in others), told[-1])


@cache
def members() -> dict[str, bytes]:
    """The checkpoint at the end of that run, as the members of its file."""
    events()
    path = Path.cwd() / "sample.npz"
    write_checkpoint(path, trainer().checkpoint())
    with np.load(path) as file:
        found = {f"{name}.npy": npy(file[name]) for name in file.files}
    path.unlink()
    return found


def checkpoint(rng: Random, folder: Path) -> None:
    """A checkpoint file: damaged, with other arrays, with another header, or a bomb."""
    path = folder / "latest.npz"
    path.write_bytes(_checkpoint_bytes(rng))
    saved = read_checkpoint(path)
    model = Model(saved)
    height, width, _ = saved.image_shape
    images = np.frombuffer(rng.randbytes(2 * height * width), np.uint8).reshape(2, height, width)
    shares = model.predict(images)
    assert shares.shape == (2, saved.classes)
    assert np.isfinite(shares).all()
    try:
        saved.check_data(data())
    except CheckpointError:
        return
    if saved.image_shape == data().image_shape and saved.classes == CLASSES:
        _goes_on(saved)


def _goes_on(saved: Any) -> None:
    """A run that goes on from it ends, or is refused in words."""
    config = dataclasses.replace(saved.config, max_steps=saved.position.step + 2, validate_every=10**9, parts=1)
    if config.batch_size > 500 or saved.position.step > 10**8:
        return
    saved = dataclasses.replace(saved, config=config, parts=1)
    last = None
    for last in Trainer(config, data(), saved).run():
        json.dumps(last.to_json(), allow_nan=False)
    assert isinstance(last, RunEnded)


def _checkpoint_bytes(rng: Random) -> bytes:
    parts = dict(members())
    act = rng.randrange(10)
    if act < 2:
        return mutated_bytes(rng, zip_file(parts, packed=False))
    if act < 4:
        return hostile_zip(rng, parts)
    if act < 6:
        name = rng.choice([each for each in parts if each != "header.npy"])
        parts[name] = hostile_npy(rng, _array(parts[name]))
    elif act < 9:
        parts["header.npy"] = _as_npy(as_text(mutated_json(rng, _header()), rng))
    elif rng.random() < 0.1:
        return _bomb(rng)
    else:
        parts["header.npy"] = hostile_npy(rng, _array(parts["header.npy"]))
    return zip_file(parts, packed=False)


def _array(data: bytes) -> npt.NDArray[Any]:
    return np.load(io.BytesIO(data), allow_pickle=False)


def _header() -> dict[str, Any]:
    return json.loads(_array(members()["header.npy"]).tobytes())


def _as_npy(text: str) -> bytes:
    return npy(np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8))


def _bomb(rng: Random) -> bytes:
    """A network of very many weights, all 0, which take no room in the file."""
    units = rng.choice((512, 4096))
    count = rng.choice((1, 3, 60, 400))
    layers = ["Flatten", *([{"kind": "Dense", "units": units}] * count), {"kind": "Dense", "units": CLASSES}]
    header = _header() | {"config": TrainingConfig().with_values({"layers": layers}).to_json()}
    size = [SIDE * SIDE, *([units] * count), CLASSES]
    arrays: dict[str, bytes] = {"header.npy": _as_npy(json.dumps(header))}
    budget = 60_000_000  # bytes of zeros that it takes a moment to pack; what is missing is found before
    for number, (inputs, outputs) in enumerate(itertools.pairwise(size), 1):
        for key, shape in (("weight", (inputs, outputs)), ("bias", (outputs,))):
            budget -= 4 * int(np.prod(shape))
            if budget > 0:
                arrays[f"params/{number}.dense.{key}.npy"] = npy(np.zeros(shape, np.float32))
    return zip_file(arrays)


def event_file(rng: Random, folder: Path) -> None:
    """events.jsonl: lines changed, doubled, lost, exchanged, cut short, or damaged as bytes."""
    lines = [as_text(each).encode() for each in events()]
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(lines))
        act = rng.randrange(6)
        if act < 3:
            changed = mutated_json(rng, rng.choice(events()))
            lines[at] = as_text(changed, rng).encode("utf-8", "surrogatepass")
        elif act == 3:
            lines[at] = mutated_bytes(rng, lines[at])
        elif act == 4:
            lines.insert(at, rng.choice(lines))
        else:
            lines[at : at + rng.randint(1, 3)] = []
        lines = lines or [b""]
    run = RunFolder(folder / "a-run")
    run.path.mkdir()
    text = b"\n".join(lines) + rng.choice((b"\n", b""))
    cut = rng.randrange(len(text) + 1)
    run.events_file.write_bytes(text[:cut])
    history, gist = History(run.events_file), Gist()
    _read_history(history, gist, run)
    with run.events_file.open("ab") as file:
        file.write(text[cut:])
    _read_history(history, gist, run)
    carried_lines(run.events_file, trainer().checkpoint())


def _read_history(history: History, gist: Gist, run: RunFolder) -> None:
    """All that a page asks of it can be shown."""
    history.update()
    gist.update(run.events_file)
    said = [sentence(history), str(history.best), str(history.time_left), str(history.changes), *history.dead_by_layer]
    "".join(said).encode()  # no half surrogate pairs: they can be sent to no browser
    assert history.total_steps >= 0
    for x in ("step", "epoch", "seconds"):
        for figure in (loss_figure(history, x=x), accuracy_figure(history, x=x)):
            str(figure).encode()
    json.dumps([gist.step, gist.epoch, gist.seconds, gist.best, gist.newest, gist.trail], allow_nan=False)
    run.status().reason.encode()


def small_files(rng: Random, folder: Path) -> None:
    """control.json, worker.json, about.json, and the names in the folder of snapshots."""
    run = RunFolder(folder / "a-run")
    run.path.mkdir()
    control = {"wish": "paused", "settings": {"batch_size": 3}, "steps_per_second": 2.0, "until_step": 9,
               "until_epoch": 1.5}  # fmt: skip
    worker = {"pid": 1, "host": "here", "start": "12"}
    about = {"name": "n", "note": "m", "starred": True, "group": "g", "kind": "race", "parent": "p", "parent_step": 3}
    for path, sample in ((run.control_file, control), (run.worker_file, worker), (run.path / ABOUT, about)):
        text = as_text(mutated_json(rng, sample), rng).encode("utf-8", "surrogatepass")
        path.write_bytes(mutated_bytes(rng, text) if rng.random() < 0.2 else text)
    run.snapshots.mkdir()
    for name in ("000000001.npz", "9" * 15 + ".npz", "9" * 60 + ".npz", "-00000001.npz", "٣٣٣٣٣٣٣٣٣.npz"):
        (run.snapshots / name).touch()
    said = read_about(run)
    for words in (said.name, said.note, said.group, said.parent, run.status().state):
        words.encode()
    assert len(said.name) <= 80
    assert next(each.step for each in snapshots(run)) == 1
    run.worker_alive()
    found = run.control()
    json.dumps(dataclasses.asdict(found), allow_nan=False)
    run.write_control(found)
    assert run.control() == found
