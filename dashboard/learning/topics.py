"""What there is a page on: every setting, and every class of the engine that can be chosen. No streamlit.

All of it comes from the registry: a new layer has its page, with its docstring, its settings and its code, by being
defined. Formulas, pictures and words that were written for one are added where there are any.
"""

import functools
import inspect
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.augment import Augmentation
from engine.averaging import WeightAverage
from engine.config import DataConfig, Penalty, Stopping, TrainingConfig
from engine.datasets import added, base, mistakes, mixing
from engine.initializers import Initializer
from engine.layers import Layer
from engine.losses import Loss
from engine.optimizers import Optimizer
from engine.pacing import Pacing
from engine.record import Record
from engine.schedules import Schedule
from engine.shuffling import Shuffled
from engine.spec import Option, Settings, describe
from engine.streams import stream
from engine.updating import Updater

FAMILIES: dict[str, type[Settings]] = {
    "layers": Layer,
    "loss": Loss,
    "optimizer": Optimizer,
    "schedule": Schedule,
    "initializer": Initializer,
    "augmentation": Augmentation,
}
GROUPS = ("data", *FAMILIES, "regularization", "run")
SHARED: dict[str, tuple[str, type[Settings]]] = {  # fields that several classes have, with a page of their own
    "learning_rate": ("optimizer", Optimizer.members()["SGD"]),
    "momentum": ("optimizer", Optimizer.members()["Momentum"]),
    "label_smoothing": ("loss", Loss.members()["CrossEntropy"]),
    "warmup": ("schedule", Schedule.members()["Constant"]),
}
_CODE: dict[str, Callable[..., Any]] = {
    "learning_rate": Optimizer.members()["SGD"].update,
    "momentum": Optimizer.members()["Momentum"].update,
    "label_smoothing": Loss.targets,
    "warmup": Schedule.factor,
    "batch_size": Pacing.after_batch,
    "epochs": Pacing.total_steps,
    "max_steps": Pacing.total_steps,
    "seed": stream,
    "clip_norm": Updater.update,
    "average": WeightAverage.follow,
    "validate_every": Pacing.look_is_due,
    "penalty.l1": Updater.update,
    "penalty.l2": Updater.update,
    "penalty.decoupled": Updater.update,
    "stopping.patience": Record.end_epoch,
    "stopping.target_accuracy": Pacing.reason_to_end,
    "stopping.keep": Record.end_epoch,
    "data.train_images": base.split,
    "data.validation_images": base.held_back,
    "data.scaling": base.Scaling.apply,
    "data.label_noise": base.split,
    "data.added_images": added.add_images,
    "data.added_by": added.add_images,
    "data.leaked_images": mistakes.leak_test_images,
    "data.personal_share": mixing.mix_in,
    "order": Shuffled.between,
}
_WITHOUT = ("data.source", "data.personal", "start_from", "parts")  # nothing to be learned of a file's name
_METHODS = (
    "output_shape",
    "forward",
    "backward",
    "update",
    "shape",
    "draw",
    "value_and_gradient",
    "matrices",
    "change",
)
_MORE_METHODS = ("moves",)


@dataclass(frozen=True)
class Topic:
    """key: in the address, ?about=KEY: a class's name or a setting's path. cls: the class; None for a setting."""

    key: str
    group: str
    sentence: str  # English, from the engine
    cls: type[Settings] | None = None
    option: Option | None = None

    @property
    def name(self) -> str:
        """As code has it; `words` makes it readable."""
        return self.key.rpartition(".")[2] if self.cls is None else self.cls.__name__


@functools.cache
def topics() -> dict[str, Topic]:
    """All pages by key, in the order of the sidebar."""
    found = [*_settings(DataConfig, "data", "data.")]
    for group, family in FAMILIES.items():
        shared = [(key, owner) for key, (place, owner) in SHARED.items() if place == group]
        for key, owner in shared:
            details = next(details for name, _, details in describe(owner) if name == key)
            found.append(Topic(key, group, details.help, option=details))
        found += [Topic(name, group, cls.title(), cls=cls) for name, cls in family.members().items()]
    found += [*_settings(Penalty, "regularization", "penalty."), *_settings(Stopping, "regularization", "stopping.")]
    found += _settings(TrainingConfig, "run", "")
    return {topic.key: topic for topic in found}


def _settings(owner: type[Settings], group: str, prefix: str) -> list[Topic]:
    """The plain settings of a class: numbers, texts and choices."""
    plain = {int, float, str, bool}
    found = []
    for name, annotation, details in describe(owner):
        key = prefix + name
        if (annotation in plain or key in _CODE) and key not in _WITHOUT:
            found.append(Topic(key, group, details.help, option=details))
    return found


def about(path: str, cls: type[Settings] | None = None) -> str:
    """The key of the page on a control, by its path in the settings; "" where there is none.

    cls: the class whose field it is, or that is chosen.
    """
    known, last = topics(), path.rpartition(".")[2]
    if path in known:
        return path
    if last in SHARED:
        return last
    return cls.__name__ if cls is not None and cls.__name__ in known else ""


def details(topic: Topic) -> str:
    """What the class's docstring says beyond its first sentence: formulas and source."""
    if topic.cls is None:
        return ""
    _, _, rest = inspect.cleandoc(topic.cls.__doc__ or "").partition("\n")
    return rest.strip()


@functools.lru_cache(maxsize=256)
def code(key: str) -> list[tuple[str, str]]:
    """(where it stands, the lines of the engine that do it), read from the files that run."""
    topic = topics()[key]
    if topic.cls is None:
        found = [_CODE[key]] if key in _CODE else []
    else:
        names = [name for name in (*_METHODS, *_MORE_METHODS) if name in topic.cls.__dict__]
        inherited = [] if names else [name for name in _METHODS if hasattr(topic.cls, name)][-2:]
        found = [getattr(topic.cls, name) for name in (*names, *inherited)]
    return [(_place(each), textwrap.dedent(inspect.getsource(each))) for each in found]


def _place(function: Callable[..., Any]) -> str:
    """ "engine/layers/dense.py, line 52"."""
    module = inspect.unwrap(function).__module__.replace(".", "/")
    return f"{module}.py:{inspect.getsourcelines(function)[1]}"


def source_of(topic: Topic) -> str:
    """The paper that the docstring names; "" where it names none."""
    found = re.findall(r"\(([A-Z][^()]*\b(?:19|20)\d\d[^()]*)\)", details(topic) or topic.sentence)
    return "; ".join(dict.fromkeys(" ".join(each.split()) for each in found))
