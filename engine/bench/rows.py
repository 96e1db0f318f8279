"""What is measured: networks, optimizers and batch sizes."""

from dataclasses import dataclass

from engine.config import LENET, TrainingConfig
from engine.layers import BatchNorm, Conv, Dense, Flatten, Layer, MaxPool, ReLU
from engine.optimizers import Adam, Momentum, Optimizer


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    net: str
    layers: tuple[Layer, ...]
    optimizer: Optimizer
    batch: int
    image_size: int = 28

    def config(self) -> TrainingConfig:
        """The settings that a run with this row would have."""
        return TrainingConfig(layers=self.layers, optimizer=self.optimizer, batch_size=self.batch)


def _stack(*units: int) -> tuple[Layer, ...]:
    """Dense layers with ReLU between them."""
    layers: list[Layer] = [Flatten()]
    for count in units:
        layers += [Dense(units=count), ReLU()]
    return tuple(layers[:-1])


def _normalized(*channels: int) -> tuple[Layer, ...]:
    """3x3 convolutions with batch normalization and pooling."""
    layers: list[Layer] = []
    for count in channels:
        layers += [Conv(channels=count, kernel=3, bias=False), BatchNorm(), ReLU(), MaxPool(size=2)]
    return (*layers, *_stack(128, 10))


DEEP = _stack(32, 32, 64, 64, 32, 16, 10)
COURSEWORK = (Conv(channels=32, kernel=5, padding="valid"), ReLU(), MaxPool(size=3), *DEEP)

ROWS: tuple[Row, ...] = (
    *(
        Row("784-100-10", _stack(100, 10), optimizer, batch)
        for batch in (8, 64, 256)
        for optimizer in (Momentum(learning_rate=0.001), Adam())
    ),
    Row("256-32-32-64-64-32-16-10", DEEP, Momentum(learning_rate=0.001), 8, 16),
    Row("16x16 conv 5x5/32 pool 3 + dense", COURSEWORK, Momentum(learning_rate=0.001), 8, 16),
    *(Row("LeNet 5x5/8 5x5/16 32-10", LENET, Adam(), batch) for batch in (16, 64, 128)),
    Row("3x3/16-32-64 batch norm 128-10", _normalized(16, 32, 64), Adam(), 64),
)
