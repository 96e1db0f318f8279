"""Convolution."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Shape
from engine.layers.banded import BandedProduct
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, needs_image, option
from engine.layers.window import output_size, same_padding


@dataclass(frozen=True)
class Conv(Layer):
    """Slides small kernels over the image; each gives one channel of the output.

    y[n, i, j, o] = b[o] + sum over u, v, c of x[n, i s + u, j s + v, c] W[u, v, c, o]      (s = stride)
    x (n, height, width, c) with its padding, W (kernel, kernel, c, o), y (n, rows, cols, o)

    dW[u, v, c, o] = sum over n, i, j of x[n, i s + u, j s + v, c] dy[n, i, j, o]
    dx = the same convolution, at stride 1, of dy (with s - 1 zeros between its pixels, and zeros around) and of W
    turned by 180 degrees, with its channel axes swapped.  How it is made fast: banded.py.
    """

    group = "weights"

    channels: int = option(16, "number of kernels, and so of output channels", low=1, high=512)
    kernel: int = option(3, "height and width of each kernel, pixels", low=1, high=15)
    stride: int = option(1, "pixels from one window to the next", low=1, high=8)
    padding: str = option(
        "same",
        "same: zeros around the image, so that stride 1 keeps its size; valid: none",
        choices=("same", "valid"),
    )
    bias: bool = option(True, "one learned number added to each output channel")

    def pads(self) -> tuple[int, int]:
        """Rows of zeros before and after the image, and columns likewise."""
        return same_padding(self.kernel) if self.padding == "same" else (0, 0)

    def output_shape(self, shape: Shape) -> Shape:
        needs_image(self, shape)
        return (*output_size(self, shape, self.kernel, self.stride, self.pads()), self.channels)

    def parameters(self, shape: Shape) -> dict[str, ParameterShape]:
        area = self.kernel**2
        weight = ParameterShape(
            (self.kernel, self.kernel, shape[2], self.channels),
            fan_in=area * shape[2],
            fan_out=area * self.channels,
        )
        return {"weight": weight} | ({"bias": ParameterShape((self.channels,))} if self.bias else {})

    def macs(self, shape: Shape) -> int:
        height, width, channels = self.output_shape(shape)
        return height * width * channels * self.kernel**2 * shape[2]

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        plan = mode.plans.get(x.shape)
        if plan is None:
            plan = mode.plan(x.shape, Plan(self, x.shape, x.dtype))
        return plan.product.forward(plan.pad(x), params["weight"], params.get("bias")), (plan, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        plan, mode = cache
        plan.product.gradient(plan.padded, dy, grads["weight"], grads.get("bias"))
        return plan.input_gradient(dy, params["weight"]) if mode.wants_dx else None


class Plan:
    """The memory of one Conv for one shape of batch."""

    def __init__(self, layer: Conv, x_shape: Shape, dtype: npt.DTypeLike) -> None:
        self._layer, self._x_shape, self._dtype = layer, x_shape, dtype
        images, height, width, channels = x_shape
        before, after = layer.pads()
        rows, cols, outputs = layer.output_shape(x_shape[1:])
        self._inside: Array | None = None
        padded_shape = (images, height + before + after, width + before + after, channels)
        if before + after:
            self.padded: Array = np.zeros(padded_shape, dtype)
            self._inside = self.padded[:, before : before + height, before : before + width]
        weight_shape = (layer.kernel, layer.kernel, channels, outputs)
        self.product = BandedProduct(padded_shape, weight_shape, layer.stride, (rows, cols), dtype)
        self._back: BandedProduct | None = None

    def pad(self, x: Array) -> Array:
        """x with zeros around it, in this object's memory; x itself where there are none."""
        if self._inside is None:
            self.padded = np.ascontiguousarray(x)
        else:
            np.copyto(self._inside, x)
        return self.padded

    def input_gradient(self, dy: Array, weight: Array) -> Array:
        """dx; see Conv."""
        if self._back is None:
            self._back = self._prepare_back(weight.shape)
        np.copyto(self._spread_dy, dy)
        return self._back.forward(self._spread, weight[::-1, ::-1].swapaxes(2, 3))

    def _prepare_back(self, weight_shape: Shape) -> BandedProduct:
        images, height, width, channels = self._x_shape
        kernel, outputs, stride = weight_shape[0], weight_shape[3], self._layer.stride
        rows, cols, _ = self._layer.output_shape(self._x_shape[1:])
        self._spread: Array = np.zeros((images, height + kernel - 1, width + kernel - 1, outputs), self._dtype)
        first = kernel - 1 - self._layer.pads()[0]
        down = slice(first, first + (rows - 1) * stride + 1, stride)
        across = slice(first, first + (cols - 1) * stride + 1, stride)
        self._spread_dy = self._spread[:, down, across]
        turned = (kernel, kernel, outputs, channels)
        return BandedProduct(self._spread.shape, turned, 1, (height, width), self._dtype)
