"""The same networks in PyTorch: outputs, every gradient and whole training steps agree to rounding.

Tolerances. In float64 both sides carry 16 digits, so 1e-9 of the largest number leaves no room for another
formula. In float32 (epsilon 6e-8) a sum of some hundred products, in another order, through five layers, is off by
some 1e-6 of the largest number; 2e-5 is allowed.

PyTorch has images as NCHW and kernels as OIHW, where we have NHWC and HWIO.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; CI compares with it", exc_type=ImportError)

from torch.nn import functional as F  # noqa: E402, N812  # the name that everybody uses

from engine.arrays import Buffers  # noqa: E402
from engine.config import TrainingConfig  # noqa: E402
from engine.datasets.base import Scaling, Split  # noqa: E402
from engine.layers import (  # noqa: E402
    GELU,
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Layer,
    LeakyReLU,
    MaxPool,
    Mode,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.layers.window import same_padding  # noqa: E402
from engine.losses import CrossEntropy, Loss, MeanSquaredError  # noqa: E402
from engine.network import Network  # noqa: E402
from engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp  # noqa: E402
from engine.parallel import make_crew  # noqa: E402
from engine.stepping import Stepper  # noqa: E402
from engine.streams import StepRandomness  # noqa: E402

TOLERANCE = {np.float32: 2e-5, np.float64: 1e-9}


@pytest.fixture(autouse=True)
def one_thread():
    """PyTorch's threads and ours would wait for each other on two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def close(ours, theirs, tolerance, name=""):
    """Differences are small beside the largest number of the array."""
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else theirs
    assert ours.shape == theirs.shape, name
    scale = max(1.0, float(np.abs(theirs).max(initial=0)))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale, err_msg=name)


# --- our layers in their words -----------------------------------------------------------------------------------


def images(x):
    return x.permute(0, 3, 1, 2) if x.ndim == 4 else x


def ours_again(x):
    return x.permute(0, 2, 3, 1) if x.ndim == 4 else x


def conv(layer, p, x, training):
    before, after = same_padding(layer.kernel) if layer.padding == "same" else (0, 0)
    padded = F.pad(images(x), (before, after, before, after))
    return ours_again(F.conv2d(padded, p["weight"].permute(3, 2, 0, 1), p.get("bias"), stride=layer.stride))


def dense(layer, p, x, training):
    y = x @ p["weight"]
    if layer.bias == "unit":
        return torch.cat([y, torch.ones_like(y[:, :1])], dim=1)
    return y + p["bias"] if layer.bias == "separate" else y


def norm(layer, p, x, training):
    y = F.batch_norm(images(x), p["mean"], p["var"], p["scale"], p["shift"], training, layer.momentum, layer.epsilon)
    return ours_again(y)


def pool(function):
    return lambda layer, p, x, t: ours_again(function(images(x), layer.size, layer.stride or layer.size))


THEIRS = {
    Conv: conv,
    Dense: dense,
    BatchNorm: norm,
    MaxPool: pool(F.max_pool2d),
    AvgPool: pool(F.avg_pool2d),
    Dropout: lambda layer, p, x, t: x if not t else F.dropout(x, layer.drop),
    Flatten: lambda layer, p, x, t: x.reshape(len(x), -1),
    ReLU: lambda layer, p, x, t: F.relu(x),
    LeakyReLU: lambda layer, p, x, t: F.leaky_relu(x, layer.slope),
    Sigmoid: lambda layer, p, x, t: torch.sigmoid(x),
    Tanh: lambda layer, p, x, t: torch.tanh(x),
    GELU: lambda layer, p, x, t: F.gelu(x, approximate="tanh"),
    Identity: lambda layer, p, x, t: x,
    Softmax: lambda layer, p, x, t: F.softmax(x, dim=-1),
}


def test_every_registered_layer_is_compared():
    assert set(THEIRS) == set(Layer.members().values())
    assert {type(layer) for layer, _ in LAYERS} == set(THEIRS)


