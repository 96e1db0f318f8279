"""Optimizers: a few operations on the whole parameter vector.

In the formulas p is the vector of parameters, g the gradient, r the learning rate that the schedule gives for
this step; all are vectors of the same length, or numbers. `slots` are vectors that the optimizer keeps from step
to step; `work` is memory for one intermediate result.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.spec import Settings, option


@dataclass(frozen=True)
class Optimizer(Settings, family="optimizer"):
    """Base of the optimizers."""

    slot_names: ClassVar[tuple[str, ...]] = ()

    learning_rate: float = option(
        0.1, "how far each step goes along the gradient", low=1e-6, high=10.0, log=True, live=True
    )

    @property
    def decoupled_decay(self) -> float:
        """w in p <- p - r w p, which is applied to the weights (not the biases) before the update."""
        return 0.0

    def update(self, p: Array, g: Array, slots: dict[str, Array], rate: float, step: int, work: Array) -> None:
        """Change p in place. `step` counts from 1 since the slots began, at 0. g may be overwritten."""
        raise NotImplementedError

    def take_over(self, before: "Optimizer", slots: dict[str, Array]) -> None:
        """Make slots that the same kind of optimizer filled under other settings into this one's."""


@dataclass(frozen=True)
class SGD(Optimizer):
    """Gradient descent on batches, the plainest rule: a step against the gradient.

    p <- p - r g   (Robbins and Monro 1951)
    """

    def update(self, p: Array, g: Array, slots: dict[str, Array], rate: float, step: int, work: Array) -> None:
        p -= np.multiply(g, rate, out=work)


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Gradient descent that keeps rolling: past gradients carry on, so steps along a valley add up.

    v <- m v + g;  p <- p - r v   (Polyak 1964; Sutskever et al. 2013)
    """

    slot_names = ("velocity",)

    learning_rate: float = option(
        0.05, "how far each step goes along the velocity", low=1e-6, high=10.0, log=True, live=True
    )
    momentum: float = option(0.9, "share of the velocity that is kept", low=0.0, high=0.999, live=True)

    def update(self, p: Array, g: Array, slots: dict[str, Array], rate: float, step: int, work: Array) -> None:
        v = slots["velocity"]
        v *= self.momentum
        v += g
        p -= np.multiply(v, rate, out=work)


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum that looks ahead: the gradient counts as if taken where the velocity will have led.

    v <- m v + g;  p <- p - r (g + m v)   (Nesterov 1983, in the form of Sutskever et al. 2013)
    """

    def update(self, p: Array, g: Array, slots: dict[str, Array], rate: float, step: int, work: Array) -> None:
        v = slots["velocity"]
        v *= self.momentum
        v += g
        ahead = np.multiply(v, self.momentum, out=work)
        ahead += g
        ahead *= rate
        p -= ahead


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """Divides each gradient by its usual size, so that all parameters move at a similar pace.

    s <- d s + (1 - d) g^2;  p <- p - r g / (sqrt(s) + epsilon)   (Tieleman and Hinton 2012, lecture 6.5)
    """

    slot_names = ("square",)

    learning_rate: float = option(0.001, "usual size of a step", low=1e-6, high=10.0, log=True, live=True)
    decay: float = option(0.99, "share of the mean square that is kept", low=0.0, high=0.9999, live=True)
    epsilon: float = option(1e-8, "against division by 0", low=1e-12, high=0.1, log=True)

    def update(self, p: Array, g: Array, slots: dict[str, Array], rate: float, step: int, work: Array) -> None:
        s = slots["square"]
        s *= self.decay
        np.multiply(g, g, out=work)
        work *= 1 - self.decay
        s += work
        np.sqrt(s, out=work)
        work += self.epsilon
        np.divide(g, work, out=work)
        work *= rate
        p -= work


@dataclass(frozen=True)
class Adam(Optimizer):
    """Momentum and RMSProp together, corrected for their start from 0. A good first choice.

    m <- b1 m + (1 - b1) g;  v <- b2 v + (1 - b2) g^2
    p <- p - r [m / (1 - b1^t)] / (sqrt(v / (1 - b2^t)) + epsilon)   (Kingma and Ba 2015, algorithm 1)

    The slots hold m / (1 - b1) and v / (1 - b2), so that two of twelve operations on whole vectors become numbers.
    """

    slot_names = ("m", "v")

    learning_rate: float = option(0.001, "usual size of a step", low=1e-6, high=10.0, log=True, live=True)
    momentum: float = option(0.9, "b1, share of the mean gradient that is kept", low=0.0, high=0.999, live=True)
    decay: float = option(0.999, "b2, share of the mean square that is kept", low=0.0, high=0.9999, live=True)
    epsilon: float = option(1e-8, "against division by 0", low=1e-12, high=0.1, log=True)

    def update(self, p: Array, g: Array, slots: dict[str, Array], rate: float, step: int, work: Array) -> None:
        m, v = slots["m"], slots["v"]
        m *= self.momentum
        m += g
        v *= self.decay
        g *= g
        v += g
        # with M = m / (1 - b1) and V = v / (1 - b2):  m / c1 = k1 M,  sqrt(v / c2) + e = k2 (sqrt(V) + e / k2)
        k1 = (1 - self.momentum) / (1 - self.momentum**step)
        k2 = math.sqrt((1 - self.decay) / (1 - self.decay**step))
        np.sqrt(v, out=work)
        work += self.epsilon / k2
        np.divide(m, work, out=work)
        work *= rate * k1 / k2
        p -= work

    def take_over(self, before: Optimizer, slots: dict[str, Array]) -> None:
        """m and v stay what they are, where the factors that they are kept without have changed."""
        if isinstance(before, Adam):
            slots["m"] *= (1 - before.momentum) / (1 - self.momentum)
            slots["v"] *= (1 - before.decay) / (1 - self.decay)


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam whose decay pulls the weights themselves towards 0, past the division by the gradients' size.

    p <- p - r w p for the weights (not the biases), then Adam   (Loshchilov and Hutter 2019, algorithm 2)
    """

    weight_decay: float = option(
        0.01, "share of each weight that a step of size 1 takes off", low=0.0, high=10.0, log=True, live=True
    )

    @property
    def decoupled_decay(self) -> float:
        return self.weight_decay
