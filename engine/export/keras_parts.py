"""The text of the Keras source: what stands around the layers, and the layers that Keras has not."""

SCRIPT = '''\
"""{title}

The network in Keras 3, with its weights from {stem}.npz beside this file, and its training:

    python {stem}.py images.npy         a line for each image: the class, and how likely it is
    python {stem}.py train data.npz     trains a new one, and writes {stem}_trained.keras

    from {stem} import load, predict
    predict(load(), images)             # uint8 (n, {height}, {width}) -> probabilities (n, {classes})

images.npy holds uint8 (n, {height}, {width}), light on black; data.npz such train_images, and train_labels.
Which library computes is for KERAS_BACKEND to say: tensorflow, jax or torch. Made with Inkling.
"""

import math
import sys
from pathlib import Path

import keras
import numpy as np
from keras import layers

FILE = Path(__file__).with_suffix(".npz")
{custom}
# --- the settings of the training; the random numbers are others than Inkling's, so the weights will be too
{notes}
LEARNING_RATE, BATCH_SIZE, EPOCHS = {learning_rate!r}, {batch_size}, {epochs}


def weights():
    """What a layer's weights are before training, and what keeps them small."""
    return {{
        "kernel_initializer": keras.initializers.{initializer},
        "kernel_regularizer": {penalty},
    }}


def make_network():
    """Outputs (n, {classes}) for images (n, {height}, {width}), pixels from 0 to 255."""
    return keras.Sequential(
        [
            keras.Input(({height}, {width})),
            layers.Reshape(({height}, {width}, 1)),
            layers.Rescaling({factor!r}, offset={constant!r}),
{layers}
        ]
    )


WEIGHTS = {{  # layer: its arrays in the file, whose axes are in Keras' own order
{weights}
}}


def load(path=FILE):
    """The trained network."""
    arrays, model = np.load(path), make_network()
    for name, stored in WEIGHTS.items():
        model.get_layer(name).set_weights([arrays[each] for each in stored])
    return model


def predict(model, images):
    """Probabilities (n, {classes}) for uint8 images (n, {height}, {width})."""
    outputs = model.predict(images, verbose=0)
{probabilities}


{schedule}


class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of every step of a run."""

    def __init__(self, total):
        self.total = total
        self.rates = np.array([LEARNING_RATE * schedule(step, total) for step in range(total)], np.float32)

    def __call__(self, step):
        step = keras.ops.minimum(keras.ops.cast(step, "int32"), self.total - 1)
        return keras.ops.take(keras.ops.convert_to_tensor(self.rates), step)

    def get_config(self):
        return {{"total": self.total}}


def train(model, images, labels, epochs=EPOCHS):
    """Train on uint8 images (n, {height}, {width}) and labels (n,)."""
    in_epoch = math.ceil(len(images) / BATCH_SIZE)  # steps
    total = {total}
    rate = Rate(total)
{optimizer}
    model.compile(optimizer, loss={loss}, metrics=["accuracy"])
    targets = {targets}
    model.fit(images, targets, batch_size=BATCH_SIZE, epochs=math.ceil(total / in_epoch), verbose=2)
    return model


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "train":
        data = np.load(sys.argv[2])
        model = train(make_network(), data["train_images"], data["train_labels"])
        model.save(FILE.with_name(FILE.stem + "_trained.keras"))
    elif len(sys.argv) == 2:
        for shares in predict(load(), np.load(sys.argv[1])):
            print(shares.argmax(), f"{{shares.max():.1%}}")
    else:
        sys.exit(__doc__)
'''

LAYERS = {
    "AppendOne": '''
@keras.saving.register_keras_serializable("inkling")
class AppendOne(layers.Layer):
    """One more output, which is always 1: the next layer reads its bias from it."""

    def call(self, x):
        return keras.ops.pad(x, ((0, 0), (0, 1)), constant_values=1.0)
''',
    "TanhGELU": '''
@keras.saving.register_keras_serializable("inkling")
class TanhGELU(layers.Layer):
    """GELU in its tanh form."""

    def call(self, x):
        return keras.ops.gelu(x, approximate=True)
''',
    "DropoutScaledAtTest": '''
@keras.saving.register_keras_serializable("inkling")
class DropoutScaledAtTest(layers.Layer):
    """Dropout that scales its outputs when it is tested, not while it trains, as first published."""

    def __init__(self, drop, **more):
        super().__init__(**more)
        self.drop = drop
        self.random = keras.random.SeedGenerator()

    def call(self, x, training=False):
        if not training:
            return x * (1 - self.drop)
        kept = keras.random.uniform(keras.ops.shape(x), seed=self.random) >= self.drop
        return x * keras.ops.cast(kept, x.dtype)

    def get_config(self):
        return super().get_config() | {"drop": self.drop}
''',
}

# The nearest thing in Keras, to stand before Rescaling.
AUGMENTATIONS = {
    "Shift": "layers.RandomTranslation with {pixels:g} pixels as a share of the side",
    "Rotate": "layers.RandomRotation({degrees:g} / 360)",
    "Stretch": "layers.RandomZoom({by:g}, {by:g})",
    "Zoom": "layers.RandomZoom({by:g})",
    "Shear": "layers.RandomShear(x_factor={by:g})",
    "Noise": "layers.GaussianNoise({deviation:g})",
    "Erase": "layers.RandomErasing",
}
