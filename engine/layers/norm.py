"""Batch normalization."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.arrays import Array, Shape
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, option
from engine.layers.wide import as_wide, repeat, sum_channels, sum_products

CACHED_BYTES = 1 << 18  # of an array that is gone through several times: a part of a core's second-level cache


class Line(NamedTuple):
    """y = factor x + constant, one number a channel, and what it was made of."""

    factor: Array
    constant: Array
    mean: Array
    spread: Array  # 1 / sqrt(var + epsilon)
    values: int  # that each channel has in the whole batch; 0 in evaluation


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Brings each feature (after a convolution: each channel) to mean 0 and variance 1, then scales and shifts it.

    training:   h = (x - mean) / sqrt(var + epsilon) over the m values of the feature in the batch
                y = scale h + shift
                dscale = sum of dy h,  dshift = sum of dy
                dx = scale / sqrt(var + epsilon) (dy - dshift / m - h dscale / m),
                computed as a sum of dy, x and a constant, each times one number a channel
    evaluation: the same with running means, which move by `momentum` towards each batch's (the variance with
                m - 1 in its denominator).  (Ioffe and Szegedy 2015, algorithms 1 and 2)

    How it is made fast where max pooling follows: norm_pool.py.
    """

    group = "regularization"

    momentum: float = option(0.1, "share of the newest batch in the running means", low=0.001, high=1.0, log=True)
    epsilon: float = option(1e-5, "added to the variance, against division by 0", low=1e-8, high=0.1, log=True)

    def parameters(self, shape: Shape) -> dict[str, ParameterShape]:
        return {"scale": ParameterShape(shape[-1:], fill=1.0), "shift": ParameterShape(shape[-1:])}

    def tracked(self, shape: Shape) -> dict[str, ParameterShape]:
        return {"mean": ParameterShape(shape[-1:]), "var": ParameterShape(shape[-1:], fill=1.0)}

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        line = self.line(params, x, mode)
        y = np.multiply(as_wide(x), repeat(line.factor, x), out=as_wide(mode.buffers["y", x.shape]))
        y += repeat(line.constant, x)
        return y.reshape(x.shape), (x, line, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        x, line, mode = cache
        slope, constant = self.parameter_gradients(params, grads, line, x, dy, mode)
        dx = mode.buffers["dx", x.shape]
        np.multiply(as_wide(dy), repeat(line.factor, x), out=as_wide(dx))
        if mode.training:
            self.add_statistics(dx, x, repeat(slope, x), repeat(constant, x), mode)
        return dx

    def line(self, params: Params, x: Array, mode: Mode) -> Line:
        """What normalization does to these x, whose statistics count in training, and move the running means."""
        mean, var, count = params["mean"], params["var"], 0
        if mode.training:
            count = mode.part.whole(x.size // x.shape[-1])
            sums = np.stack([sum_channels(x), sum_products(x, x)])
            mean, square = mode.part.total(sums) / x.dtype.type(count)
            var = np.maximum(square - mean * mean, 0)
            if mode.part.index == 0:
                self._follow(params, mean, var, count)
        spread = 1 / np.sqrt(var + self.epsilon)
        factor = params["scale"] * spread
        return Line(factor, params["shift"] - mean * factor, mean, spread, count)

    def _follow(self, params: Params, mean: Array, var: Array, count: int) -> None:
        """Move the running means towards this batch's."""
        params["mean"] += self.momentum * (mean - params["mean"])
        unbiased = var * (count / max(count - 1, 1))
        params["var"] += self.momentum * (unbiased - params["var"])

    def parameter_gradients(
        self, params: Params, grads: Params, line: Line, x: Array, dy: Array, mode: Mode
    ) -> tuple[Array, Array]:
        """Write dscale and dshift; return what the statistics add to dx, as slope x + constant.

        x are those values that dy belongs to: all, or the largest of each window.
        """
        dshift = sum_channels(dy, out=grads["shift"])
        # sum of dy h, with h = (x - mean) spread
        dscale = np.multiply(sum_products(dy, x) - line.mean * dshift, line.spread, out=grads["scale"])
        if not mode.training:  # mean and variance are constants
            return np.zeros_like(dscale), np.zeros_like(dscale)
        dshift, dscale = mode.part.total(np.stack([dshift, dscale]))
        count = x.dtype.type(line.values)
        slope = -line.factor * line.spread * dscale / count
        return slope, -line.factor * dshift / count - slope * line.mean

    def add_statistics(self, dx: Array, x: Array, slopes: Array, constants: Array, mode: Mode) -> None:
        """dx += slopes x + constants, along rows of `as_wide`; a few rows at a time, which stay in the cache."""
        wide_x, wide_dx = as_wide(x), as_wide(dx)
        rows = min(len(wide_x), max(1, CACHED_BYTES // (wide_x.shape[1] * x.itemsize)))
        term = mode.buffers["term", (rows, wide_x.shape[1])]
        for first in range(0, len(wide_x), rows):
            some = wide_x[first : first + rows]
            added = np.multiply(some, slopes, out=term[: len(some)])
            added += constants
            wide_dx[first : first + rows] += added
