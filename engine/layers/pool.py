"""Pooling: one number for each window of the image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Shape
from engine.layers.base import Cache, Layer, Mode, Params, needs_image, option
from engine.layers.window import output_size


class Pool(Layer, abstract=True):
    """Base of the poolings. Rows and columns that fill no whole window are left out, as in PyTorch."""

    group = "shape"

    size: int
    stride: int

    def output_shape(self, shape: Shape) -> Shape:
        needs_image(self, shape)
        return (*output_size(self, shape, self.size, self._step(), (0, 0)), shape[2])

    def _step(self) -> int:
        return self.stride or self.size

    def _positions(self, x: Array, out_h: int, out_w: int) -> Iterator[Array]:
        """For each place in the window, the view (n, out_h, out_w, c) of what lies there in every window."""
        step = self._step()
        for u in range(self.size):
            for v in range(self.size):
                yield x[:, u : u + step * (out_h - 1) + 1 : step, v : v + step * (out_w - 1) + 1 : step]


@dataclass(frozen=True)
class MaxPool(Pool):
    """Keeps the largest number of each window.

    y = max over the window;  dx = dy at the first largest, 0 elsewhere
    """

    size: int = option(2, "height and width of the window, pixels", low=1, high=14)
    stride: int = option(0, "pixels from one window to the next; 0 means the window's size", low=0, high=14)

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        out_h, out_w, c = self.output_shape(x.shape[1:])
        y = mode.buffers["y", (len(x), out_h, out_w, c)]
        places = self._positions(x, out_h, out_w)
        np.copyto(y, next(places))
        for place in places:
            np.maximum(y, place, out=y)
        return y, (x, y, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        x, y, mode = cache
        _, out_h, out_w, _ = y.shape
        dx = mode.buffers["dx", x.shape]
        dx.fill(0)
        unclaimed = mode.buffers["unclaimed", y.shape, bool]
        unclaimed.fill(True)
        chosen = mode.buffers["chosen", y.shape, bool]
        routed = mode.buffers["routed", y.shape]
        places = self._positions(x, out_h, out_w)
        for place, target in zip(places, self._positions(dx, out_h, out_w), strict=True):
            np.equal(place, y, out=chosen)
            chosen &= unclaimed
            unclaimed ^= chosen
            target += np.multiply(dy, chosen, out=routed)
        return dx


@dataclass(frozen=True)
class AvgPool(Pool):
    """Takes the mean of each window.

    y = mean over the window of k numbers;  dx = sum over the windows that hold x of dy / k
    """

    size: int = option(2, "height and width of the window, pixels", low=1, high=14)
    stride: int = option(0, "pixels from one window to the next; 0 means the window's size", low=0, high=14)

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        out_h, out_w, c = self.output_shape(x.shape[1:])
        y = mode.buffers["y", (len(x), out_h, out_w, c)]
        places = self._positions(x, out_h, out_w)
        np.copyto(y, next(places))
        for place in places:
            y += place
        y *= 1 / self.size**2
        return y, (x.shape, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        shape, mode = cache
        dx = mode.buffers["dx", shape]
        dx.fill(0)
        share = np.multiply(dy, 1 / self.size**2, out=mode.buffers["share", dy.shape])
        for target in self._positions(dx, dy.shape[1], dy.shape[2]):
            target += share
        return dx
