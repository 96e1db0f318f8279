"""Where an installation keeps what it has: runs, data that were sent, and drawings."""

import os
from pathlib import Path

_PROJECT = Path(__file__).resolve().parent.parent


def runs_folder() -> Path:
    """Where runs are kept: checkpoints/runs beside the engine, or what INKLING_RUNS names."""
    named = os.environ.get("INKLING_RUNS")
    return Path(named) if named else _PROJECT / "checkpoints" / "runs"


def hand_file() -> Path:
    """A person's own drawings: my_hand.npz beside the folder of runs, or what INKLING_HAND names."""
    named = os.environ.get("INKLING_HAND")
    return Path(named) if named else runs_folder().parent / "my_hand.npz"


def beside_hand(file: Path) -> tuple[Path, Path]:
    """The folders that belong to a file of drawings: the sets that runs learned from, the weights they began with."""
    return file.with_suffix(".frozen"), file.with_suffix(".weights")


def own_folders() -> tuple[Path, ...]:
    """What the installation keeps: runs, data that were sent, drawings of hands, and the networks that ship."""
    root = runs_folder().resolve()
    beside = (root.with_name(name) for name in ("data", "hands"))
    return (root, *beside, *beside_hand(hand_file().resolve()), _PROJECT / "checkpoints" / "pretrained")
