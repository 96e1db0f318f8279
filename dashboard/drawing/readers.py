"""Which trained network reads what is drawn. No streamlit."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dashboard.language import say
from dashboard.running.runs import PROJECT
from engine import CheckpointError, Model, load_checkpoint
from engine.about import read_about
from engine.drawing.pipeline import SMALLEST_IMAGE
from engine.rundir import RunFolder
from engine.snapshots import at_or_before, snapshots

PRETRAINED = PROJECT / "checkpoints" / "pretrained"
FIRST = "convnet"  # reads as long as no run is shown: of those that read drawings well, the quickest
ImageShape = tuple[int, int, int]  # height, width, channels
LOADED = 16  # networks kept in memory; several tabs may each look at several


@dataclass(frozen=True)
class Reader:
    """A file with weights, and what people call it."""

    name: str
    path: Path

    def model(self) -> Model | None:
        """The network as the file holds it now; None while it cannot be read."""
        try:
            found = self.path.stat()
            return _loaded(self.path, found.st_mtime_ns, found.st_ino)
        except (OSError, CheckpointError):
            return None

    def image_shape(self) -> ImageShape | None:
        """What its images are like; None while it cannot be read. Does not load what a run in training writes anew."""
        try:
            return _image_shape(self.path)
        except (OSError, CheckpointError):
            return None


@functools.lru_cache(maxsize=LOADED)
def _loaded(path: Path, changed: int, inode: int) -> Model:
    """The network in a file; a file with other weights has another time or inode."""
    return load_checkpoint(path)


@functools.lru_cache(maxsize=1000)
def _image_shape(path: Path) -> ImageShape:
    """A file may get other weights, but never another network."""
    return load_checkpoint(path).checkpoint.image_shape


def of_run(run: RunFolder | None, step: int | None = None) -> Reader | None:
    """The newest weights of a run, or those it had at a step; None if it has none yet.

    Of the snapshots the last one at or before `step` is taken. Where there is none, the newest weights read.
    """
    if run is None:
        return None
    if step is None:
        return _newest(run)
    snapshot = at_or_before(snapshots(run), step)
    return (
        Reader(say("{name} at step {step:,}", name=named(run), step=snapshot.step), snapshot.path)
        if snapshot is not None
        else _newest(run)
    )


def _newest(run: RunFolder) -> Reader | None:
    newest = run.newest
    return Reader(named(run), newest) if newest is not None else None


def named(run: RunFolder) -> str:
    """What a run is called in a sentence."""
    return say("run {name}", name=read_about(run).name or run.id)


def pretrained() -> list[Reader]:
    """The networks that ship with the project, FIRST before the others."""
    return [
        Reader(say("the pretrained network {stem!r}", stem=path.stem), path)
        for path in sorted(PRETRAINED.glob("*.npz"), key=lambda path: (path.stem != FIRST, path.stem))
    ]


def choose(run: RunFolder | None, step: int | None = None) -> Reader | None:
    """The run's own weights, or else a network that ships with the project."""
    return of_run(run, step) or next(iter(pretrained()), None)


def reads_drawings(image_shape: ImageShape) -> bool:
    """Whether a drawing can be prepared for this network: its images are square, and not too small for a digit."""
    height, width, _ = image_shape
    return height == width >= SMALLEST_IMAGE


def no_drawings(reader: Reader, image_shape: ImageShape) -> str:
    """Why a network is not asked about a drawing."""
    height, width, _ = image_shape
    return say(
        "This network cannot read drawings: {name} sees {height}×{width} pixels; a drawing needs "
        "a square of at least {smallest_image}×{smallest_image}.",
        name=reader.name,
        height=height,
        width=width,
        smallest_image=SMALLEST_IMAGE,
    )


def read(model: Model, images: NDArray[np.uint8]) -> NDArray[np.floating]:
    """Probabilities (n, classes) for prepared images (n, height, width), or (classes,) for a single one."""
    if images.ndim == 2:
        return np.asarray(model.predict(images[np.newaxis])[0])
    return np.asarray(model.predict(images))
