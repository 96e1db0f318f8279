"""One image's way through a network and back, with every number that the layers' own maths gives on it.

Layers run in evaluation, one after the other as they are listed. A network that trains may pool before it activates
(see network.plan), which changes the order of the work but no result; and it takes batch statistics where this takes
the running means, and switches units off where this does not: with one image there is no batch.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Checkpoint, copy_named
from engine.layers import Layer
from engine.losses import Loss
from engine.network import Network, Pass


@dataclass(frozen=True)
class Trace:
    """What went into and came out of each layer, and the gradients of the loss by both; no batch axis.

    inputs[i], outputs[i]       what layer i got and gave
    d_inputs[i], d_outputs[i]   dL/dx and dL/dy of layer i
    gradient                    dL/dw of all parameters, laid out as the network's vector
    d_network                   dL/dy of the last layer, which the loss gives
    """

    inputs: list[Array]
    outputs: list[Array]
    d_inputs: list[Array]
    d_outputs: list[Array]
    gradient: Array
    loss: float
    label: int

    @property
    def network_outputs(self) -> Array:
        """What the last layer gave out, (classes,)."""
        return self.outputs[-1]


def raw_network(saved: Checkpoint) -> Network:
    """The network with the weights that the optimizer changes: not their running mean, where there is one."""
    network = Network(saved.config.layers, saved.image_shape, frozenset(saved.config.frozen))
    copy_named(saved.params, network.named(network.vector))
    copy_named(saved.tracked, network.tracked)
    return network


def trace(network: Network, loss: Loss, x: Array, label: int) -> Trace:
    """Forward and backward for one network input x (height, width, 1), as Scaling.apply gives it.

    Raises ValueError for another shape, or a label that the network has no class for.
    """
    if x.shape != network.input_shape:
        raise ValueError(f"expected an input of shape {network.input_shape}; got {x.shape}.")
    classes = network.output_shape[0]
    if not 0 <= label < classes:
        raise ValueError(f"the label must be from 0 to {classes - 1}, the classes of this network; got {label}.")
    through = Pass(network, None, wants_input_gradient=True)
    gradient = np.zeros_like(network.vector)
    views = network.views(gradient)
    inputs, outputs, caches = [], [], []
    y: Array = x[np.newaxis]
    for layer, params, mode in zip(network.layers, network.params, through.modes, strict=True):
        inputs.append(y[0].copy())
        y, cache = layer.forward(params, y, mode)
        outputs.append(y[0].copy())
        caches.append(cache)
    labels: Bytes = np.array([label], np.uint8)
    value, dy = loss.value_and_gradient(y, labels, 1, through.buffers)
    d_inputs, d_outputs = [], []
    for number in range(len(network.layers) - 1, -1, -1):
        d_outputs.append(dy[0].copy())
        dx = network.layers[number].backward(network.params[number], views[number], caches[number], dy)
        dy = np.zeros_like(inputs[number])[np.newaxis] if dx is None else dx
        d_inputs.append(dy[0].copy())
    return Trace(inputs, outputs, d_inputs[::-1], d_outputs[::-1], gradient, float(value), label)


def elementwise(layer: Layer, trace: Trace, number: int) -> bool:
    """Whether each output of the layer comes from the input at the same place alone, or nearly so."""
    return trace.inputs[number].shape == trace.outputs[number].shape and layer.group in ("activation", "regularization")
