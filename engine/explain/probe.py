"""Runs a trained network on images and takes gradients by the pixels: what all explanations are made of."""

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.network import Pass


class Probe:
    """One network's passes with memory of their own. Pixels are numbers from 0 (background) to 1 (ink).

    The network reads (pixel - mean) / deviation, so a gradient by the pixel is the one by its input, over deviation.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._pass = Pass(model.network, None, wants_input_gradient=True)
        # backward writes gradients of the weights as well; nobody reads these
        self._unread = model.network.views(np.empty_like(model.network.vector))

    def outputs(self, pixels: Array) -> Array:
        """Outputs (n, classes) for pixels (n, height, width), 0 to 1. They are overwritten by the next call."""
        scaling = self.model.checkpoint.scaling
        x = self._pass.buffers["x", (*pixels.shape, 1)]
        np.subtract(pixels[..., np.newaxis], scaling.mean, out=x)
        x *= 1 / scaling.deviation
        return self.model.network.forward(x, self._pass)

    def gradient(self, d_outputs: Array) -> Array:
        """Gradient by the pixels (n, height, width), given that by the outputs of the last call; a new array."""
        dx = self.model.network.backward(d_outputs, self._pass, self._unread)
        if dx is None:  # no layer passes a gradient on
            return np.zeros((len(d_outputs), *self.model.network.input_shape[:2]), np.float32)
        return dx[..., 0] / self.model.checkpoint.scaling.deviation

    def layer_outputs(self, pixels: Array) -> list[Array]:
        """What each layer gives out for pixels (n, height, width), in the written order of the layers; copies.

        The network itself may pool before it activates, which changes the order of the work but no result.
        """
        scaling, network = self.model.checkpoint.scaling, self.model.network
        x: Array = ((pixels[..., np.newaxis] - scaling.mean) / scaling.deviation).astype(np.float32)
        found = []
        for layer, params, mode in zip(network.layers, network.params, self._pass.modes, strict=True):
            x, _ = layer.forward(params, x, mode)
            found.append(x.copy())
        return found


def as_pixels(model: Model, image: Bytes) -> Array:
    """A prepared image uint8 (height, width) as float32 from 0 to 1. Raises ValueError for another shape."""
    height, width, _ = model.checkpoint.image_shape
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.shape != (height, width):
        raise ValueError(
            f"expected one prepared image, uint8 ({height}, {width}); got {image.dtype} {image.shape}. "
            f"For a drawing, use prepare_drawing(rgba, image_size={height}) first."
        )
    return image.astype(np.float32) / 255
