"""Layers that only change the shape."""

import math
from dataclasses import dataclass

from engine.arrays import Array, Shape
from engine.layers.base import Cache, Layer, Mode, Params


@dataclass(frozen=True)
class Flatten(Layer):
    """Lays an image out as one row of numbers, for dense layers.

    (height, width, channels) -> (height * width * channels,)
    """

    group = "shape"

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        return x.reshape(len(x), -1), x.shape

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        return dy.reshape(cache)
