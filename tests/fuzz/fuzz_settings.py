"""Settings that anybody may have written: a config.json, the texts of --set, changes of a run that trains."""

import json
import math
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from fuzz_mutations import as_text, changed_value, mutated_bytes, mutated_json, mutated_text

from engine.config import TrainingConfig, check_network, differences, live_changes
from engine.layers import ShapeError
from engine.presets import PRESETS
from engine.rundir import RunFolder
from engine.spec import SettingError, Settings, describe, parse_assignment

SHAPES = ((28, 28, 1), (16, 16, 1), (64, 64, 1), (8, 8, 1))


@cache
def configs() -> tuple[TrainingConfig, ...]:
    """Of every preset, and one with a member of each family."""
    all_of_them = TrainingConfig().with_values(
        {
            "schedule": "WarmupCosine" if "WarmupCosine" in _members("schedule") else next(iter(_members("schedule"))),
            "augmentation": list(_members("augmentation")),
            "data.added_images": 10,
            "data.added_by": list(_members("augmentation")),
            "frozen": [0],
        }
    )
    return (*(each.config for each in PRESETS.values()), all_of_them)


def _members(name: str) -> dict[str, type[Settings]]:
    for field, annotation, _ in describe(TrainingConfig):
        if field == name:
            family: Any = annotation if isinstance(annotation, type) else annotation.__args__[0]
            return dict(family.members())
    raise KeyError(name)


@cache
def settings(config: TrainingConfig) -> tuple[tuple[str, Any], ...]:
    """The path and the value of each, those within others too."""
    found: dict[str, Any] = {}

    def walk(data: Any, path: str) -> None:
        pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        for key, value in pairs:
            here = f"{path}.{key}" if path else str(key)
            found[here] = value
            walk(value, here)

    walk(config.to_json(), "")
    return tuple(found.items())


def config_file(rng: Random, folder: Path) -> None:
    """config.json of a run, as JSON that says something else, or damaged as bytes."""
    data = rng.choice(configs()).to_json()
    text = as_text(mutated_json(rng, data), rng).encode("utf-8", "surrogatepass")
    if rng.random() < 0.2:
        text = mutated_bytes(rng, text)
    run = RunFolder(folder / "a-run")
    run.path.mkdir()
    run.config_file.write_bytes(text)
    sound(run.config(), rng)


def assignments(rng: Random, folder: Path) -> None:
    """What somebody types behind --set: paths and values, each of which may be anything."""
    config = rng.choice(configs())
    values: dict[str, Any] = {}
    for _ in range(rng.choice((1, 1, 3))):
        path, old = rng.choice(settings(config))
        text = f"{path}={as_text(changed_value(rng, old))[:20_000]}"
        path, value = parse_assignment(mutated_text(rng, text) if rng.random() < 0.2 else text)
        values[path] = value
    sound(config.with_values(values), rng)


def live(rng: Random, folder: Path) -> None:
    """Changes wished of a run that trains: what control.json may hold, or a page may send."""
    config = rng.choice(configs())
    chosen = [rng.choice(settings(config)) for _ in range(rng.choice((1, 1, 2)))]
    wish = {path: changed_value(rng, old) for path, old in chosen}
    run = RunFolder(folder / "a-run")
    run.path.mkdir()
    run.control_file.write_text(as_text({"wish": "running", "settings": wish}, rng))
    changed = config.with_values(run.control().settings)
    live_changes(config, changed)
    sound(changed, rng)


def sound(config: TrainingConfig, rng: Random) -> None:
    """What was accepted is settings: finite, the same after a round trip, and a network that can be judged."""
    data = config.to_json()
    text = json.dumps(data, allow_nan=False)
    text.encode()
    assert TrainingConfig.from_json(json.loads(text)) == config
    assert list(differences(config, config)) == []
    try:
        check_network(config, rng.choice(SHAPES))
    except (ShapeError, SettingError):
        return
    rows = config.summary((28, 28, 1)) if rng.random() < 0.1 else []
    assert all(math.isfinite(row.macs) for row in rows)
