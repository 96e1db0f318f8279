"""How well networks read a person's hand, and which runs learned it. No streamlit."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dashboard.drawing.readers import Reader, reads_drawings
from dashboard.language import say
from engine import Model
from engine.arrays import Bytes
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
        return f"{self.right / self.count:.0%}".replace("%", " %") + say(
            " ({right} of {count})", right=self.right, count=self.count
        )


@functools.lru_cache(maxsize=64)
def score(model: Model, hand: Hand) -> Score | None:
    """Of the drawings that no run learns from, if there are some, or else of all; None for an empty set."""
    if not len(hand) or not reads_drawings(model.checkpoint.image_shape):
        return None
    images, labels = _looked_at(hand, model.image_size)
    read = model.predict(images).argmax(axis=1)
    return Score(int(np.sum(read == labels)), len(labels), _enough(hand))


def _enough(hand: Hand) -> bool:
    return int(hand.held.sum()) >= FEWEST_HELD


@functools.lru_cache(maxsize=8)
def _looked_at(hand: Hand, size: int) -> tuple[Bytes, Bytes]:
    """Images and labels. Preparing 300 drawings for another size than 28 takes long; weights come by the second."""
    found = hand.held_back if _enough(hand) else hand
    found = found.chosen(np.arange(len(found)) >= len(found) - MOST_SCORED)  # the newest
    return found.images_for(size), found.labels


def elsewhere(model: Model) -> str:
    """What its own run knows of a network's accuracy on the data of that run: "99.44 % of the test images"."""
    for name, words in (("test", say("test images")), ("validation", say("validation images"))):
        known = model.checkpoint.record.get(name)
        value = known.get("accuracy") if isinstance(known, dict) else None
        if isinstance(value, float):
            return say("{value:.2f} % of the {words}", value=100 * value, words=words)
    return say("not known yet")


def data_name(config: TrainingConfig) -> str:
    """What people call the data that a network learned from."""
    source = config.data.source
    return say("MNIST") if source == "mnist" else say("MNIST 16×16") if source in BUILT_IN else say("its own data")


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
