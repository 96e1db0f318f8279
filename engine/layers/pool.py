"""Pooling: one number for each window of the image."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Shape
from engine.layers.axis_max import AxisMax
from engine.layers.base import Cache, Layer, Mode, Params, needs_image, option
from engine.layers.window import output_size

CACHED_BYTES = 1 << 18  # of images that go through max pooling at a time: a part of a core's second-level cache


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

    def plan(self, x: Array, mode: Mode) -> "MaxPlan":
        """The memory for images like x."""
        plan: MaxPlan | None = mode.plans.get(x.shape)
        return plan or mode.plan(x.shape, MaxPlan(x.shape, self.size, self._step(), x.dtype))

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        plan = self.plan(x, mode)
        return plan.forward(np.ascontiguousarray(x)), plan

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        return cache.backward(np.ascontiguousarray(dy))


class MaxPlan:
    """The memory of one MaxPool for one shape of batch.

    The maximum of a window is the maximum, along the width, of the maxima along the height:

        a b c d e f                                                     height first: long runs of memory,
        g h i j k l   ->   A B C D E F   ->   max(A,B) max(C,D) ...     then width, on a part of the numbers

    A few images at a time go through both, so that what lies between stays in the cache.
    """

    def __init__(self, shape: Shape, size: int, stride: int, dtype: npt.DTypeLike) -> None:
        images, height, width, channels = shape
        fit = max(1, CACHED_BYTES // (height * width * channels * np.dtype(dtype).itemsize))
        at_once = min(images, fit)
        self._parts = [slice(first, min(first + at_once, images)) for first in range(0, images, at_once)]
        self._down = AxisMax(shape, 1, size, stride, at_once, dtype)
        self._across = AxisMax(self._down.y_shape, 2, size, stride, at_once, dtype)
        self._between = np.empty((at_once, *self._down.y_shape[1:]), dtype)
        self._d_between = np.zeros_like(self._between)
        self._y = np.empty(self._across.y_shape, dtype)
        self.dx = np.empty(shape, dtype)
        # windows that overlap add to what is there; what fills no window has no gradient
        self._all_written = size == stride and height % size == 0 and width % size == 0

    def forward(self, x: Array) -> Array:
        """The maxima, in this object's own memory."""
        for which in self._parts:
            between = self._between[: which.stop - which.start]
            self._down.forward(x[which], between, which)
            self._across.forward(between, self._y[which], which)
        return self._y

    def backward(self, dy: Array) -> Array:
        """dx, in this object's own memory."""
        for _ in self.backward_parts(dy):
            pass
        return self.dx

    def backward_parts(self, dy: Array) -> Iterator[slice]:
        """Fill `dx`, and tell which images are complete while they are in the cache."""
        for which in self._parts:
            between, dx = self._d_between[: which.stop - which.start], self.dx[which]
            if not self._all_written:
                between.fill(0)
                dx.fill(0)
            self._across.backward(dy[which], between, which)
            self._down.backward(between, dx, which)
            yield which


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
