"""Small made-up data, and the settings of runs that take milliseconds."""

import engine  # noqa: F401  # isort: skip  # before NumPy: BLAS at one thread, as in a worker, or bits may differ

import json
import signal

import numpy as np
import pytest

from engine import worker
from engine.checkpoint import load_checkpoint, write_checkpoint
from engine.config import DataConfig, Stopping, TrainingConfig
from engine.datasets.base import Dataset, split
from engine.history import History
from engine.layers import Dense, Flatten, ReLU
from engine.optimizers import Momentum
from engine.rundir import RunFolder
from engine.trainer import Trainer


def made_up_digits(count, seed):
    """Images 8x8 of ten classes: each class is a random pattern of its own, under noise."""
    patterns = np.random.default_rng(99).integers(0, 200, (10, 8, 8))
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 10, count).astype(np.uint8)
    images = patterns[labels] + rng.integers(0, 56, (count, 8, 8))
    return images.astype(np.uint8), labels


@pytest.fixture(scope="session")
def dataset():
    """120 training and 30 test images."""
    return Dataset("made-up", *made_up_digits(120, 1), *made_up_digits(30, 2))


@pytest.fixture(scope="session")
def digits(dataset):
    """70 training images (3 batches of 20 and one of 10), 30 validation images."""
    return split(dataset, seed=5, train_images=70, validation_images=30, standardize=True)


@pytest.fixture(scope="session")
def digits_file(dataset, tmp_path_factory):
    """The same data as a file that a run can name as its source."""
    path = tmp_path_factory.mktemp("data") / "made_up.npz"
    np.savez(
        path,
        train_images=dataset.images,
        train_labels=dataset.labels,
        test_images=dataset.test_images,
        test_labels=dataset.test_labels,
    )
    return path


@pytest.fixture(scope="session")
def tiny(digits_file):
    """Two epochs of four batches through 64-12-10, which learn the data well but not fully."""
    return TrainingConfig(
        data=DataConfig(source=str(digits_file), train_images=70, validation_images=30),
        layers=(Flatten(), Dense(units=12), ReLU(), Dense(units=10)),
        optimizer=Momentum(learning_rate=0.02),
        batch_size=20,
        epochs=2,
        seed=5,
        validate_every=2,
        stopping=Stopping(keep="best"),
    )


@pytest.fixture(scope="session")
def checkpoint(tiny, digits):
    """With every kind of array in it: trained, tracked, average, optimizer slots."""
    config = tiny.with_values({"layers.2": "BatchNorm", "optimizer": "Adam", "average": 0.9, "epochs": 1})
    trainer = Trainer(config, digits)
    list(trainer.run())
    return trainer.checkpoint()


@pytest.fixture
def saved(checkpoint, tmp_path):
    write_checkpoint(tmp_path / "saved.npz", checkpoint)
    return tmp_path / "saved.npz"


@pytest.fixture
def model(saved):
    return load_checkpoint(saved)


@pytest.fixture
def images():
    """40 noisy ones of 8x8 pixels, of which two fifths are empty."""
    rng = np.random.default_rng(4)
    return (rng.integers(0, 256, (40, 8, 8)) * (rng.random((40, 8, 8)) < 0.6)).astype(np.uint8)


@pytest.fixture
def labels():
    """Of `images`: every class four times."""
    return (np.arange(40) % 10).astype(np.uint8)


@pytest.fixture
def run(tmp_path):
    """A new run's folder, with nothing in it but its settings."""
    return RunFolder.create(tmp_path, TrainingConfig(seed=7), "first")


@pytest.fixture
def here(monkeypatch):
    """Runs a worker in this process; its signal handler goes away again."""
    before = signal.getsignal(signal.SIGTERM)
    yield lambda run: worker.main([str(run.path)])
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def tell(tmp_path):
    """A history, and a function that appends events to its file and reads them in."""
    history = History(tmp_path / "events.jsonl")

    def append(*events):
        with (tmp_path / "events.jsonl").open("a") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)
        return history.update()

    append.history = history
    append.file = tmp_path / "events.jsonl"
    return append
