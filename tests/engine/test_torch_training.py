"""The same networks in PyTorch: whole training steps agree to rounding."""

import numpy as np
import pytest

from engine.config import TrainingConfig
from engine.datasets.base import Scaling, Split
from engine.layers import (
    GELU,
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Flatten,
    Identity,
    LeakyReLU,
    MaxPool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.losses import CrossEntropy, Loss, MeanSquaredError
from engine.network import Network
from engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp
from engine.parallel import make_crew
from engine.stepping import Stepper
from tests.engine.in_torch import THEIRS, TOLERANCE, close, their_loss, torch

LENET = (
    Conv(channels=4, kernel=5, padding="valid"),
    ReLU(),
    MaxPool(size=2),
    Conv(channels=6, kernel=3, padding="valid"),
    ReLU(),
    MaxPool(size=2),  # of 3x3: the last row and column are left out
    Flatten(),
    Dense(units=12),
    ReLU(),
    Dense(units=10),
)
NORMED = (
    Conv(channels=4, kernel=3, stride=2, padding="same", bias=False),
    BatchNorm(),
    LeakyReLU(slope=0.1),
    AvgPool(size=3, stride=2),
    Flatten(),
    Dense(units=12, bias="none"),
    BatchNorm(momentum=0.2),
    GELU(),
    Dense(units=10),
)
DEEP = (
    Flatten(),
    Dense(units=12),
    Tanh(),
    Dense(units=9),
    Sigmoid(),
    Dense(units=8, bias="unit"),
    Identity(),
    Dense(units=10),
)
TO_SQUARES = (Flatten(), Dense(units=12), ReLU(), Dense(units=10), Softmax())

OPTIMIZERS = {
    SGD: lambda o, groups: torch.optim.SGD(groups, lr=o.learning_rate),
    Momentum: lambda o, groups: torch.optim.SGD(groups, lr=o.learning_rate, momentum=o.momentum),
    Nesterov: lambda o, groups: torch.optim.SGD(groups, lr=o.learning_rate, momentum=o.momentum, nesterov=True),
    RMSProp: lambda o, groups: torch.optim.RMSprop(groups, lr=o.learning_rate, alpha=o.decay, eps=o.epsilon),
    Adam: lambda o, groups: torch.optim.Adam(groups, lr=o.learning_rate, betas=(o.momentum, o.decay), eps=o.epsilon),
    AdamW: lambda o, groups: torch.optim.AdamW(groups, lr=o.learning_rate, betas=(o.momentum, o.decay), eps=o.epsilon),
}


def test_every_registered_optimizer_and_loss_is_compared():
    assert set(OPTIMIZERS) == set(Optimizer.members().values())
    assert set(Loss.members().values()) == {CrossEntropy, MeanSquaredError}


@pytest.fixture(scope="module")
def data():
    """60 random images of 14x14 (what they show does not matter here)."""
    rng = np.random.default_rng(8)
    pixels, labels = rng.integers(0, 256, (60, 14, 14)).astype(np.uint8), rng.integers(0, 10, 60).astype(np.uint8)
    return Split("random", pixels, labels, pixels[:1], labels[:1], pixels[:1], labels[:1], 10, Scaling(0.5, 0.3))


class Twin:
    """The same network and optimizer in PyTorch, starting from the same weights."""

    def __init__(self, config, network):
        self.config, self.layers = config, network.layers
        self.params = [{k: torch.from_numpy(a.copy()) for k, a in layer.items()} for layer in network.params]
        weights, others = [], []
        for number, layer in enumerate(network.layers):
            for key, details in layer.parameters(network.shapes[number]).items():
                self.params[number][key].requires_grad_(number not in network.frozen)
                if number not in network.frozen:
                    (weights if details.fan_in else others).append(self.params[number][key])
        self.trained, self.frozen = [*weights, *others], network.frozen
        decay = config.optimizer.weight_decay if isinstance(config.optimizer, AdamW) else config.penalty.l2
        groups = [{"params": weights, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = OPTIMIZERS[type(config.optimizer)](config.optimizer, [g for g in groups if g["params"]])
        self.weights = weights

    def step(self, x, labels, rate):
        for number, (layer, params) in enumerate(zip(self.layers, self.params, strict=True)):
            x = THEIRS[type(layer)](layer, params, x, number not in self.frozen)
        loss = their_loss(self.config.loss, x, labels)
        self.optimizer.zero_grad()
        loss.backward()
        norm = self.clip(self.config.clip_norm or float("inf"))
        penalty = self.config.penalty
        before = [weight.detach().clone() for weight in self.weights]
        for weight, old in zip(self.weights, before, strict=True):
            weight.grad += penalty.l1 * old.sign()
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        with torch.no_grad():
            for weight, old in zip(self.weights, before, strict=True):
                weight -= rate * penalty.decoupled * old
        return loss.item(), norm.item()

    def clip(self, longest):
        """PyTorch divides by the norm + 1e-6; that is taken out again."""
        norm = torch.nn.utils.clip_grad_norm_(self.trained, longest)
        if norm > longest:
            for each in self.trained:
                each.grad *= (norm + 1e-6) / norm
        return norm


def train_both(config, data, dtype, parts=1, steps=8):
    """Our stepper and its twin over batches of 24, 24 and 12 in turn; both are compared at every step."""
    crew = make_crew(parts)
    network = Network(config.layers, (14, 14, 1), frozenset(config.frozen), dtype, crew.empty)
    network.initialize(config.initializer, 3)
    stepper, twin = Stepper(config, network, data, crew), Twin(config, network)
    crew.start()
    tolerance = TOLERANCE[dtype]
    first = None
    for step in range(steps):
        chosen = np.arange(60)[step % 3 * 24 : step % 3 * 24 + 24]
        rate = config.optimizer.learning_rate * config.schedule.factor(step, steps)
        result = stepper.step(step, chosen, rate)
        pixels = (data.train_images[chosen, ..., None] / 255 - data.scaling.mean) / data.scaling.deviation
        loss, norm = twin.step(
            torch.from_numpy(pixels.astype(dtype)), torch.from_numpy(data.train_labels[chosen]).long(), rate
        )
        first = first or loss
        assert result.loss == pytest.approx(loss, rel=tolerance), f"loss of step {step}"
        assert result.gradient_norm == pytest.approx(norm, rel=10 * tolerance), f"norm of step {step}"
        for number, params in enumerate(network.params):
            for key, array in params.items():
                close(array, twin.params[number][key], 5 * tolerance, f"layer {number} {key} after step {step}")
    crew.close()
    assert loss < first, "nothing was learned, so nothing was compared"


STEADY = {"epsilon": 1e-3}  # with 1e-8, Adam makes full steps of the rounding errors of gradients that are 0


def optimizers():
    for name in Optimizer.members():
        with_epsilon = STEADY if name in ("RMSProp", "Adam", "AdamW") else {}
        rate = {"SGD": 0.05, "Momentum": 0.02, "Nesterov": 0.02}.get(name, 0.003)
        yield Optimizer.from_json({"kind": name, "learning_rate": rate} | with_epsilon)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", list(optimizers()), ids=lambda optimizer: type(optimizer).__name__)
@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        (LENET, CrossEntropy()),
        (NORMED, CrossEntropy(label_smoothing=0.1)),
        (DEEP, CrossEntropy()),
        (TO_SQUARES, MeanSquaredError(label_smoothing=0.05)),
    ],
    ids=["lenet", "normed", "deep", "squares"],
)
def test_training_steps_agree(layers, loss, optimizer, dtype, data):
    train_both(TrainingConfig(layers=layers, loss=loss, optimizer=optimizer), data, dtype)


REGULAR = {
    "l2": {"penalty": {"l2": 0.05}},
    "l1": {"penalty": {"l1": 0.01}},
    "decoupled decay": {"penalty": {"decoupled": 0.5}},
    "all penalties and clipping": {"penalty": {"l1": 0.01, "l2": 0.05, "decoupled": 0.5}, "clip_norm": 0.2},
    "clipping": {"clip_norm": 0.1},
    "schedule": {"schedule": {"kind": "Cosine", "warmup": 2}},
    "last layer only": {"frozen": [0, 1, 2, 3, 4, 5, 6, 7, 8]},
    "some layers": {"frozen": [0, 7]},
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", ["Momentum", "Adam"])
@pytest.mark.parametrize("case", REGULAR)
def test_penalties_clipping_schedules_and_frozen_layers_agree(case, optimizer, dtype, data):
    chosen = next(each for each in optimizers() if type(each).__name__ == optimizer)
    config = TrainingConfig(layers=LENET, optimizer=chosen).with_values(REGULAR[case])
    train_both(config, data, dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("layers", [LENET, NORMED], ids=["lenet", "normed"])
@pytest.mark.parametrize("parts", [2, 3])
def test_batches_shared_by_threads_agree(layers, parts, dtype, data):
    train_both(TrainingConfig(layers=layers, optimizer=Momentum(learning_rate=0.02)), data, dtype, parts)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_frozen_batch_normalization_uses_its_running_statistics(dtype, data):
    train_both(TrainingConfig(layers=NORMED, optimizer=SGD(learning_rate=0.05), frozen=(1, 6)), data, dtype)
