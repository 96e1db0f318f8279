"""One unit's sum, forward and backward, term by term, for one image.

A unit is one number of a layer's output: of Dense the unit j, of Conv and of BatchNorm after it the channel o at row i
and column j. With x_k what it reads, w_k its weights and b its bias:

    y = sum_k x_k w_k + b
    dL/dw_k = x_k dL/dy (a convolution adds this up over all places, for its kernel is the same at each)
    dL/db = dL/dy,  and to dL/dx_k it adds w_k dL/dy

Batch normalization reads one number: h = (x - mean) / sqrt(var + epsilon), y = scale h + shift.
(Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors")
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array
from engine.explain.unit_trace import Trace, elementwise
from engine.layers import BatchNorm, Conv, Dense, Softmax
from engine.network import Network, layer_name

Place = tuple[int, ...]


@dataclass(frozen=True)
class Sum:
    """The terms of a unit's sum, in the order of its weights.

    places      (k, axes) where in the layer's input each x lies; outside of it for a convolution's padding
    own         (k,) x dL/dy: what this place gives to the gradient of each weight
    gradients   (k,) the whole gradient of each weight for this image; equal to `own` in a dense layer
    back        (k,) w dL/dy: what this unit gives to the gradient of each input
    index       of the weights in the layer's array: weight[index] are (k,) or fold to it
    """

    places: npt.NDArray[np.intp]
    x: Array
    weights: Array
    bias: float | None
    own: Array
    gradients: Array
    back: Array
    bias_gradient: float
    weight_indices: npt.NDArray[np.intp]  # (k, axes) of each weight in the layer's array

    @property
    def products(self) -> Array:
        """x w, (k,)."""
        return self.x * self.weights

    def largest(self, count: int) -> npt.NDArray[np.intp]:
        """Terms with the largest products, by size; those that are 0 are left out."""
        sizes = np.abs(self.products)
        order = np.argsort(-sizes, kind="stable")[:count]
        return order[sizes[order] > 0]


@dataclass(frozen=True)
class Norm:
    """What batch normalization does to one number, in evaluation."""

    x: float
    mean: float
    var: float
    epsilon: float
    scale: float
    shift: float
    h: float
    scale_gradient: float  # of this image, all places of the channel together
    shift_gradient: float
    own_scale_gradient: float  # dL/dy h: of this place
    back: float  # dL/dx


@dataclass(frozen=True)
class After:
    """A layer behind the unit that works number by number: what it makes of this one, and of its gradient."""

    layer: int
    name: str
    x: float
    y: float
    dy: float
    dx: float


@dataclass(frozen=True)
class UnitStep:
    """All numbers of one unit for one image. y and dy are the engine's own."""

    layer: int
    name: str
    place: Place
    y: float
    dy: float
    maths: Sum | Norm
    after: tuple[After, ...]


def layers_with_weights(network: Network) -> list[int]:
    """The numbers of the layers whose units can be looked at."""
    return [number for number, layer in enumerate(network.layers) if isinstance(layer, Dense | Conv | BatchNorm)]


def unit_shape(network: Network, layer: int) -> Place:
    """Extents of the places that a unit of this layer can have; the constant output of a bias unit is none."""
    shape, kind = network.shapes[layer + 1], network.layers[layer]
    return (kind.units,) if isinstance(kind, Dense) else shape


def strongest_unit(network: Network, trace: Trace, layer: int) -> Place:
    """The unit that mattered most for this image: with the largest |y dL/dy|, to first order what its absence costs.

    Where no gradient arrives, the one with the largest |y|.
    """
    shape = unit_shape(network, layer)
    y = trace.outputs[layer][..., : shape[-1]]
    effect = np.abs(np.nan_to_num(y * trace.d_outputs[layer][..., : shape[-1]]))
    best = np.argmax(effect if effect.any() else np.abs(np.nan_to_num(y)))
    return tuple(int(axis) for axis in np.unravel_index(best, y.shape))


