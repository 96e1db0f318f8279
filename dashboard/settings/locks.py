"""Controls that somebody has locked or hidden in this tab: a teacher by a link, or a challenge.

A name is a setting's path, and means all that is below it: "optimizer" locks the menu of optimizers and the settings
of whichever is chosen, "optimizer.learning_rate" that one slider, "layers" the whole stack with its dropout. "preset"
is the menu of ready-made settings. A locked control shows its value and cannot be changed; a hidden one does not show.
Both keep their value whatever else is chosen. They guide; they are no safeguard against somebody who wants around them.
"""

import re
from dataclasses import dataclass
from typing import Any, TypeVar

import streamlit as st

from dashboard.language import say
from engine.config import TrainingConfig
from engine.spec import SettingError, Settings, describe

PRESET = "preset"
_ROW = re.compile(r"row\d+")  # a layer in the editor

S = TypeVar("S", bound=Settings)


@dataclass(frozen=True)
class Locks:
    """locked: shown, but fixed; hidden: not shown, and fixed. by: whose they are, in a sentence."""

    locked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    by: str = ""

    def __bool__(self) -> bool:
        return bool(self.locked or self.hidden)

    def locks(self, path: str) -> bool:
        """Whether the control of this path cannot be changed."""
        return _covers(self.locked, path) or self.hides(path)

    def hides(self, path: str) -> bool:
        """Whether the control of this path is not shown."""
        return _covers(self.hidden, path)

    def keep(self, old: TrainingConfig, new: TrainingConfig) -> TrainingConfig:
        """The new settings, with those that are locked as they were; what has no place in the new ones is left out."""
        for path in sorted((self.locked | self.hidden) - {PRESET}):  # "optimizer" before "optimizer.momentum"
            try:
                new = new.with_values({path: _value(old, path)})
            except (SettingError, KeyError):
                continue
        return new

    def carry(self, path: str, old: Settings, new: S) -> S:
        """Another member of a family, with those fields of the old one that are locked and that it has too."""
        fields = {name for name, _, _ in describe(type(new))}
        values = {
            name: value for name, value in old.to_json().items() if name in fields and self.locks(f"{path}.{name}")
        }
        try:
            return type(new).from_json(new.to_json() | values)
        except SettingError:  # the same name with another range
            return new

    def dress(self, path: str, label: str, help_text: str | None = None) -> tuple[str, dict[str, Any]]:
        """A widget's label and further arguments: of a locked one, with a padlock and whose lock it is."""
        if not self.locks(path):
            return label, {"help": help_text}
        why = self.by or say("This setting is locked.")
        return f":material/lock: {label}", {"disabled": True, "help": f"{why}\n\n{help_text}" if help_text else why}


def current() -> Locks:
    """What is locked and hidden in this tab."""
    found: Locks = st.session_state.get("locks", Locks())
    return found


def set(locks: Locks) -> None:  # read as locks.set
    """Lock and hide this from now on, and nothing else."""
    st.session_state["locks"] = locks


def shows(*paths: str) -> bool:
    """Whether any of these is to be seen: a heading without anything below it is left out."""
    return not all(current().hides(path) for path in paths)


def _covers(names: frozenset[str], path: str) -> bool:
    """Whether one of the names is this path or lies above it."""
    head, _, rest = path.partition(".")
    whole = ["layers" if _ROW.fullmatch(head) else head, *(rest.split(".") if rest else [])]
    return any(".".join(whole[: length + 1]) in names for length in range(len(whole)))


def _value(config: TrainingConfig, path: str) -> Any:
    """A setting in JSON form. Raises KeyError where there is none."""
    place: Any = config.to_json()
    for part in path.split("."):
        if not isinstance(place, dict):
            raise KeyError(path)
        place = place[part]
    return place
