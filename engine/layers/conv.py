"""Convolution."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Shape
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, needs_image, option
from engine.layers.dense import ones
from engine.layers.window import output_size, same_padding


@dataclass(frozen=True)
class Conv(Layer):
    """Slides small kernels over the image; each gives one channel of the output.

    y[n, i, j, o] = b[o] + sum over u, v, c of x[n, i s + u, j s + v, c] W[u, v, c, o]      (s = stride)
    x (n, height, width, c), W (kernel, kernel, c, o)
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

    def _pads(self) -> tuple[int, int]:
        return same_padding(self.kernel) if self.padding == "same" else (0, 0)

    def output_shape(self, shape: Shape) -> Shape:
        needs_image(self, shape)
        return (*output_size(self, shape, self.kernel, self.stride, self._pads()), self.channels)

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
        n, height, width, c = x.shape
        before, after = self._pads()
        padded = x
        if before + after:
            padded = mode.buffers["padded", (n, height + before + after, width + before + after, c)]
            padded.fill(0)
            padded[:, before : before + height, before : before + width] = x
        out_h, out_w, out_c = self.output_shape((height, width, c))
        sn, sh, sw, sc = padded.strides
        windows = np.lib.stride_tricks.as_strided(
            padded,
            (n, out_h, out_w, self.kernel, self.kernel, c),
            (sn, sh * self.stride, sw * self.stride, sh, sw, sc),
            writeable=False,
        )
        columns = mode.buffers["columns", windows.shape]
        np.copyto(columns, windows)
        columns = columns.reshape(n * out_h * out_w, self.kernel**2 * c)
        y = mode.buffers["y", (n * out_h * out_w, out_c)]
        np.matmul(columns, params["weight"].reshape(-1, out_c), out=y)
        if self.bias:
            y += params["bias"]
        return y.reshape(n, out_h, out_w, out_c), (x.shape, columns, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        (n, height, width, c), columns, mode = cache
        _, out_h, out_w, out_c = dy.shape
        dy = dy.reshape(-1, out_c)
        if self.bias:
            np.matmul(ones(len(dy), dy.dtype), dy, out=grads["bias"])
        np.matmul(columns.T, dy, out=grads["weight"].reshape(-1, out_c))
        if not mode.wants_dx:
            return None
        before, after = self._pads()
        dcolumns = mode.buffers["dcolumns", (n, out_h, out_w, self.kernel, self.kernel, c)]
        np.matmul(dy, params["weight"].reshape(-1, out_c).T, out=dcolumns.reshape(len(dy), -1))
        dx = mode.buffers["dx", (n, height + before + after, width + before + after, c)]
        dx.fill(0)
        for u in range(self.kernel):
            for v in range(self.kernel):
                rows = slice(u, u + self.stride * out_h, self.stride)
                cols = slice(v, v + self.stride * out_w, self.stride)
                dx[:, rows, cols] += dcolumns[:, :, :, u, v]
        return dx[:, before : before + height, before : before + width]
