"""Only the settings in which several runs differ, in words. No streamlit.

Networks are laid side by side layer by layer: layers of one role (convolution, activation, pooling, ...) that stand
at the same place share a row, and a network without such a layer there has a dash in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from dashboard.comparing.wording import layer_words, number, role, settings_words, value_words
from engine.config import TrainingConfig
from engine.layers import Layer
from engine.spec import Settings, describe

ABSENT = "–"
UNCLEAR = ("schedule", "initializer")  # their fields need their name before them: "schedule by", not "by"


@dataclass(frozen=True)
class Contrast:
    """One setting that is not the same in all runs: its name, and its value in each of them."""

    name: str
    values: tuple[str, ...]


def contrasts(configs: Sequence[TrainingConfig]) -> list[Contrast]:
    """All settings that differ, the network first."""
    if len(configs) < 2:
        return []
    return [*_layers([config.layers for config in configs]), *_fields(configs, "", without=("layers",))]


def _fields(settings: Sequence[Settings], prefix: str, without: Sequence[str] = ()) -> list[Contrast]:
    """Fields of settings of one class, as deep as all have the same classes."""
    found: list[Contrast] = []
    for name, _, details in describe(type(settings[0])):
        values = [getattr(each, name) for each in settings]
        if name in without or all(value == values[0] for value in values):
            continue
        label = details.label or f"{prefix} {name}".replace("_", " ").strip()
        if all(isinstance(value, Settings) for value in values):
            found += _members(values, name.replace("_", " "))
        else:
            found.append(Contrast(_capital(label), tuple(_value(value) for value in values)))
    return found


def _members(values: Sequence[Settings], name: str) -> list[Contrast]:
    """Members of a family: the same class in all, and its fields differ; or a row for the class, and one for each
    field that all of them have, such as the learning rate."""
    if len({type(value) for value in values}) == 1:
        return _fields(values, name if name in UNCLEAR else "")
    found = [Contrast(_capital(name), tuple(_kind(value, values) for value in values))]
    shared = set.intersection(*({field for field, _, _ in describe(type(value))} for value in values))
    for field_name, _, details in describe(type(values[0])):
        told = [getattr(value, field_name) for value in values] if field_name in shared else []
        if told and any(each != told[0] for each in told):
            label = details.label or field_name.replace("_", " ")
            found.append(Contrast(_capital(label), tuple(_value(each) for each in told)))
    return found


def _kind(value: Settings, all_values: Sequence[Settings]) -> str:
    """The class; with what is unusual in it, unless a row of its own says that."""
    shared = set.intersection(*({field for field, _, _ in describe(type(each))} for each in all_values))
    own = {name: getattr(value, name) for name, _, _ in describe(type(value)) if name not in shared}
    return settings_words(type(value)(**own))


def _value(value: object) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else value_words(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


@dataclass
class _Slot:
    """One row of networks laid side by side."""

    role: str
    layers: dict[int, Layer] = field(default_factory=dict)  # by the number of the network


def _layers(stacks: Sequence[tuple[Layer, ...]]) -> list[Contrast]:
    slots = _aligned(stacks)
    places: dict[str, int] = {}
    totals = {slot.role: sum(1 for each in slots if each.role == slot.role) for slot in slots}
    found = []
    for slot in slots:
        places[slot.role] = places.get(slot.role, 0) + 1
        present = [slot.layers.get(number) for number in range(len(stacks))]
        if all(layer == present[0] for layer in present):
            continue
        name = _capital(slot.role) + (f" {places[slot.role]}" if totals[slot.role] > 1 else "")
        found.append(Contrast(name, tuple(_told(layer, present) for layer in present)))
    return found


def _told(layer: Layer | None, others: Sequence[Layer | None]) -> str:
    """A layer in its row: in short where that tells it from the others, else with all that is unusual in it."""
    if layer is None:
        return ABSENT
    short = layer_words(layer)
    alike = any(other is not None and other != layer and layer_words(other) == short for other in others)
    return settings_words(layer) if alike else short


def _aligned(stacks: Sequence[tuple[Layer, ...]]) -> list[_Slot]:
    """Slots in the order of the layers; each next network is laid beside all that came before it."""
    slots: list[_Slot] = []
    for number_, layers in enumerate(stacks):
        names = [role(layer) for layer in layers]
        matcher = SequenceMatcher(None, [slot.role for slot in slots], names, autojunk=False)
        merged: list[_Slot] = []
        for tag, a, b, start, stop in matcher.get_opcodes():
            if tag == "equal":
                for slot, layer in zip(slots[a:b], layers[start:stop], strict=True):
                    slot.layers[number_] = layer
                merged += slots[a:b]
            else:
                merged += slots[a:b]
                merged += [_Slot(name, {number_: layer}) for name, layer in _named(names, layers, start, stop)]
        slots = merged
    return slots


def _named(names: list[str], layers: tuple[Layer, ...], start: int, stop: int) -> list[tuple[str, Layer]]:
    return list(zip(names[start:stop], layers[start:stop], strict=True))


def title(configs: Sequence[TrainingConfig]) -> str:
    """What a group of runs is about, in a word or two: "optimizer and learning rate"; "" where nothing differs."""
    names = [each.name for each in contrasts(configs) if each.name != "Seed"]
    if not names:
        return ""
    words = [name[:1].lower() + name[1:] if name[1:2].islower() else name for name in names[:2]]
    return " and ".join(words) + (", …" if len(names) > 2 else "")
