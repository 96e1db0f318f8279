"""Layers: one class is one layer. Importing this package fills the registry that menus and files read."""

from engine.layers.activation import GELU, Identity, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from engine.layers.base import Alone, Layer, Mode, ParameterShape, ShapeError
from engine.layers.conv import Conv
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.norm import BatchNorm
from engine.layers.pool import AvgPool, MaxPool
from engine.layers.reshape import Flatten

__all__ = [
    "GELU",
    "Alone",
    "AvgPool",
    "BatchNorm",
    "Conv",
    "Dense",
    "Dropout",
    "Flatten",
    "Identity",
    "Layer",
    "LeakyReLU",
    "MaxPool",
    "Mode",
    "ParameterShape",
    "ReLU",
    "ShapeError",
    "Sigmoid",
    "Softmax",
    "Tanh",
]
