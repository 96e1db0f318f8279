"""All that a report says of one run, found in its folder, and worked out where that is needed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from engine.about import About, read_about
from engine.arrays import Array, Bytes
from engine.checkpoint import CheckpointError, Model, load_checkpoint
from engine.checkpoint.fields import MOST_PARTS
from engine.config import TrainingConfig, without_paths
from engine.datasets import DataError, facts
from engine.drawing import prepare_ink
from engine.fingerprint import fingerprint
from engine.history import History
from engine.judging import held_images, predict
from engine.layers import ShapeError
from engine.limits import is_private, public_id, without_keys
from engine.link import encode, stays_here
from engine.metrics import ClassScores, class_scores, confusion_matrix
from engine.network import LayerSummary
from engine.recipe import grouped, recipe
from engine.rundir import RunFolder, Status
from engine.spec import SettingError

MOST_ERRORS = 24
Tell = Callable[[float], None]


@dataclass(frozen=True, eq=False)
class Mistake:
    """An image that was read wrongly. share: the probability that the network gave its wrong answer."""

    image: Bytes
    label: int
    answer: int
    share: float


@dataclass(frozen=True, eq=False)
class Judged:
    """How one set of images is read. loss is left out: the run told it."""

    which: str  # "validation" or "test"
    count: int
    accuracy: float
    confusion: npt.NDArray[np.int64]  # [class, answer]
    scores: ClassScores
    worst: tuple[Mistake, ...]  # the surest first
    note: str = ""  # what is to be said of the images


@dataclass(frozen=True, eq=False)
class Pinned:
    """A digit that somebody drew, and what the network says of it."""

    label: int
    image: Bytes
    shares: Array


@dataclass(frozen=True, eq=False)
class Gathered:
    """One run. Texts are as people wrote them: whoever shows them must see that they do no harm."""

    id: str
    about: About
    config: TrainingConfig
    history: History
    status: Status
    created: float  # seconds since 1970
    layers: tuple[LayerSummary, ...] = ()
    judged: tuple[Judged, ...] = ()
    pinned: tuple[Pinned, ...] = ()
    weights: str = ""  # their fingerprint; "" while there are none
    weights_step: int = 0
    recipe: str = ""
    link: str = ""  # the settings' text, as in ?s=
    stays: tuple[str, ...] = ()  # what of the settings no link takes along
    problems: tuple[str, ...] = field(default_factory=tuple)  # what could not be found out, and why

    @property
    def name(self) -> str:
        """What a person calls it."""
        return self.about.name or self.id


def gather(run: RunFolder, pins: Sequence[tuple[int, Bytes]] = (), tell: Tell = lambda share: None) -> Gathered:
    """Read a run's folder and ask its newest weights. pins: (label, ink of a drawing, 255 where it is darkest).

    Raises RunError where the run itself cannot be read; all else that is missing is told in `problems`.
    """
    config, history, problems = run.config(), History(run.events_file), []
    about = read_about(run)
    history.update()
    status = run.status()
    layers: tuple[LayerSummary, ...] = ()
    made = ""
    try:
        layers = tuple(config.summary(facts(config.data.source).image_shape))
        made = recipe(config, _parts(history))
    except (DataError, ShapeError, SettingError, CheckpointError) as error:
        problems.append(f"The recipe is not known: {error}")
    judged: list[Judged] = []
    pinned: list[Pinned] = []
    weights, step = "", 0
    model = _model(run, problems)
    if model is not None:
        weights, step = grouped(fingerprint(model.checkpoint)), model.checkpoint.position.step
        sets = ["validation", *(["test"] if (history.ended or {}).get("test_accuracy") is not None else [])]
        for number, which in enumerate(sets):
            tell((number + 0.1) / (len(sets) + 1))
            try:
                judged.append(judge(model, which))
            except DataError as error:
                problems.append(f"The {which} images could not be looked at: {error}")
        pinned = _asked(model, pins)
    return Gathered(
        id=public_id(run.id),
        about=replace(about, parent=public_id(about.parent)),
        config=without_paths(config) if is_private() else config,  # a path may hold a run's id, and that is a key
        history=history,
        status=status,
        created=_created(run, history),
        layers=layers,
        judged=tuple(judged),
        pinned=tuple(pinned),
        weights=weights,
        weights_step=step,
        recipe=made,
        link=encode(config),
        stays=tuple(map(without_keys, stays_here(config))),
        problems=tuple(map(without_keys, problems)),
    )


def _parts(history: History) -> int:
    """That the run is trained with, as it told; 0 where it told nothing that can be."""
    told = (history.started or {}).get("parts")
    return told if isinstance(told, int) and 0 < told <= MOST_PARTS else 0


def judge(model: Model, which: str) -> Judged:
    """How the network reads the validation or the test images of its run. Raises DataError."""
    held = held_images(model.checkpoint, which)
    shares = predict(model, held.images)
    confusion = confusion_matrix(shares, held.labels)
    answers = shares.argmax(axis=1)
    sure = shares[np.arange(len(shares)), answers]
    wrong = np.flatnonzero(answers != held.labels)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][:MOST_ERRORS]
    worst = tuple(
        Mistake(held.images[place], int(held.labels[place]), int(answers[place]), float(sure[place])) for place in wrong
    )
    right = float(np.mean(answers == held.labels))
    return Judged(which, len(held.labels), right, confusion, class_scores(confusion), worst, held.changed)


def _asked(model: Model, pins: Sequence[tuple[int, Bytes]]) -> list[Pinned]:
    """What the network says of drawings, prepared for its size; nothing where its images are not square."""
    height, width, _ = model.checkpoint.image_shape
    if height != width:
        return []
    found = []
    for label, ink in pins:
        prepared = prepare_ink(ink, image_size=height)
        image = np.zeros((height, width), np.uint8) if prepared is None else prepared.image
        found.append(Pinned(label, image, model.predict(image[None])[0]))
    return found


def _model(run: RunFolder, problems: list[str]) -> Model | None:
    newest = run.newest
    if newest is None:
        problems.append("There are no weights yet, so no answers of the network are in this report.")
        return None
    try:
        return load_checkpoint(newest)
    except CheckpointError as error:
        problems.append(f"The weights cannot be read: {error}")
        return None


def _created(run: RunFolder, history: History) -> float:
    """When training began; of an imported run, elsewhere."""
    told = (history.started or {}).get("time")
    if isinstance(told, int | float) and 0 < told < 1e11:
        return float(told)
    try:
        return run.config_file.stat().st_mtime
    except OSError:
        return time.time()
