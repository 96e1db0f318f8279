"""Parts of Python source that several forms of export share: the schedule, and what has no equal elsewhere."""

import inspect
import re
import textwrap
from collections.abc import Iterator
from pathlib import PurePath

from engine.augment import Augmentation
from engine.config import TrainingConfig
from engine.export.plan import one_line, settings_in_words
from engine.schedules import Schedule
from engine.spec import describe


def in_docstring(name: str) -> str:
    """A person's text for the first line of a docstring, which it cannot end."""
    return one_line(name).replace("\\", "/").replace('"', "'")


def schedule_source(schedule: Schedule) -> str:
    """`def schedule(step, total)`: the engine's own lines with this run's numbers in them."""
    body = textwrap.dedent(inspect.getsource(type(schedule).shape)).split("\n", 1)[1].rstrip()
    for name, _, _ in describe(type(schedule)):
        body = re.sub(rf"\bself\.{name}\b", repr(getattr(schedule, name)), body)
    warmup = ""
    if schedule.warmup:
        warmup = f"    if step < {schedule.warmup}:\n        return (step + 1) / {schedule.warmup + 1}\n"
    return (
        "def schedule(step, total):\n"
        '    """The learning rate as a share of LEARNING_RATE, for the step (from 0) of a run of `total` steps."""\n'
        f"{warmup}{body}"
    )


def settings_notes(config: TrainingConfig) -> Iterator[str]:
    """What of the run's settings the source does not do by itself, a sentence each."""
    data, stopping = config.data, config.stopping
    source = one_line(PurePath(data.source.replace("\\", "/")).name)
    yield f"Data: {source}, {data.train_images} training and {data.validation_images} validation images."
    if data.label_noise:
        yield f"A share of {data.label_noise:g} of the training labels was replaced by random ones."
    if data.added_images:
        added = "; ".join(map(augmentation_in_words, data.added_by)) or "nothing"
        yield f"{data.added_images} changed copies of training images were added before training, changed by: {added}."
    if data.personal:
        yield f"A share of {data.personal_share:g} of the training images were a person's own drawings."
    if config.start_from:
        yield "It went on from the weights of another network, not from new ones."
    if stopping.patience:
        yield f"It was to stop after {stopping.patience} epochs without a better validation accuracy."
    if stopping.target_accuracy:
        yield f"It was to stop at a validation accuracy of {stopping.target_accuracy:g}."
    if stopping.keep == "best":
        yield "It ended with the weights of the epoch that was best on the validation images."


def augmentation_in_words(augmentation: Augmentation) -> str:
    """ "Rotate (share 1, degrees 12)"."""
    return f"{type(augmentation).__name__} ({settings_in_words(augmentation)})"


def comments(sentences: Iterator[str]) -> str:
    """Each sentence as a comment, in lines of a readable length."""
    wrapped = (
        textwrap.fill(sentence, 112, initial_indent="# ", subsequent_indent="#   ", break_long_words=False)
        for sentence in sentences
    )
    return "\n".join(wrapped)
