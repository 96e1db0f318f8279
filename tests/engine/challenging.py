"""A small challenge, runs of it, and texts that no page would make."""

import json

from engine import link
from engine.challenge import Budget, Challenge, Goal
from engine.coding import sealed, squeezed
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.optimizers import Momentum
from engine.rundir import Control, RunFolder
from engine.worker import Session

TINY = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=300, validation_images=100),
    layers=(Flatten(), Dense(units=10)),
    optimizer=Momentum(learning_rate=0.05),
    batch_size=20,
    epochs=2,
)
EASY = Challenge(
    name="Quick", text="", start=TINY, goal=Goal(accuracy=0.3), budget=Budget(epochs=3), locked=("optimizer.momentum",)
)


def trained(root, config, control=None, at=None):
    """A finished run. at: what is done to it when the first event of a step has come, by step."""
    run = RunFolder.create(root, config, fill=lambda run: run.write_control(control or Control()))
    run.claim()
    to_do = dict(at or {})
    for event in Session(run).events():
        if act := to_do.pop(event.step, None):
            act(run)
    return run


def repeated(root, claim):
    return trained(root, claim.config, Control(planned=claim.planned))


def link_of(path, value):
    """A link with a setting that `encode` would never write."""
    return sealed(link._digest(TINY) + link._packed("lenet", [(path, value)]))


def packed(data):
    """A text with any data in it, with a sound check: what a stranger could make who has read the code."""
    return sealed(squeezed(json.dumps(data).encode()))
