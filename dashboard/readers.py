"""Which trained network reads what is drawn. No streamlit."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dashboard.runs import PROJECT
from engine import CheckpointError, Model, load_checkpoint
from engine.rundir import RunFolder

PRETRAINED = PROJECT / "checkpoints" / "pretrained"


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


@functools.lru_cache(maxsize=8)
def _loaded(path: Path, changed: int, inode: int) -> Model:
    """The network in a file; a file with other weights has another time or inode."""
    return load_checkpoint(path)


def of_run(run: RunFolder | None) -> Reader | None:
    """The newest weights of a run, if it has any yet."""
    newest = run.newest if run is not None else None
    return Reader(f"run {run.id}", newest) if run is not None and newest is not None else None


def pretrained() -> list[Reader]:
    """The networks that ship with the project."""
    return [Reader(f"the pretrained network {path.stem!r}", path) for path in sorted(PRETRAINED.glob("*.npz"))]


def choose(run: RunFolder | None) -> Reader | None:
    """The run's own weights, or else a network that ships with the project."""
    return of_run(run) or next(iter(pretrained()), None)


def read(model: Model, image: NDArray[np.uint8]) -> NDArray[np.floating]:
    """Probabilities (classes,) for one prepared image."""
    return np.asarray(model.predict(image[np.newaxis])[0])
