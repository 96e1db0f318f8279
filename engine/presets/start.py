"""Networks to start with."""

from engine.augment import Rotate, Shear, Shift, Zoom
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Dropout, Flatten, ReLU
from engine.losses import CrossEntropy
from engine.optimizers import SGD, Adam
from engine.presets.base import Preset, convolutions, dense
from engine.schedules import OneCycle

PRESETS = (
    Preset(
        "lenet",
        "Two convolutions and two dense layers read MNIST in seconds; the network to start with.",
        TrainingConfig(),
    ),
    Preset(
        "dense",
        "One hidden layer of 100 units, no convolution: fast, good, and a little worse at drawings.",
        TrainingConfig(layers=dense(100)),
    ),
    Preset(
        "convnet",
        "Three convolutions, dropout, and images that are moved and slanted each time: it reads drawings well.",
        TrainingConfig(
            data=DataConfig(train_images=55_000, validation_images=5_000),
            layers=(
                *convolutions(16, 32, 64),
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
        TrainingConfig(layers=dense(), optimizer=SGD(learning_rate=0.05)),
    ),
)
