"""Fully connected layer."""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Shape, ones
from engine.layers.base import Cache, Layer, Mode, ParameterShape, Params, needs_flat, option


@dataclass(frozen=True)
class Dense(Layer):
    """Every output is a weighted sum of all inputs.

    y = x W + b        x (n, inputs), W (inputs, units), b (units,)
    dW = x^T dy,  db = sum of dy over the batch,  dx = dy W^T

    bias="unit" appends one output that is always 1 and has no incoming weights: what follows reads its bias
    from it, as in the classical texts (Rumelhart, Hinton, Williams 1986).
    """

    group = "weights"

    units: int = option(128, "number of outputs", low=1, high=4096)
    bias: str = option(
        "separate",
        "separate: one learned number for each output; unit: one more output that is always 1; none: no bias",
        choices=("separate", "unit", "none"),
    )

    def output_shape(self, shape: Shape) -> Shape:
        needs_flat(self, shape)
        return (self.units + (self.bias == "unit"),)

    def parameters(self, shape: Shape) -> dict[str, ParameterShape]:
        weight = ParameterShape((shape[0], self.units), fan_in=shape[0], fan_out=self.units)
        bias = {"bias": ParameterShape((self.units,))} if self.bias == "separate" else {}
        return {"weight": weight} | bias

    def macs(self, shape: Shape) -> int:
        return shape[0] * self.units

    def forward(self, params: Params, x: Array, mode: Mode) -> tuple[Array, Cache]:
        if self.bias == "unit":
            y = mode.buffers["y", (len(x), self.units + 1)]
            np.matmul(x, params["weight"], out=y[:, :-1])  # np.dot writes only where rows follow each other
            y[:, -1] = 1
        else:
            y = mode.buffers["y", (len(x), self.units)]
            np.dot(x, params["weight"], out=y)
            if self.bias == "separate":
                y += params["bias"]
        return y, (x, mode)

    def backward(self, params: Params, grads: Params, cache: Cache, dy: Array) -> Array | None:
        x, mode = cache
        if self.bias == "unit":
            dy = dy[:, :-1]
        elif self.bias == "separate":
            np.dot(ones(len(dy), dy.dtype), dy, out=grads["bias"])
        np.dot(x.T, dy, out=grads["weight"])
        if not mode.wants_dx:
            return None
        return np.dot(dy, params["weight"].T, out=mode.buffers["dx", x.shape])
