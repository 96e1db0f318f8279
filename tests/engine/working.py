"""What a worker makes of a run, and what the run should have come to: shared by the tests of workers."""

import json

from engine.checkpoint import read_checkpoint
from engine.datasets import load_split
from engine.trainer import Trainer

PATIENCE = 20  # seconds that a busy machine may take for what usually takes half a second


def lines(run):
    """All events; NaN and Infinity, which are no JSON, fail here."""

    def refuse(word):
        raise AssertionError(f"{word} in events.jsonl")

    text = run.events_file.read_text() if run.events_file.exists() else ""
    return [json.loads(line, parse_constant=refuse) for line in text.splitlines() if line.strip()]


def kinds(run):
    return [event["event"] for event in lines(run)]


def train_alone(config):
    """The same run without a worker, never interrupted."""
    trainer = Trainer(config, load_split(config.data, config.seed))
    events = list(trainer.run())
    trainer.close()
    return trainer.kept, events


def same_weights(path, kept):
    found = read_checkpoint(path)
    return all(found.params[name].tobytes() == array.tobytes() for name, array in kept.params.items())
