"""The networks that ship with the project: how a trained run becomes one of them, and the table of all of them.

Only a run of a preset that nobody steered can ship, because its command has to train the same network again. What the
table says of a network is read from its file, so the two cannot disagree.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from engine.checkpoint import Checkpoint, load_checkpoint, read_checkpoint, write_checkpoint
from engine.config import TrainingConfig
from engine.export.arrays import for_travel
from engine.history import History
from engine.presets import PRESETS
from engine.problems import PlainError
from engine.rundir import RunFolder

SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints" / "pretrained"
TABLE_BEGIN, TABLE_END = "<!-- table: python -m engine ship -->", "<!-- end of the table -->"
HEAD = "| file | command | seed | validation | test | training time | size |\n|---|---|---|---|---|---|---|\n"


class ShipError(PlainError):
    """A run whose network cannot ship, and why."""


@dataclass(frozen=True)
class Facts:
    """What a file says of its own training. Accuracies are shares, the time is in seconds."""

    command: str
    seed: int
    validation: float
    test: float
    seconds: float

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Facts":
        """Raises ShipError where the file does not say it."""
        record = checkpoint.record
        try:
            known = float(record["validation"]["accuracy"]), float(record["test"]["accuracy"]), float(record["seconds"])
        except (KeyError, TypeError, ValueError):
            raise ShipError("the network's file does not tell its accuracies and its training time.") from None
        return cls(checkpoint.command, checkpoint.config.seed, *known)


def ship(run: RunFolder, preset: str, folder: Path = SHIPPED) -> Path:
    """Put the network that a run of a preset ended with into the folder, and its line into the table. Returns the file.

    Raises ShipError where the run is not the preset's, did not come to its end, or was steered; CheckpointError.
    """
    if preset not in PRESETS:
        raise ShipError(f"there is no preset {preset!r}; expected one of {', '.join(PRESETS)}.")
    _check(run, preset)
    model = load_checkpoint(run.final)
    checkpoint = replace(for_travel(model), command=f"python -m engine train --preset {preset}")
    Facts.of(checkpoint)
    path = folder / f"{preset}.npz"
    write_table(folder)  # where that cannot be done, nothing else is done either
    write_checkpoint(path, checkpoint)
    write_table(folder)
    return path


def _check(run: RunFolder, preset: str) -> None:
    history = History(run.events_file)
    history.update()
    if not run.final.exists() or history.ended is None:
        raise ShipError(f"run {run.id} has not come to its end; expected one that is complete.")
    reason = str(history.ended.get("reason", ""))
    if reason in ("stopped", "diverged", "failed"):
        raise ShipError(f"run {run.id} ended because it was {reason}; expected one that came to its own end.")
    if history.changes:
        raise ShipError(f"run {run.id} was changed while it trained: its preset alone does not come to these weights.")
    if differing := _differing(run.config(), PRESETS[preset].config):
        raise ShipError(f"run {run.id} is not preset {preset}: it differs in {', '.join(differing)}.")


def _differing(config: TrainingConfig, wanted: TrainingConfig) -> list[str]:
    """Names of the settings that are others."""
    one, other = config.to_json(), wanted.to_json()
    return [name for name in other if one.get(name) != other[name]]


def shipped(folder: Path = SHIPPED) -> dict[str, Facts]:
    """What each network's file says of it, by the file's name."""
    return {path.name: Facts.of(read_checkpoint(path)) for path in sorted(folder.glob("*.npz"))}


def table(folder: Path = SHIPPED) -> str:
    """All of them as Markdown."""
    rows = [
        f"| `{name}` | `{each.command}` | {each.seed} | {100 * each.validation:.2f} % | {100 * each.test:.2f} % | "
        f"{_duration(each.seconds)} | {(folder / name).stat().st_size / 1e6:.2f} MB |\n"
        for name, each in shipped(folder).items()
    ]
    return HEAD + "".join(rows)


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"


def write_table(folder: Path = SHIPPED) -> None:
    """Bring the table in the folder's README up to date; where there is no README, there is none."""
    readme = folder / "README.md"
    if not readme.exists():
        return
    text = readme.read_text(encoding="utf-8")
    before, begin, rest = text.partition(TABLE_BEGIN)
    _, end, after = rest.partition(TABLE_END)
    if not begin or not end:
        raise ShipError(f"{readme} has no place for the table; expected the lines {TABLE_BEGIN} and {TABLE_END}.")
    readme.write_text(f"{before}{begin}\n\n{table(folder)}\n{end}{after}", encoding="utf-8")
