"""Recipes of our own: as good as it gets, and as quick as it gets."""

from engine.augment import Elastic, Rotate, Shear, Shift, Zoom
from engine.config import DataConfig, TrainingConfig
from engine.layers import BatchNorm, Conv, Dense, Dropout, Flatten, Layer, MaxPool, ReLU
from engine.losses import CrossEntropy
from engine.optimizers import AdamW
from engine.presets.base import Preset
from engine.schedules import OneCycle


def _normalized(*channels: int, padding: str = "same") -> tuple[Layer, ...]:
    """3x3 convolutions, each with batch normalization, whose shift takes the place of a bias."""
    return tuple(
        layer
        for count in channels
        for layer in (Conv(channels=count, padding=padding, bias=False), BatchNorm(), ReLU())
    )


PRESETS = (
    Preset(
        "99-in-seconds",
        "99 % of the test images in the shortest time: few epochs, large steps, and a learning rate that falls to 0.",
        TrainingConfig(
            data=DataConfig(train_images=58_000, validation_images=2_000),
            layers=(
                Conv(channels=8, kernel=5, padding="valid"),
                ReLU(),
                MaxPool(),
                Conv(channels=16, kernel=5, padding="valid"),
                ReLU(),
                MaxPool(),
                Flatten(),
                Dense(units=64),
                ReLU(),
                Dense(units=10),
            ),
            loss=CrossEntropy(label_smoothing=0.05),  # 0.14 points, and no time
            optimizer=AdamW(learning_rate=0.008),
            schedule=OneCycle(),
            batch_size=48,  # the smallest that two hands share: larger ones need more epochs for the same
            epochs=3,
            validate_every=10**6,  # at the end of each epoch only
        ),
    ),
    Preset(
        "best",
        "Six normalized convolutions, and images that are never the same twice: as good as one network gets.",
        TrainingConfig(
            data=DataConfig(train_images=56_000, validation_images=4_000),
            layers=(
                *_normalized(32, 32, padding="valid"),  # unpadded: a quarter of the work in all
                MaxPool(),
                *_normalized(64, 64, 96, 128, padding="valid"),  # no pooling: what is left of 28x28 is 4x4
                Flatten(),
                Dropout(drop=0.4),
                Dense(units=10),
            ),
            loss=CrossEntropy(label_smoothing=0.05),
            optimizer=AdamW(learning_rate=0.003),
            schedule=OneCycle(),
            augmentation=(
                Shift(pixels=2.5),
                Rotate(degrees=12.0),
                Zoom(by=0.12),
                Shear(by=0.12),
                Elastic(strength=0.8, share=0.5),
            ),
            batch_size=128,
            epochs=55,
            average=0.998,
        ),
    ),
    Preset(
        "16x16-champion",
        "Three convolutions and images that are changed anew each time: what 5,000 small images can give.",
        TrainingConfig(
            data=DataConfig(source="mnist16", train_images=5_000, validation_images=5_000),
            layers=(
                *_normalized(16),
                MaxPool(),
                *_normalized(32),
                MaxPool(),
                *_normalized(64),
                MaxPool(),
                Flatten(),
                Dense(units=128),
                ReLU(),
                Dropout(drop=0.5),
                Dense(units=10),
            ),
            loss=CrossEntropy(label_smoothing=0.05),
            optimizer=AdamW(learning_rate=0.004),
            schedule=OneCycle(),
            augmentation=(Shift(pixels=1.5), Rotate(degrees=10.0), Zoom(by=0.1), Shear(by=0.15)),
            batch_size=64,
            epochs=60,
        ),
    ),
)
