"""All settings of a run in a link of a few dozen to a few hundred characters, and back.

    encode(config)  ->  "1.q3zmNVTSAQA"         goes into an address as  ?s=1.q3zmNVTSAQA
    decode(text)    ->  config, what of the link was ignored and why

What is written down is the nearest preset and, by path, what differs from it:

    ["lenet","optimizer.learning_rate",0.002,"seed",7]

coding.py makes a text of it, whose content is

    2 bytes     SHA-256 of the whole settings, its beginning, tells that a preset or a default is another one now
    the rest    the list as JSON, compressed

A link may come from anybody. It can name settings only: no files, neither of the sender nor of the receiver.
"""

import hashlib
import json
from dataclasses import replace
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from engine.coding import CodingError, expanded, opened, sealed, squeezed
from engine.config import TrainingConfig
from engine.datasets import BUILT_IN, DataError, facts
from engine.presets import DEFAULT, PRESETS
from engine.problems import PlainError
from engine.spec import SettingError, Settings, default_of, describe

MOST_CHARACTERS = 4_000
MOST_BYTES = 20_000  # of the list, unpacked
MOST_ENTRIES = 200
MOST_LAYERS = 100
MOST_TOLD = 12  # things that were ignored; there is no use in naming more of them
_CHECK = 2  # bytes

Entry = tuple[str, Any]


class LinkError(PlainError):
    """A text that is no link, or one of which nothing can be used."""


@lru_cache(maxsize=256)
def encode(config: TrainingConfig) -> str:
    """The settings as a link's text; without those that `stays_here` names."""
    config = _travelling(config)
    packed = min((_packed(name, _entries(preset.config, config)) for name, preset in PRESETS.items()), key=len)
    return sealed(_digest(config) + packed)


def decode(text: str) -> tuple[TrainingConfig, list[str]]:
    """The settings in a link, and sentences on what in it could not be used. Raises LinkError where nothing could."""
    digest, written = _content(text)
    ignored: list[str] = []
    name, values = written[0], written[1:]
    if name not in PRESETS:
        ignored.append(f"the preset {name[:60]!r} is not known here; it begins with {DEFAULT} instead.")
    config = PRESETS[name if name in PRESETS else DEFAULT].config
    for path, value in zip(values[::2], values[1::2], strict=True):
        config = _applied(config, path, value, ignored)
    config = _at_home_here(config, ignored)
    if not ignored and _digest(config) != digest:
        ignored.append(
            "it was made by another version of Inkling, in which presets or usual values differ: what the link does "
            "not name is as this version has it, so the weights may not come out the same."
        )
    more = len(ignored) - MOST_TOLD
    return config, [*ignored[:MOST_TOLD], *([f"and {more} things more."] if more > 0 else [])]


def text_in(link: str) -> str:
    """The settings' text of a whole address, or the text itself where it stands alone. Raises LinkError."""
    link = link.strip()
    if "?" not in link:
        return link
    try:
        found = parse_qs(urlsplit(link[: 4 * MOST_CHARACTERS]).query).get("s", [])
    except ValueError:
        found = []
    if not found:
        raise LinkError("it has no settings in it: expected an address with ?s= and letters behind it.")
    return found[0]


def stays_here(config: TrainingConfig) -> list[str]:
    """What of the settings no link takes along, in sentences: all that names a file of this computer."""
    found = []
    if config.data.source not in BUILT_IN:
        found.append(f"the data file: who opens the link learns from {_travelling(config).data.source} instead.")
    if config.data.personal:
        found.append("your own drawings: they are not mixed in.")
    if config.start_from:
        found.append("the weights to begin with: training begins with new ones.")
    return found


def _travelling(config: TrainingConfig) -> TrainingConfig:
    """Without the names of files. Data of one's own becomes the built-in data of its size."""
    source = config.data.source
    if source not in BUILT_IN:
        try:
            source = next((name for name in BUILT_IN if facts(name).image_shape == facts(source).image_shape), "mnist")
        except DataError:
            source = "mnist"
    return config.with_files(source)


