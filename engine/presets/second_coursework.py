"""The second coursework's experiments, on MNIST.

What it reports: 784-100-10 with SGD 0.02, 97.12 % of the test images after 36 epochs; Adam 0.001, 97.57 % after 14;
with batch normalization 97.91 %; with dropout 97.65 %; with both 97.52 %; all of these stopped when three epochs in
a row brought nothing. LeNet, 98.68 % after 3 epochs in batches of 16. It does not say the batch size of
the others, nor how the weights began; for LeNet we let the learning rate rise and fall.
"""

from dataclasses import replace

from engine.config import DataConfig, Stopping, TrainingConfig
from engine.initializers import GlorotUniform
from engine.layers import BatchNorm, Dropout, ReLU
from engine.optimizers import SGD, Adam
from engine.presets.base import Preset, dense
from engine.schedules import OneCycle

_SGD = TrainingConfig(
    data=DataConfig(train_images=55_000, validation_images=5_000),
    layers=dense(100),
    initializer=GlorotUniform(),
    optimizer=SGD(learning_rate=0.02),
    batch_size=64,
    epochs=60,
    stopping=Stopping(patience=3),
)
_ADAM = replace(_SGD, optimizer=Adam(learning_rate=0.001))
_NORM, _DROP = (BatchNorm(), ReLU()), (ReLU(), Dropout(drop=0.5))

PRESETS = (
    Preset(
        "mnist-sgd",
        "One hidden layer with plain gradient descent: it gets there, in many epochs.",
        _SGD,
    ),
    Preset(
        "mnist-adam",
        "The same with Adam, which sizes each weight's steps by itself: as good in far fewer epochs.",
        _ADAM,
    ),
    Preset(
        "mnist-batch-norm",
        "Batch normalization keeps the hidden layer's outputs in range: quicker, and often a little better.",
        replace(_ADAM, layers=dense(100, between=_NORM)),
    ),
    Preset(
        "mnist-dropout",
        "Half of the hidden units are switched off at each step: less overfitting, and it takes longer.",
        replace(_ADAM, layers=dense(100, between=_DROP)),
    ),
    Preset(
        "mnist-both",
        "Batch normalization and dropout together. The coursework found both worse than either: see yourself.",
        replace(_ADAM, layers=dense(100, between=(*_NORM, Dropout(drop=0.5)))),
    ),
    Preset(
        "mnist-lenet",
        "Two convolutions see shapes wherever they are: better after 3 epochs than any dense net after 30.",
        TrainingConfig(
            data=DataConfig(train_images=55_000, validation_images=5_000),
            optimizer=Adam(learning_rate=0.003),
            schedule=OneCycle(),
            batch_size=16,
            epochs=3,
        ),
    ),
)
