"""Named settings to start from, each with a sentence on what it teaches."""

from dataclasses import dataclass

from engine.augment import Rotate, Shear, Shift, Zoom
from engine.config import DataConfig, TrainingConfig
from engine.layers import Conv, Dense, Dropout, Flatten, Layer, LeakyReLU, MaxPool, ReLU
from engine.losses import CrossEntropy
from engine.optimizers import SGD, Adam, Momentum
from engine.schedules import OneCycle


@dataclass(frozen=True)
class Preset:
    """A config with a name."""

    name: str
    teaches: str
    config: TrainingConfig


def _dense(*units: int) -> tuple[Flatten | Dense | ReLU, ...]:
    hidden = [layer for count in units for layer in (Dense(units=count), ReLU())]
    return (Flatten(), *hidden, Dense(units=10))


def _convolutions(*channels: int) -> tuple[Layer, ...]:
    return tuple(layer for count in channels for layer in (Conv(channels=count), ReLU(), MaxPool()))


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "lenet",
            "Two convolutions and two dense layers read MNIST in seconds; the network to start with.",
            TrainingConfig(),
        ),
        Preset(
            "dense",
            "One hidden layer of 100 units, no convolution: fast, good, and a little worse at drawings.",
            TrainingConfig(layers=_dense(100)),
        ),
        Preset(
            "convnet",
            "Three convolutions, dropout, and images that are moved and slanted each time: it reads drawings well.",
            TrainingConfig(
                data=DataConfig(train_images=55_000, validation_images=5_000),
                layers=(
                    *_convolutions(16, 32, 64),
                    Flatten(),
                    Dense(units=128),
                    ReLU(),
                    Dropout(drop=0.4),
                    Dense(units=10),
                ),
                loss=CrossEntropy(label_smoothing=0.05),
                optimizer=Adam(learning_rate=0.003),
                schedule=OneCycle(),
                augmentation=(Shift(pixels=2.0), Rotate(degrees=12.0), Zoom(by=0.12), Shear(by=0.15)),
            ),
        ),
        Preset(
            "linear",
            "No hidden layer at all: how far ten weighted sums of the pixels get.",
            TrainingConfig(layers=_dense(), optimizer=SGD(learning_rate=0.05)),
        ),
        Preset(
            "deep16",
            "A deep stack of narrow layers on 16x16 digits in batches of 8: depth alone is no gain.",
            TrainingConfig(
                data=DataConfig(source="mnist16"),
                layers=tuple(LeakyReLU() if isinstance(x, ReLU) else x for x in _dense(32, 32, 64, 64, 32, 16)),
                optimizer=Momentum(learning_rate=0.005),
                batch_size=8,
                epochs=5,
            ),
        ),
    )
}
DEFAULT = "lenet"
