"""The first coursework's experiments: 16x16 digits in batches of 8, 5,000 to learn from and 5,000 for validation.

Its data (scanned postal digits, usps16.mat) is brought by whoever has it: `--data usps16.mat`, or "a file of mine" on
the page. Without it, everything runs on MNIST shrunk to 16x16.

What it reports, of 1,000 test images: hidden layer of 10, 90.3 %; the deep net with mean squared error 95.0 %; with
decay 91.0 %; with cross-entropy 93.1 % after 60,000 steps; with dropout 0.2 93.7 %; 5,000 added images +0.7 points;
convolution 97.9 %; the best, 98.1 % after 40,000 steps. Where it does not say the learning rate, ours was chosen on
validation images.
"""

from dataclasses import replace

from engine.augment import Shift, Stretch, Transpose
from engine.config import DataConfig, Penalty, TrainingConfig
from engine.initializers import GlorotUniform, HeNormal, ScaledNormal
from engine.layers import Conv, Dense, Dropout, Layer, LeakyReLU, MaxPool
from engine.losses import CrossEntropy, MeanSquaredError
from engine.optimizers import SGD, Momentum
from engine.presets.base import Preset, dense
from engine.schedules import Steps

HIDDEN = (32, 32, 64, 64, 32, 16)

_DATA = DataConfig(source="mnist16", train_images=5_000, validation_images=5_000)
_ADDED = (Stretch(by=0.15), Shift(pixels=1.5))
_LEAKY = (LeakyReLU(),)

_DEEP = TrainingConfig(
    data=_DATA,
    layers=dense(*HIDDEN, between=_LEAKY),
    loss=MeanSquaredError(),
    initializer=GlorotUniform(),
    optimizer=SGD(learning_rate=0.05),
    batch_size=8,
    epochs=96,  # 60,000 steps
)
_ENTROPY = replace(_DEEP, loss=CrossEntropy(), optimizer=SGD(learning_rate=0.02))
_CONVOLUTION = replace(
    _DEEP,
    layers=(Conv(channels=32, kernel=5, padding="valid"), *_LEAKY, MaxPool(size=3), *_DEEP.layers),
    optimizer=SGD(learning_rate=0.1),
    epochs=64,  # 40,000 steps
)


def _with_dropout() -> tuple[Layer, ...]:
    """Dropout after the widest layers; the narrow ones cannot spare a unit."""
    wide = Dense(units=64)
    found: list[Layer] = []
    for before, layer in zip((None, *_DEEP.layers), _DEEP.layers, strict=False):
        found += [layer, Dropout(drop=0.2, scale="test")] if before == wide else [layer]
    return tuple(found)


PRESETS = (
    Preset(
        "16x16-small",
        "Ten hidden units are enough for nine digits in ten. What more layers add shows in the next one.",
        replace(
            _DEEP,
            layers=dense(10, between=_LEAKY),
            initializer=ScaledNormal(deviation=0.05),
            optimizer=SGD(learning_rate=0.1),
        ),
    ),
    Preset(
        "16x16-deep",
        "Six hidden layers learn better features than one, and take longer to begin.",
        _DEEP,
    ),
    Preset(
        "16x16-momentum",
        "The deep net with momentum: steps along a valley add up, so fewer of them are needed.",
        replace(_DEEP, optimizer=Momentum(learning_rate=0.05, momentum=0.9)),
    ),
    Preset(
        "16x16-l2",
        "Decay keeps the deep net's weights small: it fits the training images less closely. Too much costs accuracy.",
        replace(_DEEP, penalty=Penalty(l2=0.0005)),
    ),
    Preset(
        "16x16-cross-entropy",
        "The deep net with cross-entropy, which punishes confident mistakes: it learns in fewer steps.",
        _ENTROPY,
    ),
    Preset(
        "16x16-bias-unit",
        "No layer has a bias of its own; one unit of each is always 1 instead. It comes to the same.",
        replace(_ENTROPY, layers=dense(*HIDDEN, between=_LEAKY, bias="unit")),
    ),
    Preset(
        "16x16-dropout",
        "A fifth of the widest layers' units is off at each step, and their outputs are scaled at test instead.",
        replace(_ENTROPY, layers=_with_dropout()),
    ),
    Preset(
        "16x16-fine-tuning",
        "Only the last layer learns, on top of a trained network: seconds instead of minutes.",
        replace(_ENTROPY, frozen=tuple(range(len(_DEEP.layers) - 1)), epochs=10),
        base="16x16-deep",
    ),
    Preset(
        "16x16-stretched",
        "5,000 stretched and shifted images more to learn from: the cheapest way to be better on new ones.",
        replace(_ENTROPY, data=replace(_DATA, added_images=5_000, added_by=_ADDED), epochs=48),
    ),
    Preset(
        "16x16-transposed",
        "5,000 images with rows and columns exchanged: a dense net has to learn a second set of digits, and suffers.",
        replace(_ENTROPY, data=replace(_DATA, added_images=5_000, added_by=(Transpose(share=1.0),)), epochs=48),
    ),
    Preset(
        "16x16-convolution",
        "One convolution before the deep net: it need not learn each shape anew at each place.",
        _CONVOLUTION,
    ),
    Preset(
        "16x16-best",
        "Everything that helped, together: convolution, cross-entropy, momentum, falling learning rate, more images.",
        replace(
            _CONVOLUTION,
            data=replace(_DATA, added_images=5_000, added_by=_ADDED),
            initializer=HeNormal(),
            loss=CrossEntropy(),
            optimizer=Momentum(learning_rate=0.001, momentum=0.9),
            schedule=Steps(every=5_000, by=0.9),
            epochs=32,  # 40,000 steps, of 10,000 images
        ),
    ),
)
