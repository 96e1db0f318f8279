"""Fine-tuning to a person's hand: which images it is held against, and the weights that it begins with."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine import load_checkpoint
from engine.config import DataConfig
from engine.datasets import DataError, load_split
from engine.tuning import began_with, keep_weights, tuning

CONVNET = Path(__file__).resolve().parents[2] / "checkpoints" / "pretrained" / "convnet.npz"


@pytest.fixture
def model():
    return load_checkpoint(CONVNET)


@pytest.mark.parametrize(
    ("count", "train", "validation"), [(450, 5000, 1000), (450, 400, 100), (600, 500, 60), (45, 20, 100)]
)
def test_images_that_were_trained_on_are_never_those_of_validation(
    tmp_path, monkeypatch, model, count, train, validation
):
    monkeypatch.setattr("engine.tuning.IMAGES", 300)
    monkeypatch.setattr("engine.tuning.VALIDATION", 100)
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 14, 14], images[:, 14, 15] = np.arange(count) % 256, np.arange(count) // 256  # each holds its number
    images[:, 10, 10] = 255
    np.savez(tmp_path / "few.npz", images=images, labels=np.arange(count) % 10, test_images=images[:2],
             test_labels=np.arange(2))  # fmt: skip
    first = DataConfig(source=str(tmp_path / "few.npz"), train_images=train, validation_images=validation)
    trained = SimpleNamespace(config=replace(model.config, data=first), network=model.network, image_size=28)
    second = replace(tuning(trained, CONVNET, tmp_path / "hand.npz", "last").data, personal="")
    seen, held = load_split(first, 1).train_images, load_split(second, 1).validation_images
    assert len(held) > 0
    assert not {image.tobytes() for image in held} & {image.tobytes() for image in seen}


def test_weights_that_were_kept_stay_whatever_becomes_of_the_run(tmp_path, model):
    latest, folder = tmp_path / "latest.npz", tmp_path / "my_hand.weights"
    latest.write_bytes(CONVNET.read_bytes())
    kept = keep_weights(latest, folder)
    config = replace(model.config, start_from=str(kept))
    assert began_with(config, latest)
    latest.write_bytes(b"others")
    assert keep_weights(latest, folder) != kept
    assert not began_with(config, latest)
    latest.unlink()
    assert not began_with(config, latest)
    assert kept.read_bytes() == CONVNET.read_bytes()
    with pytest.raises(DataError, match=r"latest\.npz cannot be kept: No such file"):
        keep_weights(latest, folder)
