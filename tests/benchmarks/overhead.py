"""What it costs a run to be watched and to be rewound: the share of the training time that probes and saves take.

    python tests/benchmarks/overhead.py [--seconds 20]

Each function that probes or saves is timed where it is called, in this process; parts of a batch that other processes
work on meanwhile do as much, at the same time.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

import engine  # noqa: F401  # isort: skip  # before NumPy: BLAS at one thread, as in a worker

import argparse
import tempfile
import time
from typing import Any

from engine.config import TrainingConfig
from engine.presets import PRESETS
from engine.probing import NormProbe, UnitWatch
from engine.recording import Recorder
from engine.rundir import RunFolder
from engine.snapshots import snapshots
from engine.worker import make_trainer

PROBES = (
    (NormProbe, "remember"),
    (NormProbe, "update_norm"),
    (NormProbe, "weight_norm"),
    (UnitWatch, "restart"),
    (UnitWatch, "take"),
    (UnitWatch, "dead"),
)
WIDE = ["Flatten", {"kind": "Dense", "units": 2000}, "ReLU", {"kind": "Dense", "units": 2000}, "ReLU"]
NETWORKS: dict[str, dict[str, Any]] = {
    "LeNet, batch 64": {},
    "784-100-10, batch 8": {
        "layers": ["Flatten", {"kind": "Dense", "units": 100}, "ReLU", {"kind": "Dense", "units": 10}],
        "batch_size": 8,
    },
    "784-2000-2000-10, batch 64": {"layers": [*WIDE, {"kind": "Dense", "units": 10}]},
}


class Clock:
    """Adds up the time that is spent in functions of a class."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def watch(self, owner: type, name: str) -> None:
        """Put a timed function in the place of this one, for as long as this process lives."""
        function = getattr(owner, name)

        def timed(*arguments: Any) -> Any:
            begun = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                self.seconds += time.perf_counter() - begun

        setattr(owner, name, timed)


def measure(config: TrainingConfig, seconds: float, probing: Clock, saving: Clock) -> tuple[float, float, int, int]:
    """Shares of the time that probes and saves took, and how many snapshots and bytes of them there are."""
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder.create(Path(folder), config)
        trainer = make_trainer(config)
        with Recorder(run, trainer) as recorder:
            probing.seconds = saving.seconds = 0.0
            begun = time.perf_counter()
            for event in trainer.run():
                recorder.record(event)
                if time.perf_counter() - begun > seconds:
                    break
            spent = time.perf_counter() - begun
        trainer.close()
        found = snapshots(run)
        return probing.seconds / spent, saving.seconds / spent, len(found), sum(each.bytes for each in found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long each network trains")
    options = parser.parse_args()
    probing, saving = Clock(), Clock()
    for owner, name in PROBES:
        probing.watch(owner, name)
    saving.watch(Recorder, "save")
    print(f"{'network':30} {'probes':>8} {'saves':>8} {'snapshots':>10} {'bytes':>14}")
    default = next(iter(PRESETS.values())).config
    for name, values in NETWORKS.items():
        probes, saves, count, size = measure(default.with_values(values), options.seconds, probing, saving)
        print(f"{name:30} {probes:8.2%} {saves:8.2%} {count:10} {size:14,}")


if __name__ == "__main__":
    main()
