"""What the weights are before training. Biases start at 0, whatever is chosen here."""

import math
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Shape
from engine.spec import Settings, option


@dataclass(frozen=True)
class Initializer(Settings, family="initializer"):
    """Base of the initializers."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        """Weights of `shape`; fan_in and fan_out are the numbers of weights into and out of a unit."""
        raise NotImplementedError


def _normal(rng: np.random.Generator, shape: Shape, deviation: float) -> Array:
    return rng.standard_normal(shape, np.float32) * np.float32(deviation)


def _uniform(rng: np.random.Generator, shape: Shape, limit: float) -> Array:
    return (rng.random(shape, np.float32) * 2 - 1) * np.float32(limit)


@dataclass(frozen=True)
class HeNormal(Initializer):
    """Keeps the size of the signals through ReLU layers: normal, standard deviation sqrt(2 / fan_in).

    (He, Zhang, Ren, Sun 2015, section 2.2)
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return _normal(rng, shape, math.sqrt(2 / fan_in))


@dataclass(frozen=True)
class HeUniform(Initializer):
    """The same spread as HeNormal from a uniform distribution: +-sqrt(6 / fan_in)."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return _uniform(rng, shape, math.sqrt(6 / fan_in))


@dataclass(frozen=True)
class GlorotNormal(Initializer):
    """Keeps signals and gradients of tanh and sigmoid layers in size: normal, sqrt(2 / (fan_in + fan_out)).

    (Glorot and Bengio 2010, equation 12)
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return _normal(rng, shape, math.sqrt(2 / (fan_in + fan_out)))


@dataclass(frozen=True)
class GlorotUniform(Initializer):
    """The same spread as GlorotNormal from a uniform distribution: +-sqrt(6 / (fan_in + fan_out)).

    (Glorot and Bengio 2010, equation 16)
    """

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return _uniform(rng, shape, math.sqrt(6 / (fan_in + fan_out)))


@dataclass(frozen=True)
class ScaledNormal(Initializer):
    """Normal with a mean and a standard deviation of your choice, whatever the layer's size."""

    deviation: float = option(0.01, "standard deviation of the weights", low=1e-6, high=10.0, log=True)
    mean: float = option(0.0, "mean of the weights; away from 0, units begin all on or all off", low=-1.0, high=1.0)

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        weights = _normal(rng, shape, self.deviation)
        return weights + np.float32(self.mean) if self.mean else weights


@dataclass(frozen=True)
class Zeros(Initializer):
    """All weights 0: every unit of a layer stays the same as its neighbours, and nothing is learned."""

    def draw(self, rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        return np.zeros(shape, np.float32)
