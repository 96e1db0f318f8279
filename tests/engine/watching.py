"""Runs that are trained to their end, and what their events and files say: shared by the tests of the engine."""

import json

from engine.trainer import Trainer


def train(config, data, **more):
    """A trainer that has run to its end, and its events."""
    trainer = Trainer(config, data, **more)
    events = list(trainer.run())
    trainer.close()
    return trainer, events


def kinds(events):
    """The names of the events' classes."""
    return [type(event).__name__ for event in events]


def batches(events):
    """The BatchDone events alone."""
    return [event for event in events if kinds([event]) == ["BatchDone"]]


def append(run, *events):
    """Write lines to a run's events as its worker would."""
    with run.events_file.open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
