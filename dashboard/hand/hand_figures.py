"""How well networks read a person's hand, and which runs learned it. No streamlit."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dashboard.drawing.readers import Reader
from engine import Model
from engine.config import TrainingConfig
from engine.datasets import BUILT_IN
from engine.datasets.personal import Hand
from engine.rundir import RunError, RunFolder
from engine.tuning import is_tuning

FEWEST_HELD = 2  # with fewer drawings held back, all of them are looked at
MOST_SCORED = 300  # drawings; enough for a percent, and quick while a network trains


@dataclass(frozen=True)
class Score:
    """Drawings that are read right."""

    right: int
    count: int
    held: bool  # none of them was learned from

    @property
    def words(self) -> str:
        """ "83 % (10 of 12)"."""
        return f"{self.right / self.count:.0%}".replace("%", " %") + f" ({self.right} of {self.count})"


@functools.lru_cache(maxsize=64)
def score(model: Model, hand: Hand) -> Score | None:
    """Of the drawings that no run learns from, if there are some, or else of all; None for an empty set."""
    enough = int(hand.held.sum()) >= FEWEST_HELD
    looked_at = hand.held_back if enough else hand
    looked_at = looked_at.chosen(np.arange(len(looked_at)) >= len(looked_at) - MOST_SCORED)  # the newest
    height, width, _ = model.checkpoint.image_shape
    if not len(looked_at) or height != width:
        return None
    read = model.predict(looked_at.images_for(height)).argmax(axis=1)
    return Score(int(np.sum(read == looked_at.labels)), len(looked_at), enough)


def elsewhere(model: Model) -> str:
    """What its own run knows of a network's accuracy on the data of that run: "99.44 % of the test images"."""
    for name, words in (("test", "test images"), ("validation", "validation images")):
        known = model.checkpoint.record.get(name)
        value = known.get("accuracy") if isinstance(known, dict) else None
        if isinstance(value, float):
            return f"{100 * value:.2f} % of the {words}"
    return "not known yet"


def data_name(config: TrainingConfig) -> str:
    """What people call the data that a network learned from."""
    source = config.data.source
    return "MNIST" if source == "mnist" else "MNIST 16×16" if source in BUILT_IN else "its own data"


def tuning_of(run: RunFolder) -> TrainingConfig | None:
    """The settings of a run that learned a person's hand from trained weights; None for other runs."""
    try:
        config = _config(run.config_file)
    except RunError:
        return None
    return config if is_tuning(config) else None


@functools.lru_cache(maxsize=64)
def _config(path: Path) -> TrainingConfig:
    """A run's settings never change."""
    return RunFolder(path.parent).config()


def before(config: TrainingConfig) -> Model | None:
    """The network that a tuning run began with; None if its file is gone."""
    return Reader("before", Path(config.start_from)).model()


def run_of(reader: Reader, root: Path) -> RunFolder | None:
    """The run whose weights a reader reads; None for a network that ships with the project."""
    for folder in reader.path.parents[:2]:
        if folder.parent == root and (folder / "config.json").is_file():
            return RunFolder(folder)
    return None
