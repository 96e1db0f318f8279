"""Batch normalization."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Shape
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, option
from engine.layers.wide import as_wide, repeat, sum_channels, sum_products


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
    """

    group = "regularization"

    momentum: float = option(0.1, "share of the newest batch in the running means", low=0.001, high=1.0, log=True)
    epsilon: float = option(1e-5, "added to the variance, against division by 0", low=1e-8, high=0.1, log=True)

    def parameters(self, shape: Shape) -> dict[str, ParameterShape]:
        return {"scale": ParameterShape(shape[-1:], fill=1.0), "shift": ParameterShape(shape[-1:])}

    def tracked(self, shape: Shape) -> dict[str, ParameterShape]:
        return {"mean": ParameterShape(shape[-1:]), "var": ParameterShape(shape[-1:], fill=1.0)}

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
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
        y = np.multiply(as_wide(x), repeat(factor, x), out=as_wide(mode.buffers["y", x.shape]))
        y += repeat(params["shift"] - mean * factor, x)
        return y.reshape(x.shape), (x, mean, spread, count, mode)

    def _follow(self, params: Params, mean: Array, var: Array, count: int) -> None:
        """Move the running means towards this batch's."""
        params["mean"] += self.momentum * (mean - params["mean"])
        unbiased = var * (count / max(count - 1, 1))
        params["var"] += self.momentum * (unbiased - params["var"])

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        x, mean, spread, count, mode = cache
        dshift = sum_channels(dy, out=grads["shift"])
        # sum of dy h, with h = (x - mean) spread
        dscale = np.multiply(sum_products(dy, x) - mean * dshift, spread, out=grads["scale"])
        factor = params["scale"] * spread
        dx = np.multiply(as_wide(dy), repeat(factor, x), out=as_wide(mode.buffers["dx", x.shape]))
        if mode.training:  # in evaluation mean and variance are constants
            dshift, dscale = mode.part.total(np.stack([dshift, dscale]))
            slope = -factor * spread * dscale / x.dtype.type(count)
            dx += np.multiply(as_wide(x), repeat(slope, x), out=as_wide(mode.buffers["term", x.shape]))
            dx += repeat(-factor * dshift / x.dtype.type(count) - slope * mean, x)
        return dx.reshape(x.shape)
