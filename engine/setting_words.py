"""Settings in words: what each is, and what it usually is."""

from dataclasses import dataclass
from typing import Any

from engine.config import TrainingConfig
from engine.spec import Settings, default_of, describe


@dataclass(frozen=True)
class Row:
    """One setting in words. usual: its default, where it differs from that; "" where it does not."""

    path: str
    value: str
    usual: str = ""


def settings(config: TrainingConfig) -> list[Row]:
    """All settings but the layers, in their order."""
    return [row for row in _rows(config, TrainingConfig(), "") if not row.path.startswith("layers")]


def _rows(value: Settings, usual: Settings, path: str) -> list[Row]:
    """usual: what the class itself has; of a family, the member that is chosen has its own defaults."""
    found = []
    for name, _, _ in describe(type(value)):
        here, now = f"{path}.{name}" if path else name, getattr(value, name)
        default = getattr(usual, name)
        if isinstance(now, Settings):
            same_kind = type(now) is type(default)
            if type(now).family:
                found.append(Row(here, type(now).__name__, "" if same_kind else type(default).__name__))
            found += _rows(now, default if same_kind else type(now)(), here)
        else:
            found.append(Row(here, words(now), "" if now == default else words(default)))
    return found


def named(path: str) -> str:
    """A setting's path as people read it."""
    return path.replace("_", " ").replace(".", " · ")


def words(value: Any) -> str:
    """A setting's value: "0.001", "on", "Shift(pixels=1.5)", "none"."""
    if isinstance(value, Settings):
        told = [
            f"{name}={words(getattr(value, name))}"
            for name, _, _ in describe(type(value))
            if getattr(value, name) != default_of(type(value), name)
        ]
        return type(value).__name__ + (f"({', '.join(told)})" if told else "")
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple | list):
        return ", ".join(words(each) for each in value) or "none"
    return str(value) if value not in ("", None) else "none"
