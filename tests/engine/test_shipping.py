"""Networks that ship: which runs may become one, and the table of what their files say."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.checkpoint import read_checkpoint
from engine.presets import PRESETS
from engine.presets.base import Preset
from engine.rundir import RunFolder
from engine.shipping import SHIPPED, TABLE_BEGIN, TABLE_END, ShipError, ship, table
from engine.worker import Session

QUICK = "quick"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A complete run of a preset that takes a moment."""
    linear = PRESETS["linear"].config
    data = replace(linear.data, train_images=200, validation_images=100)
    config = replace(linear, data=data, epochs=1, seed=3, parts=1)
    monkeypatch.setitem(PRESETS, QUICK, Preset(QUICK, "for a test", config))
    run = RunFolder.create(tmp_path / "runs", config, "first")
    run.claim()
    for _ in Session(run).events():
        pass
    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "README.md").write_text(f"Above\n{TABLE_BEGIN}\nold\n{TABLE_END}\nbelow\n", encoding="utf-8")
    return folder


def test_a_complete_run_of_a_preset_ships_with_its_command_and_its_line_in_the_table(
    run: RunFolder, folder: Path
) -> None:
    found = read_checkpoint(ship(run, QUICK, folder))
    assert found.command == "python -m engine train --preset quick"
    assert not found.slots
    assert found.config.seed == 3
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("Above\n")
    assert readme.endswith("below\n")
    assert "old" not in readme
    test = found.record["test"]["accuracy"]
    assert f"| `quick.npz` | `{found.command}` | 3 | " in readme
    assert f" | {100 * test:.2f} % | " in readme


def test_a_run_of_other_settings_does_not_ship(run: RunFolder, folder: Path) -> None:
    with pytest.raises(ShipError, match="is not preset linear: it differs in data, epochs, seed"):
        ship(run, "linear", folder)
    with pytest.raises(ShipError, match="no preset 'nothing'"):
        ship(run, "nothing", folder)
    assert not list(folder.glob("*.npz"))


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({"event": "RunEnded", "step": 4, "epoch": 1.0, "reason": "stopped"}, "because it was stopped"),
        (
            {"event": "SettingsChanged", "step": 2, "epoch": 0.5, "changes": {"batch_size": [64, 32]}},
            "changed while it trained",
        ),
    ],
)
def test_a_run_that_was_steered_or_stopped_does_not_ship(
    run: RunFolder, folder: Path, event: dict[str, object], why: str
) -> None:
    lines = run.events_file.read_text(encoding="utf-8").splitlines()
    place = len(lines) if event["event"] == "RunEnded" else len(lines) - 1
    lines.insert(place, json.dumps(event | {"time": 1.0, "seconds": 1.0}))
    run.events_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(ShipError, match=why):
        ship(run, QUICK, folder)


def test_the_table_of_what_ships_is_what_the_files_say() -> None:
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")
    assert table() in readme
    for path in SHIPPED.glob("*.npz"):
        found = read_checkpoint(path)
        assert found.command == f"python -m engine train --preset {path.stem}", path.name
        assert found.config.to_json() == PRESETS[path.stem].config.to_json(), path.name
    assert sum(path.stat().st_size for path in SHIPPED.glob("*.npz")) < 10e6
