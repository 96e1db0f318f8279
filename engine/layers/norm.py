"""Batch normalization."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Shape
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, option
from engine.layers.dense import ones


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Brings each feature (after a convolution: each channel) to mean 0 and variance 1, then scales and shifts it.

    training:   h = (x - mean) / sqrt(var + epsilon) over the m values of the feature in the batch
                y = scale h + shift
                dscale = sum of dy h,  dshift = sum of dy
                dx = scale / sqrt(var + epsilon) (dy - dshift / m - h dscale / m)
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
        rows = x.reshape(-1, x.shape[-1])  # (m, features): every pixel of every image is a row
        h, y = mode.buffers["h", rows.shape], mode.buffers["y", rows.shape]
        if not mode.training:
            spread = 1 / np.sqrt(params["var"] + self.epsilon)
            factor = params["scale"] * spread
            np.multiply(rows, factor, out=y)
            y += params["shift"] - params["mean"] * factor
            return y.reshape(x.shape), (rows, spread, 0, mode)
        one = ones(len(rows), rows.dtype)
        count = mode.part.whole(len(rows))
        mean = mode.part.total(one @ rows) / count
        np.subtract(rows, mean, out=h)
        var = mode.part.total(one @ np.multiply(h, h, out=y)) / count
        if mode.part.index == 0:
            self._follow(params, mean, var, count)
        spread = 1 / np.sqrt(var + self.epsilon)
        h *= spread
        np.multiply(h, params["scale"], out=y)
        y += params["shift"]
        return y.reshape(x.shape), (h, spread, count, mode)

    def _follow(self, params: Params, mean: Array, var: Array, count: int) -> None:
        """Move the running means towards this batch's."""
        params["mean"] += self.momentum * (mean - params["mean"])
        unbiased = var * (count / max(count - 1, 1))
        params["var"] += self.momentum * (unbiased - params["var"])

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        h, spread, count, mode = cache
        rows = dy.reshape(h.shape)
        if not mode.training:
            return self._backward_evaluation(params, grads, cache, rows).reshape(dy.shape)
        one = ones(len(rows), rows.dtype)
        dx = mode.buffers["dx", h.shape]
        np.matmul(one, np.multiply(rows, h, out=dx), out=grads["scale"])
        np.matmul(one, rows, out=grads["shift"])
        dscale, dshift = mode.part.total(grads["scale"]), mode.part.total(grads["shift"])
        np.multiply(h, dscale / -count, out=dx)
        dx += rows
        dx -= dshift / count
        dx *= params["scale"] * spread
        return dx.reshape(dy.shape)

    def _backward_evaluation(self, params: Params, grads: Params, cache: Cache, rows: Array) -> Array:
        """The running means are constants: y is a straight line of x."""
        x, spread, _, mode = cache
        one = ones(len(rows), rows.dtype)
        dx = np.subtract(x, params["mean"], out=mode.buffers["dx", x.shape])
        dx *= spread
        dx *= rows
        np.matmul(one, dx, out=grads["scale"])
        np.matmul(one, rows, out=grads["shift"])
        return np.multiply(rows, params["scale"] * spread, out=dx)
