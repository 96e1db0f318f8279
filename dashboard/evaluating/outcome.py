"""What a network says of a set of images: worked out once, and what all figures are made from. No streamlit."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dashboard.running.jobs import Jobs, Progress, Tell, stamp
from engine.arrays import Array
from engine.checkpoint import load_checkpoint
from engine.config import TrainingConfig
from engine.judging import Held, held_images, predict
from engine.metrics import Calibration, ClassScores, Counts, calibration, class_scores, confusion_matrix, temperature

Stamp = tuple[Path, int, int]
Places = npt.NDArray[np.int64]
LOADING = 0.1  # of a job, before the first image is read


@dataclass(frozen=True, eq=False)
class Outcome:
    """Probabilities (n, classes) for the images of `held`, by the weights of a step.

    seconds: that it took to work out.
    """

    shares: Array
    held: Held
    step: int
    config: TrainingConfig
    stamp: Stamp
    seconds: float = 0.0

    @property
    def nbytes(self) -> int:
        """Of the probabilities; the images are shared by all outcomes of a run."""
        return self.shares.nbytes

    @property
    def classes(self) -> int:
        """How many there are."""
        return int(self.shares.shape[1])

    @cached_property
    def order(self) -> Places:
        """The likeliest class and the second (n, 2)."""
        return np.argsort(self.shares, axis=1, kind="stable")[:, : -3 if self.classes > 2 else None : -1]

    @property
    def read(self) -> Places:
        """As which class each image is read (n,)."""
        return self.order[:, 0]

    @property
    def second(self) -> Places:
        """The second guess (n,)."""
        return self.order[:, 1]

    @cached_property
    def confidence(self) -> Array:
        """The highest probability of each image (n,)."""
        return self.shares.max(axis=1)

    @cached_property
    def right(self) -> npt.NDArray[np.bool_]:
        """Which images are read as what they are (n,)."""
        return self.read == self.held.labels

    @property
    def hits(self) -> int:
        """How many."""
        return int(self.right.sum())

    @cached_property
    def counts(self) -> Counts:
        """The confusion matrix (classes, classes)."""
        return confusion_matrix(self.shares, self.held.labels)

    @cached_property
    def scores(self) -> ClassScores:
        """Of each class."""
        return class_scores(self.counts)

    @cached_property
    def calibration(self) -> Calibration:
        """In ten bins."""
        return calibration(self.shares, self.held.labels)

    @cached_property
    def temperature(self) -> float:
        """By which the outputs would have to be divided to be calibrated."""
        return temperature(self.shares, self.held.labels)

    def cell(self, true: int | None, read: int | None) -> Places:
        """Places of the images of a class that were read as another one. None: any; then mistakes alone."""
        wanted = np.ones(len(self.right), np.bool_)
        if true is not None:
            wanted &= self.held.labels == true
        if read is not None:
            wanted &= self.read == read
        if true is None or read is None:
            wanted &= ~self.right
        return np.flatnonzero(wanted)

    def ordered(self, places: Sequence[int] | Places, surest_first: bool) -> Places:
        """These places by confidence."""
        found = np.asarray(places, np.int64)
        by = self.confidence[found]
        return found[np.argsort(-by if surest_first else by, kind="stable")]


def ask(jobs: Jobs, asked: Stamp, which: str, patience: float = 0.0, hands: int = 1) -> Progress[Outcome]:
    """The outcome of the weights in a file, which may be a moment newer than the stamp says."""
    return jobs.ask(("outcome", *asked, which), lambda tell: find(asked[0], which, tell, hands), patience)


def find(path: Path, which: str, tell: Tell, hands: int = 1) -> Outcome:
    """Work it out now. Raises CheckpointError, DataError."""
    begun, tag = time.monotonic(), stamp(path)
    model = load_checkpoint(path)
    held = held_images(model.checkpoint, which)
    tell(LOADING)
    shares = predict(model, held.images, lambda share: tell(LOADING + (1 - LOADING) * share), hands)
    step = model.checkpoint.position.step
    return Outcome(shares, held, step, model.config, tag, time.monotonic() - begun)
