"""A run that is stopped anywhere and continued ends with the same bits as one that was not."""

import dataclasses
import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import CheckpointError, read_checkpoint, write_checkpoint
from engine.config import TrainingConfig
from engine.datasets import load_split
from engine.optimizers import Optimizer
from engine.presets import PRESETS
from engine.trainer import Trainer

CONV = [
    {"kind": "Conv", "channels": 3},
    {"kind": "BatchNorm"},
    "ReLU",
    "MaxPool",
    "Flatten",
    {"kind": "Dense", "units": 10},
]
DROPOUT = [
    "Flatten",
    {"kind": "Dense", "units": 12},
    "GELU",
    {"kind": "Dropout", "drop": 0.3},
    {"kind": "Dense", "units": 10},
]
AUGMENTED = ["Shift", "Rotate", "Stretch", "Zoom", "Shear", "Elastic", "Noise", "Erase", "Transpose"]
CASES = {
    "plain": {},
    "dropout": {"layers": DROPOUT},
    "batch normalization": {"layers": CONV},
    "augmentation": {"augmentation": AUGMENTED},
    "average of weights": {"average": 0.99},
    "two threads": {"parts": 2, "batch_size": 35, "validate_every": 1},
    "two threads with everything": {
        "layers": [*CONV[:-1], {"kind": "Dropout", "drop": 0.2}, CONV[-1]],
        "parts": 2,
        "batch_size": 35,
        "validate_every": 1,
        "augmentation": AUGMENTED,
        "average": 0.9,
        "optimizer": "AdamW",
        "clip_norm": 1.0,
        "schedule": {"kind": "OneCycle", "warmup": 1},
        "loss.label_smoothing": 0.1,
        "penalty": {"l1": 1e-4, "l2": 1e-3, "decoupled": 1e-3},
        "data.label_noise": 0.1,
    },
    "patience": {"stopping.patience": 1, "optimizer.learning_rate": 0.9, "epochs": 4},
    "target accuracy": {"stopping.target_accuracy": 0.3, "epochs": 4},
    "last weights": {"stopping.keep": "last", "optimizer.learning_rate": 0.9},
    "end in mid-epoch": {"max_steps": 6},
    "frozen layers": {"frozen": [1]},
    "schedule": {"schedule": "Cosine"},
} | {f"optimizer {name}": {"optimizer": name} for name in Optimizer.members()}


def written(event):
    return json.dumps(event.to_json())


def state(trainer):
    """Every number that training has changed, and what the run ended with."""
    kept = trainer.kept
    arrays = kept.params | kept.tracked | kept.average
    arrays |= {f"{slot}/{name}": a for slot, named in trainer.checkpoint().slots.items() for name, a in named.items()}
    record = {k: v for k, v in kept.record.items() if k != "seconds"}
    return {name: array.tobytes() for name, array in arrays.items()}, record, kept.position


def finish(trainer):
    events = list(trainer.run())
    trainer.close()
    return events


def interrupted(config, data, count, folder):
    """The events and the state of a run that is left after `count` events and continued from the files."""
    first = Trainer(config, data)
    events = list(itertools.islice(first.run(), count))  # asks for no event more than that
    write_checkpoint(folder / "latest.npz", first.checkpoint())
    if first.best is not None:
        write_checkpoint(folder / "best.npz", first.best)
    first.close()

    saved = read_checkpoint(folder / "latest.npz")
    second = Trainer(saved.config, data, resume=saved)
    if first.best is not None:
        second.best = read_checkpoint(folder / "best.npz")
    started, *rest = finish(second)
    assert started.step == saved.position.step
    return [*events, *rest], state(second)


@pytest.mark.parametrize("case", CASES)
def test_stopped_at_any_event_and_continued_from_the_file_gives_the_same_bits(tiny, tmp_path, case):
    config = tiny.with_values(CASES[case])
    data = load_split(config.data, config.seed)
    whole = Trainer(config, data)
    events, wanted = finish(whole), state(whole)
    assert len(events) > 6
    for count in range(1, len(events)):
        told, reached = interrupted(config, data, count, tmp_path)
        assert list(map(written, told)) == list(map(written, events)), f"after event {count}, {events[count - 1]}"
        assert reached == wanted, f"after event {count}, {events[count - 1]}"


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_continues_with_the_same_bits(name, tmp_path):
    preset = PRESETS[name].config
    few = {
        "data.train_images": 3 * preset.batch_size // 2,
        "data.validation_images": 50,
        "epochs": 2,
        "validate_every": 1,
    }
    config = preset.with_values(few)
    data = load_split(config.data, config.seed)
    data = dataclasses.replace(data, test_images=data.test_images[:50], test_labels=data.test_labels[:50])
    whole = Trainer(config, data)
    events, wanted = finish(whole), state(whole)
    for count in (2, 3, 5, len(events) - 1):
        told, reached = interrupted(config, data, count, tmp_path)
        assert list(map(written, told)) == list(map(written, events))
        assert reached == wanted


