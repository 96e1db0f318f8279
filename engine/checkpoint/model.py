"""A trained network, as its checkpoint holds it, reads images."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint.content import Checkpoint, CheckpointError, copy_named
from engine.checkpoint.reading import read_checkpoint
from engine.datasets.base import Scaling
from engine.layers import ShapeError
from engine.network import Network, Pass
from engine.spec import SettingError

CHUNK = 500  # images that are predicted at once: large enough for BLAS, small enough for the cache
MOST_NUMBERS = 1 << 26  # that all layers together give for a chunk: 256 MB


class Model:
    """A trained network, ready to read images.

    >>> model = load_checkpoint("checkpoints/pretrained/lenet.npz")
    >>> model.predict(images).argmax(axis=1)            # images: uint8 (n, 28, 28)
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.config = checkpoint.config
        self.classes = checkpoint.classes
        self.image_size = checkpoint.image_shape[0]
        try:
            self.network = Network(checkpoint.config.layers, checkpoint.image_shape)
        except (ShapeError, SettingError) as error:
            raise CheckpointError(f"the checkpoint's layers do not fit together: {error}") from None
        copy_named(checkpoint.average or checkpoint.params, self.network.named(self.network.vector))
        copy_named(checkpoint.tracked, self.network.tracked)

    def predict(self, images: Bytes, through: Pass | None = None) -> Array:
        """Probabilities float32 (n, classes) for uint8 images (n, height, width), 0 the background.

        through: a pass of this network (`network.new_pass()`) whose memory is used again, by whoever asks many times.
        """
        images = np.asarray(images)
        height, width, _ = self.checkpoint.image_shape
        if images.dtype != np.uint8 or images.ndim != 3 or images.shape[1:] != (height, width):
            raise ValueError(
                f"predict expects uint8 images (n, {height}, {width}); got {images.dtype} {images.shape}. "
                f"For a drawing, use prepare_drawing(rgba, image_size={height}) first."
            )
        with np.errstate(all="ignore"):  # a network that diverged overflows; it then says nothing of any class
            shares = self.config.loss.probabilities(self.outputs(images, through))
        shares[~np.isfinite(shares).all(axis=1)] = 1 / self.classes
        return shares

    def outputs(self, images: Bytes, through: Pass | None = None) -> Array:
        """The last layer's outputs, float32 (n, classes). through: as for `predict`."""
        return run_network(self.network, images, self.checkpoint.scaling, through or self.network.new_pass())


def run_network(
    network: Network, images: Bytes, scaling: Scaling, through: Pass, after_chunk: Callable[[], None] | None = None
) -> Array:
    """Outputs for uint8 images; a new array. after_chunk: called while the pass holds its answers.

    CHUNK images at a time, or as many as there is room for.
    """
    outputs = np.empty((len(images), *network.output_shape), network.dtype)
    count = max(1, min(CHUNK, MOST_NUMBERS // sum(math.prod(shape) for shape in network.shapes)))
    for start in range(0, len(images), count):
        chunk = images[start : start + count]
        x = scaling.apply(chunk, through.buffers["x", (*chunk.shape, 1)])
        outputs[start : start + count] = network.forward(x, through)
        if after_chunk is not None:
            after_chunk()
    return outputs


def load_checkpoint(path: str | Path) -> Model:
    """The trained network in a checkpoint file. Raises CheckpointError, which says what is wrong with it."""
    return Model(read_checkpoint(path))
