"""Networks with random weights to be looked into."""

from engine.checkpoint import Checkpoint, Model, Position
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
from engine.initializers import HeNormal
from engine.layers import (
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    MaxPool,
    ReLU,
    Sigmoid,
    Tanh,
)
from engine.losses import CrossEntropy
from engine.network import Network

STACKS = {
    "conv": (
        Conv(channels=3, kernel=3, stride=2),
        BatchNorm(),
        ReLU(),
        Conv(channels=4, kernel=2, padding="valid"),
        Tanh(),
        MaxPool(),
        Flatten(),
        Dropout(drop=0.5, scale="test"),
        Dense(units=7),
        Sigmoid(),
        Dense(units=10),
    ),
    "average": (Conv(channels=3, kernel=3), ReLU(), AvgPool(), Flatten(), Dense(units=10)),
    "dense": (Flatten(), Dense(units=6), ReLU(), Dense(units=5), LeakyReLU(), Dense(units=10)),
    "unit bias": (Flatten(), Dense(units=6, bias="unit"), ReLU(), Dense(units=10, bias="none")),
}


def new_model(layers, seed=3, loss=None):
    """A network with random weights that reads 8x8 pixels."""
    network = Network(layers, (8, 8, 1))
    network.initialize(HeNormal(), seed)
    config = TrainingConfig(layers=layers, loss=loss or CrossEntropy())
    named = {name: array.copy() for name, array in network.named(network.vector).items()}
    tracked = {name: array.copy() for name, array in network.tracked.items()}
    return Model(Checkpoint(config, (8, 8, 1), 10, Scaling(0.2, 0.4), Position(7), named, tracked))