@pytest.mark.parametrize("count", [3, 5, 8])
def test_a_live_change_survives_an_interruption(tiny, digits, tmp_path, count):
    changed = tiny.with_values({"optimizer.learning_rate": 0.005, "batch_size": 7, "augmentation": ["Shift"]})

    def run(trainer):
        for event in trainer.run():
            yield event
            if event.step == 2 and trainer.config == tiny:
                trainer.change(changed)

    whole = Trainer(tiny, digits)
    events = [written(event) for event in run(whole)]
    assert sum("SettingsChanged" in event for event in events) == 1
    first = Trainer(tiny, digits)
    told = [written(event) for event in itertools.islice(run(first), count)]
    write_checkpoint(tmp_path / "latest.npz", first.checkpoint())
    saved = read_checkpoint(tmp_path / "latest.npz")
    second = Trainer(saved.config, digits, resume=saved)
    second.best = first.best
    told += [written(event) for event in run(second)][1:]
    assert told == events
    assert state(second) == state(whole)


CONTINUE = """
import sys
from pathlib import Path
import numpy as np
from engine.checkpoint import read_checkpoint, write_checkpoint
from engine.datasets import load_split
from engine.trainer import Trainer

folder = Path(sys.argv[1])
saved = read_checkpoint(folder / "latest.npz")
trainer = Trainer(saved.config, load_split(saved.config.data, saved.config.seed), resume=saved)
trainer.best = read_checkpoint(folder / "best.npz")
for event in trainer.run():
    print(repr(event))
write_checkpoint(folder / "final.npz", trainer.kept)
write_checkpoint(folder / "end.npz", trainer.checkpoint())
"""


def test_continued_in_a_new_process_gives_the_same_bits(tiny, tmp_path):
    config = tiny.with_values(CASES["two threads with everything"] | {"epochs": 3})
    data = load_split(config.data, config.seed)
    whole, events = Trainer(config, data), []
    for event in whole.run():
        events.append(event)
        if event.step == 3 and type(event).__name__ == "BatchDone":
            write_checkpoint(tmp_path / "latest.npz", whole.checkpoint())
            write_checkpoint(tmp_path / "best.npz", whole.best)
            stopped_after = len(events)
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run([sys.executable, "-c", CONTINUE, tmp_path], cwd=root, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[1:] == [repr(event) for event in events[stopped_after:]]
    final, end = read_checkpoint(tmp_path / "final.npz"), read_checkpoint(tmp_path / "end.npz")
    for name, array in whole.kept.params.items():
        assert final.params[name].tobytes() == array.tobytes()
    for slot, named in whole.checkpoint().slots.items():
        for name, array in named.items():
            assert end.slots[slot][name].tobytes() == array.tobytes()


def test_a_checkpoint_of_other_data_is_refused(tiny, digits):
    trainer = Trainer(tiny, digits)
    saved = dataclasses.replace(trainer.checkpoint(), position=dataclasses.replace(trainer.position, offset=71))
    with pytest.raises(ValueError, match="belongs to other data"):
        Trainer(tiny, digits, resume=saved)


def test_a_run_does_not_go_on_with_data_that_was_changed(tiny, tmp_path):
    numbers = np.random.default_rng(1)
    images, labels = numbers.integers(0, 256, (80, 8, 8)).astype(np.uint8), np.arange(80) % 10

    def trainer(labels, resume=None):
        np.savez(tmp_path / "mine.npz", images=images, labels=labels)
        return Trainer(config, load_split(config.data, 1), resume)

    config = tiny.with_values({"data.source": str(tmp_path / "mine.npz")})
    write_checkpoint(tmp_path / "latest.npz", trainer(labels).checkpoint())
    saved = read_checkpoint(tmp_path / "latest.npz")
    assert trainer(labels, saved).position == saved.position
    with pytest.raises(CheckpointError, match="has changed since this run"):
        trainer(np.where(np.arange(80) == 5, 0, labels), saved)
    trainer(np.roll(labels, 1), dataclasses.replace(saved, data=""))  # an older file does not tell


def test_a_checkpoint_is_a_copy_that_training_on_does_not_change(tiny, digits):
    trainer = Trainer(tiny.with_values({"average": 0.9}), digits)
    run = trainer.run()
    next(run), next(run)
    saved = trainer.checkpoint()
    before = {name: array.copy() for name, array in (saved.params | saved.average | saved.slots["velocity"]).items()}
    record = dict(saved.record)
    list(run)
    for name, array in (saved.params | saved.average | saved.slots["velocity"]).items():
        np.testing.assert_array_equal(array, before[name])
    assert saved.record == record
    assert TrainingConfig.from_json(saved.config.to_json()) == saved.config