def unit_step(network: Network, trace: Trace, layer: int, place: Place) -> UnitStep:
    """The numbers of the unit at `place` of a layer's output. Raises ValueError for a unit that there is not."""
    if layer not in layers_with_weights(network):
        raise ValueError(f"layer {layer} has no weights; layers with weights are {layers_with_weights(network)}.")
    shape = unit_shape(network, layer)
    if len(place) != len(shape) or not all(0 <= at < extent for at, extent in zip(place, shape, strict=True)):
        raise ValueError(f"a unit of layer {layer} has a place within {shape}; got {place}.")
    kind = network.layers[layer]
    if isinstance(kind, Dense):
        maths: Sum | Norm = _dense(network, trace, layer, place)
    elif isinstance(kind, Conv):
        maths = _conv(network, trace, layer, place, kind)
    else:
        maths = _norm(network, trace, layer, place)
    y, dy = float(trace.outputs[layer][place]), float(trace.d_outputs[layer][place])
    return UnitStep(layer, layer_name(layer, kind), place, y, dy, maths, _after(network, trace, layer, place))


def _dense(network: Network, trace: Trace, layer: int, place: Place) -> Sum:
    params, grads = network.params[layer], network.views(trace.gradient)[layer]
    unit, x, dy = place[0], trace.inputs[layer], trace.d_outputs[layer][place]
    weights = params["weight"][:, unit]
    rows = np.arange(len(x))
    return Sum(
        places=rows[:, np.newaxis],
        x=x,
        weights=weights.copy(),
        bias=float(params["bias"][unit]) if "bias" in params else None,
        own=x * dy,
        gradients=grads["weight"][:, unit].copy(),
        back=weights * dy,
        bias_gradient=float(grads["bias"][unit]) if "bias" in grads else 0.0,
        weight_indices=np.stack([rows, np.full(len(x), unit)], axis=1),
    )


def _conv(network: Network, trace: Trace, layer: int, place: Place, conv: Conv) -> Sum:
    params, grads = network.params[layer], network.views(trace.gradient)[layer]
    row, column, channel = place
    x, dy = trace.inputs[layer], trace.d_outputs[layer][place]
    before, after = conv.pads()
    padded = np.pad(x, ((before, after), (before, after), (0, 0)))
    top, left = row * conv.stride, column * conv.stride
    window = padded[top : top + conv.kernel, left : left + conv.kernel]
    kernel = params["weight"][..., channel]
    inside = np.indices(kernel.shape).reshape(3, -1).T
    flat = window.reshape(-1)
    return Sum(
        places=inside + np.array([top - before, left - before, 0]),
        x=flat,
        weights=kernel.reshape(-1).copy(),
        bias=float(params["bias"][channel]) if "bias" in params else None,
        own=flat * dy,
        gradients=grads["weight"][..., channel].reshape(-1).copy(),
        back=kernel.reshape(-1) * dy,
        bias_gradient=float(grads["bias"][channel]) if "bias" in grads else 0.0,
        weight_indices=np.column_stack([inside, np.full(len(inside), channel)]),
    )


def _norm(network: Network, trace: Trace, layer: int, place: Place) -> Norm:
    norm, params, grads = network.layers[layer], network.params[layer], network.views(trace.gradient)[layer]
    channel = place[-1]
    mean, var, scale, shift = (float(params[name][channel]) for name in ("mean", "var", "scale", "shift"))
    epsilon = norm.epsilon if isinstance(norm, BatchNorm) else 0.0
    x = float(trace.inputs[layer][place])
    h = (x - mean) / math.sqrt(var + epsilon)
    return Norm(
        x=x,
        mean=mean,
        var=var,
        epsilon=epsilon,
        scale=scale,
        shift=shift,
        h=h,
        scale_gradient=float(grads["scale"][channel]),
        shift_gradient=float(grads["shift"][channel]),
        own_scale_gradient=float(trace.d_outputs[layer][place]) * h,
        back=float(trace.d_inputs[layer][place]),
    )


def _after(network: Network, trace: Trace, layer: int, place: Place) -> tuple[After, ...]:
    """The layers that follow number by number, until one mixes places."""
    found = []
    for number in range(layer + 1, len(network.layers)):
        kind = network.layers[number]
        if not elementwise(kind, trace, number) or isinstance(kind, Softmax):
            break
        arrays = (trace.inputs, trace.outputs, trace.d_outputs, trace.d_inputs)
        x, y, dy, dx = (float(each[number][place]) for each in arrays)
        found.append(After(number, layer_name(number, kind), x, y, dy, dx))
    return tuple(found)