LAYERS = [
    (Dense(units=7), (5,)),
    (Dense(units=7, bias="none"), (5,)),
    (Dense(units=7, bias="unit"), (5,)),
    (Conv(channels=6, kernel=3), (9, 8, 4)),
    (Conv(channels=6, kernel=5, padding="valid"), (11, 9, 3)),
    (Conv(channels=3, kernel=4, padding="same"), (7, 6, 2)),
    (Conv(channels=3, kernel=3, stride=2, padding="same"), (8, 7, 2)),
    (Conv(channels=3, kernel=3, stride=2, padding="valid"), (8, 7, 2)),
    (Conv(channels=2, kernel=2, stride=3, padding="valid", bias=False), (9, 10, 3)),
    (Conv(channels=4, kernel=5, stride=4, padding="same"), (10, 11, 1)),
    (Conv(channels=4, kernel=1), (4, 5, 3)),
    (Conv(channels=16, kernel=5, padding="valid"), (28, 28, 1)),
    (Conv(channels=16, kernel=3), (14, 14, 8)),
    (MaxPool(size=2), (8, 8, 3)),
    (MaxPool(size=2), (7, 9, 3)),
    (MaxPool(size=3), (16, 16, 2)),
    (MaxPool(size=3, stride=2), (8, 9, 2)),
    (MaxPool(size=2, stride=3), (9, 8, 2)),
    (MaxPool(size=1), (3, 3, 2)),
    (AvgPool(size=2), (8, 8, 3)),
    (AvgPool(size=3), (8, 10, 2)),
    (AvgPool(size=3, stride=1), (6, 7, 2)),
    (AvgPool(size=2, stride=3), (9, 8, 2)),
    (BatchNorm(), (9,)),
    (BatchNorm(momentum=0.3, epsilon=1e-3), (5, 6, 3)),
    (Dropout(drop=0.0), (6,)),
    (Flatten(), (4, 5, 3)),
    (ReLU(), (4, 5, 3)),
    (LeakyReLU(slope=0.2), (9,)),
    (Sigmoid(), (9,)),
    (Tanh(), (9,)),
    (GELU(), (4, 5, 3)),
    (Identity(), (9,)),
    (Softmax(), (9,)),
    (Softmax(), (3, 4, 5)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[f"{layer}-{shape}" for layer, shape in LAYERS])
def test_layers_agree(layer, shape, training, dtype):
    rng = np.random.default_rng(3)
    params = {k: rng.standard_normal(d.shape).astype(dtype) for k, d in layer.parameters(shape).items()}
    tracked = {k: (0.5 + rng.random(d.shape)).astype(dtype) for k, d in layer.tracked(shape).items()}
    x = rng.standard_normal((6, *shape)).astype(dtype)
    up = rng.standard_normal((6, *layer.output_shape(shape))).astype(dtype)

    p = {k: torch.from_numpy(a.copy()).requires_grad_() for k, a in params.items()}
    t = {k: torch.from_numpy(a.copy()) for k, a in tracked.items()}
    tx = torch.from_numpy(x.copy()).requires_grad_()
    ty = THEIRS[type(layer)](layer, p | t, tx, training)
    (ty * torch.from_numpy(up)).sum().backward()

    mode = Mode(Buffers(dtype), StepRandomness(0, "t") if training else None)
    grads = {k: np.full_like(a, np.nan) for k, a in params.items()}
    y, cache = layer.forward(params | tracked, x.copy(), mode)
    y = y.copy()
    dx = layer.backward(params | tracked, grads, cache, up.copy())
    tolerance = TOLERANCE[dtype]
    close(y, ty, tolerance, "y")
    close(dx, tx.grad, tolerance, "dx")
    for name, gradient in grads.items():
        close(gradient, p[name].grad, tolerance, name)
    for name, array in tracked.items():
        close(array, t[name], tolerance, name)


def their_loss(loss, outputs, labels):
    if isinstance(loss, CrossEntropy):
        return F.cross_entropy(outputs, labels, label_smoothing=loss.label_smoothing)
    classes = outputs.shape[1]
    targets = F.one_hot(labels, classes).to(outputs.dtype) * (1 - loss.label_smoothing) + loss.label_smoothing / classes
    return F.mse_loss(outputs, targets)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("name", Loss.members())
def test_losses_agree(name, smoothing, dtype):
    loss = Loss.from_json({"kind": name, "label_smoothing": smoothing})
    rng = np.random.default_rng(4)
    outputs = (5 * rng.standard_normal((32, 10))).astype(dtype)
    labels = rng.integers(0, 10, 32).astype(np.uint8)
    theirs = torch.from_numpy(outputs.copy()).requires_grad_()
    wanted = their_loss(loss, theirs, torch.from_numpy(labels).long())
    wanted.backward()
    value, gradient = loss.value_and_gradient(outputs, labels, 32, Buffers(dtype))
    assert value == pytest.approx(wanted.item(), rel=TOLERANCE[dtype])
    close(gradient, theirs.grad, TOLERANCE[dtype])


# --- whole steps -------------------------------------------------------------------------------------------------

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
