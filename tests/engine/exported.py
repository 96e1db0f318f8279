"""Networks for the tests of what is exported: among them every layer of the registry in every setting that matters."""

import numpy as np

from engine.checkpoint import Checkpoint, Model, Position
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
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
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.losses import CrossEntropy, MeanSquaredError
from engine.network import Network

# name: layers, side of the images, loss
NETWORKS = {
    "dense": ((Flatten(), Dense(units=30), ReLU(), Dense(units=10)), 28, CrossEntropy()),
    "bias units": (
        (Flatten(), Dense(units=20, bias="unit"), Tanh(), Dense(units=15, bias="none"), Sigmoid(), Dense(units=10)),
        16,
        MeanSquaredError(),
    ),
    "no bias": ((Flatten(), Dense(units=10, bias="none")), 28, CrossEntropy()),
    "lenet": (
        (
            Conv(channels=4, kernel=5, padding="valid"),
            ReLU(),
            MaxPool(size=2),
            Conv(channels=6, kernel=5, padding="valid"),
            ReLU(),
            MaxPool(size=2),
            Flatten(),
            Dense(units=16),
            ReLU(),
            Dense(units=10),
        ),
        28,
        CrossEntropy(),
    ),
    "even kernels, strides": (
        (
            Conv(channels=5, kernel=4),
            LeakyReLU(slope=0.2),
            Conv(channels=6, kernel=3, stride=2),
            GELU(),
            Conv(channels=3, kernel=2, stride=3, padding="valid", bias=False),
            Flatten(),
            BatchNorm(epsilon=0.01),
            Dense(units=10),
        ),
        28,
        CrossEntropy(),
    ),
    "overlapping pools": (
        (
            Conv(channels=4, kernel=6, stride=2),
            BatchNorm(),
            MaxPool(size=3, stride=2),
            Tanh(),
            AvgPool(size=3, stride=1),
            AvgPool(size=2, stride=1),
            Flatten(),
            Dense(units=26, bias="separate"),
        ),
        20,
        MeanSquaredError(),
    ),
    "gaps between windows": (
        (AvgPool(size=2, stride=3), Conv(channels=3, kernel=1), MaxPool(size=2, stride=3), Flatten(), Dense(units=3)),
        16,
        CrossEntropy(),
    ),
    "normalized first": (
        (BatchNorm(), MaxPool(size=1), Identity(), Conv(channels=3, kernel=15, stride=8), Flatten(), Dense(units=2)),
        28,
        CrossEntropy(),
    ),
    "dropout": (
        (
            Dropout(drop=0.2, scale="test"),
            Flatten(),
            Dense(units=24, bias="unit"),
            BatchNorm(),
            ReLU(),
            Dropout(drop=0.5),
            Dense(units=12),
            Dropout(drop=0.4, scale="test"),
            Flatten(),
            Dense(units=10),
        ),
        16,
        CrossEntropy(),
    ),
    "softmax on images": (
        (Conv(channels=4, kernel=3), Softmax(), Flatten(), Dense(units=12), Softmax(), Dense(units=10), Softmax()),
        16,
        MeanSquaredError(),
    ),
    "no dense layer": (
        (Conv(channels=5, kernel=5, stride=4), Sigmoid(), Conv(channels=10, kernel=7, padding="valid"), Flatten()),
        28,
        CrossEntropy(),
    ),
}


def made_up_model(name, **settings):
    """One of the networks with random weights, no array at what it starts with."""
    layers, side, loss = NETWORKS[name]
    config = TrainingConfig(layers=layers, loss=loss, **settings)
    shape = (side, side, 1)
    network = Network(layers, shape)
    rng = np.random.default_rng(7)
    network.initialize(config.initializer, seed=3)
    for slot in network.slots:
        if not slot.details.fan_in:
            target = network.params[slot.layer][slot.key]
            target += rng.normal(0, 0.3, target.shape)
    for array in network.tracked.values():
        array += rng.random(array.shape)
    named = {key: array.copy() for key, array in network.named(network.vector).items()}
    tracked = {key: array.copy() for key, array in network.tracked.items()}
    scaling = Scaling(0.13, 0.31) if side == 28 else Scaling()
    (classes,) = network.output_shape
    return Model(Checkpoint(config, shape, classes, scaling, Position(step=9), named, tracked))


def some_images(model, count):
    """Random images, some empty, some full: uint8 (count, side, side)."""
    rng = np.random.default_rng(11)
    side = model.image_size
    images = rng.integers(0, 256, (count, side, side)).astype(np.uint8)
    images[rng.random(images.shape) < rng.random((count, 1, 1))] = 0
    images[0], images[-1] = 0, 255
    return images


def covered():
    """The kinds of layers that occur."""
    return {type(layer) for layers, _, _ in NETWORKS.values() for layer in layers}


ALL_LAYERS = set(Layer.members().values())
