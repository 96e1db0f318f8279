"""Runs to measure with: one that never ends by itself, and one that seems to have trained for long already."""

import itertools
import json
import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.checkpoint import Position, write_checkpoint
from engine.control import Control
from engine.datasets import load_split
from engine.events import BatchDone, EpochDone, Event, Validated
from engine.presets import DEFAULT, PRESETS
from engine.recording import COLUMNS
from engine.rundir import RunFolder
from engine.trainer import Trainer

ENDLESS = replace(PRESETS[DEFAULT].config, epochs=10_000)
LINE = 20  # batches told in one line
RATE = 500  # steps in a second that has passed
_names = (f"measured-{number}" for number in itertools.count())


def fresh(root: Path) -> RunFolder:
    """A run of the default network that waits for a worker."""
    return RunFolder.create(root, ENDLESS, next(_names))


def trained_for(root: Path, steps: int, steps_per_second: float) -> RunFolder:
    """The same as if it had been trained and interrupted: its curve is made up, its weights are those of a start.

    steps_per_second: how fast it will go on.
    """
    trainer = Trainer(ENDLESS, load_split(ENDLESS.data, ENDLESS.seed))
    start = trainer.checkpoint()
    trainer.close()
    per_epoch = math.ceil(ENDLESS.data.train_images / ENDLESS.batch_size)
    position = Position(steps, steps // per_epoch, steps % per_epoch * ENDLESS.batch_size)
    record = start.record | {"seconds": steps / RATE}

    def fill(run: RunFolder) -> None:
        write_checkpoint(run.latest, replace(start, position=position, record=record))
        with run.events_file.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in _lines(steps, per_epoch))
        run.write_control(Control(steps_per_second=steps_per_second))

    return RunFolder.create(root, ENDLESS, next(_names), fill)


def _lines(steps: int, per_epoch: int) -> Iterator[dict[str, Any]]:
    """What a worker would have told: batches, a look at validation images ten times an epoch, ends of epochs."""
    noise = np.random.default_rng(0).lognormal(0, 0.5, steps + 1)
    began = time.time() - steps / RATE
    batches: list[dict[str, Any]] = []
    for step in range(1, steps + 1):
        loss, epoch = float(2.3 / (1 + step / 300) * noise[step]), step / per_epoch
        right = math.exp(-loss)
        batches.append(BatchDone(step, epoch, loss, right, ENDLESS.batch_size, 0.05, 1.0).to_json())
        seconds = {"seconds": step / RATE, "time": began + step / RATE}
        look = step % (per_epoch // 10) == 0
        if len(batches) == LINE or look or step % per_epoch == 0 or step == steps:
            columns = {name: [batch[name] for batch in batches] for name in COLUMNS}
            yield {"event": "Batches", **columns, "images_per_second": RATE * ENDLESS.batch_size, **seconds}
            batches = []
        if look:
            yield _told(Validated(step, epoch, loss, right, 1000), seconds)
        if step % per_epoch == 0:
            yield _told(EpochDone(step, epoch, loss, right, loss, right, best=False), seconds)


def _told(event: Event, seconds: dict[str, float]) -> dict[str, Any]:
    return event.to_json() | seconds
