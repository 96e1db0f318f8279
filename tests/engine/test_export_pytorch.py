"""The generated PyTorch source: it answers as the engine does, and whole trainings agree where no chance is in them."""

import importlib.util
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI runs the source", exc_type=ImportError)

from engine.augment import Augmentation, augment  # noqa: E402
from engine.checkpoint import Model  # noqa: E402
from engine.config import Penalty, Stopping  # noqa: E402
from engine.export import export  # noqa: E402
from engine.initializers import Initializer  # noqa: E402
from engine.layers import BatchNorm, Dense, Flatten, ReLU  # noqa: E402
from engine.losses import CrossEntropy, MeanSquaredError  # noqa: E402
from engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp  # noqa: E402
from engine.schedules import Constant, Cosine, Exponential, OneCycle, Steps  # noqa: E402
from engine.streams import stream  # noqa: E402
from engine.trainer import Trainer  # noqa: E402
from tests.engine.exported import NETWORKS, made_up_model, some_images  # noqa: E402
from tests.engine.watching import train  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread():
    """PyTorch's threads and ours would wait for each other on two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    yield
    torch.set_num_threads(before)


def module(model, folder):
    """The generated source, imported from a file."""
    files = export(model, "pytorch", "run")
    for file, content in files.items():
        (folder / file).write_bytes(content)
    spec = importlib.util.spec_from_file_location("exported", folder / next(iter(files)))
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("name", NETWORKS)
def test_probabilities_agree(tmp_path, name):
    model = made_up_model(name)
    images = some_images(model, 200)
    shares = module(model, tmp_path).load().predict(images)
    np.testing.assert_allclose(shares.numpy(), model.predict(images), rtol=0, atol=1e-5)


EPSILON = 1e-4  # large: a gradient that is nothing but rounding must not become a whole step
ADAM = Adam(learning_rate=0.01, epsilon=EPSILON)
ADAMW = AdamW(learning_rate=0.01, weight_decay=0.5, epsilon=EPSILON)
RMSPROP = RMSProp(learning_rate=0.002, epsilon=EPSILON)
TRAININGS = {
    "SGD": {"optimizer": SGD(learning_rate=0.1), "schedule": Steps(every=2, by=0.5), "penalty": Penalty(l2=0.01)},
    "Momentum": {"optimizer": Momentum(learning_rate=0.02), "schedule": Cosine(warmup=2), "penalty": Penalty(l1=0.001)},
    "Nesterov": {"optimizer": Nesterov(learning_rate=0.02), "clip_norm": 0.5, "average": 0.9},
    "RMSProp": {"optimizer": RMSPROP, "loss": MeanSquaredError(label_smoothing=0.1)},
    "Adam": {"optimizer": ADAM, "schedule": OneCycle(), "loss": CrossEntropy(label_smoothing=0.1)},
    "AdamW": {"optimizer": ADAMW, "schedule": Exponential(), "frozen": (1,)},
    "limit": {"optimizer": ADAM, "max_steps": 3, "schedule": Constant()},
}


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_ends_with_the_same_network(tiny, digits, tmp_path, name):
    """All images are one batch, so that their order does not matter."""
    layers = (Flatten(), Dense(units=12), BatchNorm(), ReLU(), Dense(units=10))
    settings = {"layers": layers, "batch_size": 100, "epochs": 6} | TRAININGS[name]
    config = replace(tiny, **settings, stopping=Stopping(keep="last"))
    start = Trainer(config, digits)
    before = Model(start.checkpoint())
    start.close()
    trainer, _ = train(config, digits)
    after = Model(trainer.checkpoint())
    made = module(before, tmp_path)
    network = made.train(made.load(), digits.train_images, digits.train_labels)
    images = digits.validation_images
    assert np.abs(after.predict(images) - before.predict(images)).max() > 0.05  # it has learned
    np.testing.assert_allclose(network.predict(images).numpy(), after.predict(images), rtol=0, atol=2e-4)


@pytest.mark.parametrize("kind", sorted(Initializer.members()))
def test_new_weights_are_spread_as_ours(tmp_path, kind):
    model = made_up_model("dense", initializer=Initializer.members()[kind]())
    made = module(model, tmp_path)
    network = made.Network()
    made.initialize(network)
    fresh = made_up_model("dense", initializer=model.config.initializer)
    theirs, ours = network.layers[1].weight.detach().numpy(), fresh.network.params[1]["weight"]
    assert theirs.std() == pytest.approx(float(ours.std()), rel=0.05)
    assert np.abs(theirs).max() == pytest.approx(float(np.abs(ours).max()), rel=0.25)
    assert not network.layers[1].bias.detach().numpy().any()


@pytest.mark.parametrize("kind", sorted(Augmentation.members()))
def test_augmentations_change_images_about_as_much_as_ours(tmp_path, kind):
    augmentation = Augmentation.members()[kind](share=0.5)
    images = np.full((1500, 28, 28), 60, np.uint8)
    images[:, 6:22, 9:12] = 255  # a 7: no change leaves it alike
    images[:, 6:9, 9:20] = 255
    model = made_up_model("dense", augmentation=(augmentation,))
    theirs = module(model, tmp_path).augment(torch.from_numpy(images).float()).numpy()
    ours = augment(images, (augmentation,), stream(1, "test"))
    changed = [(np.abs(each.astype(float) - images).mean(axis=(1, 2)) > 0.5).mean() for each in (theirs, ours)]
    assert changed[0] == pytest.approx(changed[1], abs=0.1)
    far = [np.abs(each.astype(float) - images).mean() for each in (theirs, ours)]
    assert far[0] == pytest.approx(far[1], rel=0.2)
    mean = [each.astype(float).mean(axis=0) for each in (theirs, ours)]  # of many, the same places are bright
    assert np.abs(mean[0] - mean[1]).mean() < 4
