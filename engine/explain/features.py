"""What a network's units made of one image: the strongest feature maps of each convolution, or the strongest units."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.explain.probe import Probe, as_pixels
from engine.layers import Conv, Dense, Dropout
from engine.layers.activation import Activation
from engine.layers.norm import BatchNorm
from engine.network import layer_name


@dataclass(frozen=True)
class LayerMaps:
    """The strongest units of one layer, strongest first.

    kind "maps": maps (k, height, width) are the responses of the channels, all over the image, after the layer's
    activation. kind "weights": the layer reads the image itself, each unit has one response, and maps are its
    weights laid out as the image.
    """

    name: str  # "0.conv"
    kind: str
    units: npt.NDArray[np.intp]  # (k,) which channels
    responses: Array  # (k,) deviation over the map, as a response everywhere says nothing; of a dense unit its response
    maps: Array


def feature_maps(model: Model, image: Bytes, most: int = 8) -> list[LayerMaps]:
    """For each convolution its `most` strongest maps; for a network without any, the first dense layer's units."""
    pixels = as_pixels(model, image)
    with np.errstate(all="ignore"):
        outputs = [np.nan_to_num(each) for each in Probe(model).layer_outputs(pixels[np.newaxis])]
    layers = model.network.layers
    found = []
    for number, layer in enumerate(layers):
        if isinstance(layer, Conv):
            maps = np.moveaxis(outputs[activated(model, number)][0], -1, 0)
            strength = maps.std(axis=(1, 2))
            units = np.argsort(-strength, kind="stable")[:most]
            found.append(LayerMaps(layer_name(number, layer), "maps", units, strength[units], maps[units]))
    return found or _first_dense(model, outputs, most)


def activated(model: Model, number: int) -> int:
    """The layer whose output is this one's after its normalization and activation."""
    layers = model.network.layers
    while number + 1 < len(layers) and isinstance(layers[number + 1], Activation | BatchNorm):
        number += 1
    return number


def source_of(model: Model, number: int) -> int:
    """The layer whose units this one's are: itself, or the one that it normalizes, activates or drops units of."""
    layers = model.network.layers
    while number > 0 and isinstance(layers[number], Activation | BatchNorm | Dropout):
        number -= 1
    return number


def _first_dense(model: Model, outputs: list[Array], most: int) -> list[LayerMaps]:
    height, width, _ = model.checkpoint.image_shape
    for number, layer in enumerate(model.network.layers):
        if isinstance(layer, Dense):
            weight = model.network.params[number]["weight"]
            if len(weight) != height * width:
                return []  # it reads something else than the image's pixels
            responses = outputs[activated(model, number)][0][: weight.shape[1]]
            units = np.argsort(-responses, kind="stable")[:most]
            maps = weight.T[units].reshape(-1, height, width).copy()
            return [LayerMaps(layer_name(number, layer), "weights", units, responses[units], maps)]
    return []
