"""Explanations of answers, each worked out once: for one network as one file held it, and one image. No streamlit."""

import functools

import numpy as np
from numpy.typing import NDArray

from engine import Model
from engine.datasets import DataError, load
from engine.explain import LayerMaps, Morph, Neighbour, Saliency, TrainingFeatures, ink_basis
from engine.explain import feature_maps as find_maps
from engine.explain import morph as find_morph
from engine.explain import saliency as find_saliency

NEAREST = 8
BASIS_IMAGES = 6_000  # from which the directions are found in which handwriting varies

Image = NDArray[np.uint8]


def _image(model: Model, pixels: bytes) -> Image:
    height, width, _ = model.checkpoint.image_shape
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


@functools.lru_cache(maxsize=64)
def saliency(model: Model, pixels: bytes, method: str, rival: int | None) -> Saliency:
    """Which pixels mattered; a Model is the same one only if it is the same object."""
    return find_saliency(model, _image(model, pixels), method, rival=rival)


@functools.lru_cache(maxsize=16)
def feature_maps(model: Model, pixels: bytes) -> tuple[LayerMaps, ...]:
    """What the layers' strongest units made of it."""
    return tuple(find_maps(model, _image(model, pixels), NEAREST))


@functools.lru_cache(maxsize=32)
def nearest(model: Model, pixels: bytes) -> tuple[Neighbour, ...]:
    """The training images most like it, for the network. Raises DataError where its data is gone."""
    return tuple(_features(model).nearest(_image(model, pixels), NEAREST))


@functools.lru_cache(maxsize=2)
def _features(model: Model) -> TrainingFeatures:
    return TrainingFeatures.of(model)


@functools.lru_cache(maxsize=16)
def morph(model: Model, pixels: bytes, target: int | None) -> Morph:
    """The smallest change to another digit that was found."""
    return find_morph(model, _image(model, pixels), _basis(model.config.data.source, model.image_size), target)


@functools.lru_cache(maxsize=4)
def _basis(source: str, size: int) -> NDArray[np.floating]:
    try:
        images = load(source).images
        if images.shape[1:] == (size, size):
            return ink_basis(images[:: max(1, len(images) // BASIS_IMAGES)])
    except DataError:
        pass  # the data is gone: smooth waves serve as well as may be
    return ink_basis(np.empty((0, size, size), np.uint8))
