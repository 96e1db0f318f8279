"""Settings in words: what each is, and what it usually is."""

import re
from dataclasses import dataclass
from typing import Any

from engine.config import TrainingConfig
from engine.saying import ENGLISH, Language
from engine.spec import Settings, default_of, describe


@dataclass(frozen=True)
class Row:
    """One setting in words. usual: its default, where it differs from that; "" where it does not."""

    path: str
    value: str
    usual: str = ""


def settings(config: TrainingConfig, say: Language = ENGLISH) -> list[Row]:
    """All settings but the layers, in their order."""
    return [row for row in _rows(config, TrainingConfig(), "", say) if not row.path.startswith("layers")]


def _rows(value: Settings, usual: Settings, path: str, say: Language) -> list[Row]:
    """usual: what the class itself has; of a family, the member that is chosen has its own defaults."""
    found = []
    for name, _, _ in describe(type(value)):
        here, now = f"{path}.{name}" if path else name, getattr(value, name)
        default = getattr(usual, name)
        if isinstance(now, Settings):
            same_kind = type(now) is type(default)
            if type(now).family:
                found.append(Row(here, called(now, say), "" if same_kind else called(default, say)))
            found += _rows(now, default if same_kind else type(now)(), here, say)
        else:
            found.append(Row(here, words(now, say), "" if now == default else words(default, say)))
    return found


def named(path: str, say: Language = ENGLISH) -> str:
    """A setting's path as people read it."""
    return " · ".join(_in(say, part.replace("_", " ")) for part in path.split("."))


def called(value: Settings | str, say: Language = ENGLISH) -> str:
    """A member of a family, or its name in code, as people read it: "Conv"."""
    return _in(say, value if isinstance(value, str) else type(value).__name__)


def _in(say: Language, name: str) -> str:
    """Languages know names as forms show them: "batch size" as "Batch size", "MaxPool" as "Max Pool"."""
    shown = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name[:1].upper() + name[1:])
    found = say(shown)
    return name if found == shown else found


def words(value: Any, say: Language = ENGLISH) -> str:
    """A setting's value: "0.001", "on", "Shift(pixels=1.5)", "none"."""
    if isinstance(value, Settings):
        told = [
            f"{named(name, say)}={words(getattr(value, name), say)}"
            for name, _, _ in describe(type(value))
            if getattr(value, name) != default_of(type(value), name)
        ]
        return called(value, say) + (f"({', '.join(told)})" if told else "")
    if isinstance(value, bool):
        return say("on") if value else say("off")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return ", ".join(words(each, say) for each in value) or say("none")
    return str(value) if value not in ("", None) else say("none")
