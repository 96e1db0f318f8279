"""Trains a solution of each challenge that ships: `python tests/benchmarks/challenges.py [NAME ...]`.

It says what each came to and what it cost, and fails if one that ships cannot be solved so. A minute or two on two
cores. For a mystery it also trains the faulty network, whose goal must be out of reach.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine.augment import Rotate, Shear, Shift, Zoom
from engine.challenge import FAULTS, SHIPPED, Challenge, Figures
from engine.config import TrainingConfig
from engine.datasets import load_split
from engine.events import RunEnded, RunStarted
from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten, MaxPool, ReLU
from engine.optimizers import Adam
from engine.schedules import OneCycle
from engine.trainer import Trainer

MOVED = (Shift(pixels=2.0), Rotate(degrees=12.0), Zoom(by=0.12), Shear(by=0.15))


def solution(name: str) -> TrainingConfig:
    """Settings that meet the challenge."""
    challenge = SHIPPED[name]
    if name == "small":
        layers = (
            Conv(channels=8, kernel=3),
            ReLU(),
            MaxPool(),
            Conv(channels=16, kernel=3),
            ReLU(),
            MaxPool(),
            Flatten(),
            Dense(units=10),
        )
        return replace(challenge.start, layers=layers)
    if name == "few":
        layers = (
            Conv(channels=16, kernel=3),
            ReLU(),
            MaxPool(),
            Conv(channels=32, kernel=3),
            BatchNorm(),
            ReLU(),
            MaxPool(),
            Flatten(),
            Dropout(drop=0.4),
            Dense(units=10),
        )
        changed = replace(challenge.start, layers=layers, augmentation=MOVED, epochs=40)
        return replace(changed, optimizer=Adam(learning_rate=0.005), schedule=OneCycle())
    return mended(challenge)


def mended(challenge: Challenge) -> TrainingConfig:
    """A mystery's settings without its fault."""
    return challenge.start.with_values(dict(FAULTS[challenge.fault].mends))


def train(config: TrainingConfig) -> tuple[Figures, float]:
    """What it came to, and the processor's seconds."""
    begun = time.process_time()
    started, ended = None, None
    for event in Trainer(config, load_split(config.data, config.seed)).run():
        started = event if isinstance(event, RunStarted) else started
        ended = event if isinstance(event, RunEnded) else ended
    assert started is not None
    assert ended is not None
    accuracy = {"validation": ended.validation_accuracy, "test": ended.test_accuracy}
    images = round(ended.epoch * started.train_images)
    return Figures(accuracy, started.parameters, ended.epoch, ended.step, images), time.process_time() - begun


def main() -> int:
    """Exit status 1 if a challenge was not solved, or a faulty network met its goal."""
    parser = argparse.ArgumentParser(description="Trains a solution of each challenge that ships.")
    parser.add_argument("names", nargs="*", default=[], help="challenges; all without")
    failed = []
    for name in parser.parse_args().names or list(SHIPPED):
        challenge, config = SHIPPED[name], solution(name)
        figures, seconds = train(config)
        missed = [*challenge.missed(figures), *challenge.broken_locks(config)]
        shown = ", ".join(f"{images} {100 * (share or 0):.2f} %" for images, share in figures.accuracy.items())
        print(
            f"{name:10} {shown}, {figures.parameters:,} parameters, {figures.epochs:g} epochs, "
            f"{figures.steps:,} steps, {seconds:.0f} s of processor: {' '.join(missed) or 'solved'}",
            flush=True,
        )
        if challenge.fault:
            figures, _ = train(challenge.start)
            shown = ", ".join(f"{images} {100 * (share or 0):.2f} %" for images, share in figures.accuracy.items())
            healthy = challenge.fault != "leak" and not challenge.missed(figures)
            print(f"{'':10} with its fault: {shown}", flush=True)
            missed += ["met with its fault"] if healthy else []
        failed += [name] if missed else []
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
