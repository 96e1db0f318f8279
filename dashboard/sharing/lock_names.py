"""The names by which a link locks and hides controls: settings' paths, and "preset".

?lock=optimizer.learning_rate,layers&hide=augmentation
"""

import functools
from collections.abc import Iterable
from typing import Any

from dashboard.language import say, translated
from dashboard.settings.forms import family_of, words
from dashboard.settings.locks import PRESET
from engine.config import TrainingConfig
from engine.spec import Settings, describe

MOST_NAMES, MOST_CHARACTERS = 60, 2_000


@functools.cache
def known() -> tuple[str, ...]:
    """All names, each setting's before those of its parts, in the order of the settings."""
    found = [PRESET]
    for name, _, _ in describe(TrainingConfig):
        value = getattr(TrainingConfig(), name)
        found += [name, *(f"{name}.{inner}" for inner in _inner(value))]
    return tuple(found)


def _inner(value: Any) -> Iterable[str]:
    """Fields below a setting; for a family, those of all its members."""
    if not isinstance(value, Settings):
        return ()
    classes = list(family_of(value).members().values()) if type(value).family else [type(value)]
    return dict.fromkeys(name for cls in classes for name, _, _ in describe(cls))


def read(text: str) -> tuple[frozenset[str], list[str]]:
    """The names in a text from a link, and sentences on what in it is none."""
    if len(text) > MOST_CHARACTERS:
        return frozenset(), [say("the list of locked settings is too long to be read.")]
    asked = [name.strip() for name in text.split(",") if name.strip()][:MOST_NAMES]
    unknown = [name for name in asked if name not in known()]
    ignored = [say("there is no setting {name} to lock or hide.", name=repr(name[:60])) for name in unknown[:5]]
    return frozenset(asked).intersection(known()), ignored


def written(names: frozenset[str]) -> str:
    """The names as a link has them: of a setting and its parts, the setting alone."""
    kept = [name for name in known() if name in names and name.partition(".")[0] not in names - {name}]
    return ",".join(kept)


def in_words(path: str) -> str:
    """A setting's path as people read it, such as "Optimizer · Learning rate"."""
    return " · ".join(translated(words(part)) for part in path.split("."))
