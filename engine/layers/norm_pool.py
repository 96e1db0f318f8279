"""Batch normalization and the max pooling after it, in one: what makes the pair fast.

Normalization ends with y = f x + c for each channel. A maximum goes through a rising line: where f > 0,

    max over the window of (f x + c)  =  f (max over the window of x) + c

so only the statistics need all numbers. The line, the activation after it, and on the way back the sums for dscale
and dshift are taken of the pooled ones, a quarter of them for windows of 2x2. A channel whose f is negative is
mirrored first: its smallest number becomes the largest.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.layers.base import Cache, Mode, Params
from engine.layers.norm import BatchNorm
from engine.layers.pool import MaxPool
from engine.layers.wide import as_wide, repeat


@dataclass(frozen=True)
class NormPool:
    """Runs as `norm` and then `pool` would; not a layer that people choose (see network.runners)."""

    norm: BatchNorm
    pool: MaxPool

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        line = self.norm.line(params, x, mode)
        signs = np.where(line.factor < 0, -1, 1).astype(x.dtype) if (line.factor < 0).any() else None
        facing = x if signs is None else _times(x, signs, mode.buffers["facing", x.shape])
        pooling = self.pool.plan(x, mode)
        largest = pooling.forward(facing)
        factor = line.factor if signs is None else line.factor * signs
        y = _times(largest, factor, mode.buffers["y", largest.shape])
        wide = as_wide(y)
        wide += repeat(line.constant, y)
        if signs is not None:
            _times(largest, signs, largest)  # the numbers of x that were chosen
        return y, (x, largest, line, pooling, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        """The pooling sends each number of dy to the x that was chosen; the batch's statistics reach all of them."""
        x, largest, line, pooling, mode = cache
        slope, constant = self.norm.parameter_gradients(params, grads, line, largest, dy, mode)
        slopes, constants = repeat(slope, x), repeat(constant, x)
        for some in pooling.backward_parts(_times(dy, line.factor, mode.buffers["d_largest", dy.shape])):
            if mode.training:
                self.norm.add_statistics(pooling.dx[some], x[some], slopes, constants, mode)
        return pooling.dx


def _times(images: Array, channels: Array, out: Array) -> Array:
    """Each channel times its number."""
    np.multiply(as_wide(images), repeat(channels, images), out=as_wide(out))
    return out
