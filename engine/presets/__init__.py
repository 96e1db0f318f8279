"""Named settings to start from, each with a sentence on what it teaches, in groups."""

from engine.presets import first_coursework, own, second_coursework, start
from engine.presets.base import Preset

__all__ = ["DEFAULT", "GROUPS", "PRESETS", "Preset"]

GROUPS: dict[str, tuple[Preset, ...]] = {
    "To start with": start.PRESETS,
    "Our best": own.PRESETS,
    "First coursework: digits of 16×16": first_coursework.PRESETS,
    "Second coursework: MNIST": second_coursework.PRESETS,
}
PRESETS: dict[str, Preset] = {preset.name: preset for group in GROUPS.values() for preset in group}
DEFAULT = "lenet"
