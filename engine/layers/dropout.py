"""Dropout."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.layers.base import Cache, Layer, Mode, Params, option


@dataclass(frozen=True)
class Dropout(Layer):
    """Switches units off at random while training, so that none can rely on another.

    training: y = x m s with m 1 or 0, P(m = 0) = drop;  dx = dy m s
    evaluation: y = x e
    scale="training": s = 1 / (1 - drop), e = 1, so evaluation costs nothing
    scale="test":     s = 1, e = 1 - drop, as in the first publication (Srivastava et al. 2014, section 4),
                      where the weights that read x are multiplied by e, which is the same
    """

    group = "regularization"

    drop: float = option(0.5, "fraction of the units that is switched off", low=0.0, high=0.95, live=True)
    scale: str = option(
        "training",
        "when the outputs are scaled to keep their mean: while training, or at test",
        choices=("training", "test"),
    )

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        if not mode.training:
            kept = 1.0 if self.scale == "training" else 1 - self.drop
            return (x if kept == 1 else np.multiply(x, kept, out=mode.buffers["y", x.shape])), (kept, mode)
        numbers = mode.buffers["numbers", x.shape]
        mode.rng.random(out=numbers, dtype=numbers.dtype.type)
        factor = np.greater_equal(numbers, self.drop, out=numbers, casting="unsafe")
        if self.scale == "training":
            factor *= 1 / (1 - self.drop)
        return np.multiply(x, factor, out=mode.buffers["y", x.shape]), (factor, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        factor, mode = cache
        return np.multiply(dy, factor, out=mode.buffers["dx", dy.shape])
