"""The same layers and losses in PyTorch: outputs and every gradient agree to rounding."""

import numpy as np
import pytest

from engine.arrays import Buffers
from engine.layers import (
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
from engine.losses import Loss
from engine.streams import StepRandomness
from tests.engine.in_torch import THEIRS, TOLERANCE, close, their_loss, torch


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
