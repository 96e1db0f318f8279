"""What a unit's number is made of: the share of each of its inputs, for one image.

Dense         z = b + sum over i of x_i W[i, unit]                       the part of input i is one number
Conv          z = b + sum over c of (x_c * W[:, :, c, unit])             the part of channel c is a map
All others    z depends on one unit of the layer before, whose part is all of it
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array
from engine.checkpoint import Model
from engine.layers import Conv, Dense, Flatten


@dataclass(frozen=True)
class Contributions:
    """The parts of one unit's response, the largest first.

    inputs   (k,) units or channels of the layer's input
    parts    (k, rows, cols) what each of them adds to the response, before bias and activation; (k, 1, 1) where the
             unit has one number
    shares   (k,) the sum of |part| over the map, of the largest of these; its sign is that of the part's sum
    kernels  (k, kernel, kernel) with which a convolution looks at each of them; empty for other layers
    bias     what is added to the sum of all parts
    count    inputs that there are in all
    """

    inputs: npt.NDArray[np.intp]
    parts: Array
    shares: Array
    kernels: Array
    bias: float
    count: int


def contributions(model: Model, x: Array, number: int, unit: int, most: int = 12) -> Contributions:
    """For layer `number` and one of its units, given the layer's input x for one image, without the batch axis.

    Raises ValueError for a unit that the layer does not have.
    """
    network = model.network
    layer, params = network.layers[number], network.params[number]
    units = network.shapes[number + 1][-1]
    if not 0 <= unit < units:
        raise ValueError(f"layer {number + 1} has units 0 to {units - 1}; got {unit}.")
    bias = float(params["bias"][unit]) if "bias" in params else 0.0
    kernels: Array = np.empty((0, 1, 1), np.float32)
    if isinstance(layer, Conv):
        kernels = np.moveaxis(params["weight"][..., unit], -1, 0)
        parts = _maps(layer, x, params["weight"][..., unit])
    elif isinstance(layer, Dense):
        if unit == params["weight"].shape[1]:  # the unit that is always 1
            return Contributions(np.empty(0, np.intp), np.empty((0, 1, 1)), np.empty(0), kernels, 1.0, 0)
        parts = (x * params["weight"][:, unit]).reshape(-1, 1, 1)
    else:
        source = unit % x.shape[-1] if isinstance(layer, Flatten) else unit
        part = x[..., source] if x.ndim == 3 and not isinstance(layer, Flatten) else x.reshape(-1)[unit].reshape(1, 1)
        one: Array = np.ones(1, np.float32)
        return Contributions(np.array([source], np.intp), np.reshape(part, (1, *part.shape)), one, kernels, 0.0, 1)
    sizes = np.nan_to_num(np.abs(parts).sum(axis=(1, 2)))
    order = np.argsort(-sizes, kind="stable")[:most]
    signs = np.where(parts[order].sum(axis=(1, 2)) < 0, -1, 1)
    shares = signs * sizes[order] / max(float(sizes.max(initial=0.0)), 1e-30)
    return Contributions(order, parts[order], shares, kernels[order] if len(kernels) else kernels, bias, len(parts))


def _maps(layer: Conv, x: Array, kernel: Array) -> Array:
    """(channels, rows, cols): each channel's own convolution, as the formula says it."""
    before, after = layer.pads()
    padded = np.pad(x, ((before, after), (before, after), (0, 0)))
    size = (layer.kernel, layer.kernel)
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=(0, 1))[:: layer.stride, :: layer.stride]
    found: Array = np.einsum("ijcuv,uvc->cij", windows, kernel, optimize=True)
    return found