def _at_home_here(config: TrainingConfig, ignored: list[str]) -> TrainingConfig:
    """The settings without what a link must not say."""
    if config.data.source not in BUILT_IN:
        ignored.append("data.source: a link can name the data that ships with Inkling only, no file.")
    if config.data.personal:
        ignored.append("data.personal: a link can name no file.")
    if config.start_from:
        ignored.append("start_from: a link can name no file.")
    if len(config.layers) > MOST_LAYERS:
        ignored.append(f"layers: at most {MOST_LAYERS} are taken from a link; got {len(config.layers)}.")
        config = replace(config, layers=config.layers[:MOST_LAYERS])
    return config.with_files(config.data.source if config.data.source in BUILT_IN else "mnist")


def _entries(base: Settings, config: Settings, path: str = "") -> list[Entry]:
    """What differs, by path, as deep as the classes agree; in the order of the fields."""
    found: list[Entry] = []
    for name, _, _ in describe(type(config)):
        here, old, new = f"{path}.{name}" if path else name, getattr(base, name), getattr(config, name)
        if old == new:
            continue
        if isinstance(new, Settings) and type(old) is type(new):
            found += _entries(old, new, here)
        elif isinstance(new, tuple) and new and [type(each) for each in old] == [type(each) for each in new]:
            pairs = [(f"{here}.{number}", *pair) for number, pair in enumerate(zip(old, new, strict=True))]
            for at, a, b in pairs:
                found += _entries(a, b, at) if isinstance(b, Settings) else [(at, b)] if a != b else []
        else:
            found.append((here, _short(new)))
    return found


def _short(value: Any) -> Any:
    """Settings in JSON form without their usual values: "ReLU", {"kind": "Dense", "units": 10}."""
    if isinstance(value, tuple):
        return [_short(each) for each in value]
    if not isinstance(value, Settings):
        return value
    told = {name: getattr(value, name) for name, _, _ in describe(type(value))}
    unusual = {name: _short(each) for name, each in told.items() if each != default_of(type(value), name)}
    return {"kind": type(value).__name__} | unusual if unusual else type(value).__name__


def _packed(name: str, entries: list[Entry]) -> bytes:
    flat = [name, *(part for entry in entries for part in entry)]
    return squeezed(json.dumps(flat, separators=(",", ":"), allow_nan=False).encode())


def _content(text: str) -> tuple[bytes, list[Any]]:
    """The check of the whole settings, and the list. Raises LinkError."""
    try:
        content = opened(text, MOST_CHARACTERS)
        return content[:_CHECK], _list(expanded(content[_CHECK:], MOST_BYTES))
    except CodingError as error:
        raise LinkError(str(error)) from None


def _list(data: bytes) -> list[Any]:
    """The preset's name, then paths and values in turn. Raises LinkError."""
    try:
        written = json.loads(data)
    except (ValueError, RecursionError):
        written = None
    if not isinstance(written, list) or len(written) % 2 == 0 or not _named(written):
        raise LinkError("it holds no settings; no Inkling made it.")
    if len(written) > 2 * MOST_ENTRIES:
        raise LinkError(f"it changes {len(written) // 2:,} settings; at most {MOST_ENTRIES} are read.")
    return written


def _named(written: list[Any]) -> bool:
    return all(isinstance(each, str) for each in (written[0], *written[1::2]))


def _applied(config: TrainingConfig, path: str, value: Any, ignored: list[str]) -> TrainingConfig:
    """The settings with one more value, or with as much of it as can be used."""
    for _ in range(MOST_TOLD):
        try:
            return config.with_values({path: value})
        except SettingError as error:
            ignored.append(str(error))
            if not _cut_out(value, path, error.path):
                return config
    return config


def _cut_out(value: Any, path: str, bad: str) -> bool:
    """Take the bad part out of a value in JSON form; False where that is the whole of it."""
    inside = bad[len(path) + 1 :].split(".") if bad.startswith(f"{path}.") else []
    if inside and inside[-1] == "kind":
        inside.pop()  # of an unknown class nothing can be used
    place: Any = value
    for number, part in enumerate(inside):
        key: Any = int(part) if isinstance(place, list) else part
        if not isinstance(place, list | dict) or (isinstance(place, dict) and key not in place):
            return False
        if number == len(inside) - 1:
            del place[key]
            return bool(value)  # of a list nothing may be left
        place = place[key]
    return False


def _digest(config: TrainingConfig) -> bytes:
    text = json.dumps(config.to_json(), sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).digest()[:_CHECK]
