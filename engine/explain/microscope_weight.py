"""One weight's step, term by term, by the formula of the run's optimizer.

    g1 = g, or g c / |g| where clipping to c shortens the gradient
    g2 = g1 + l2 w + l1 sign(w)          of weights; biases, scales and shifts are left alone
    w1 = w (1 - r d)                     d: decoupled decay, of the penalty and of AdamW together
    w' = w1 - step                       by the optimizer, from g2 and what it remembers

These numbers are worked out here anew, in float64 from the engine's float32, so that each can be seen; the weight that
the engine itself comes to is `after`, and equal but for rounding.
"""

import math
from dataclasses import dataclass

import numpy as np

from engine.explain.microscope import Change
from engine.network import Slot
from engine.optimizers import Adam, Momentum, Nesterov, RMSProp

CHOICES = ("gradient", "step", "weight")  # by which size a weight can be picked


@dataclass(frozen=True)
class WeightStep:
    """Numbers of one parameter.

    slots_before, slots_after   by the names of the formula: "velocity", "square", "m" and "v" as in the paper
    direction                   what the rate is multiplied by: g2, the velocity, m^ / (sqrt(v^) + epsilon)
    m_hat, v_hat                Adam's, corrected for their start from 0; NaN for others
    frozen                      its layer does not learn: no step is made
    """

    name: str
    index: tuple[int, ...]
    before: float
    after: float
    gradient: float
    clipped: float
    l2: float
    l1: float
    regularized: float
    decoupled: float
    decayed: float
    slots_before: dict[str, float]
    slots_after: dict[str, float]
    m_hat: float
    v_hat: float
    direction: float
    rate: float
    count: int
    frozen: bool

    @property
    def by_formula(self) -> float:
        """The new weight as the formula gives it, in float64."""
        return self.before if self.frozen else self.decayed - self.rate * self.direction


def find_slot(change: Change, name: str) -> Slot:
    """Where an array lies in the vectors. Raises ValueError with the names there are."""
    for slot in change.network.slots:
        if slot.name == name:
            return slot
    known = ", ".join(slot.name for slot in change.network.slots)
    raise ValueError(f"there is no array {name!r} of weights; there are {known}.")


def pick_weight(change: Change, choice: str, name: str = "") -> tuple[str, tuple[int, ...]]:
    """The parameter with the largest gradient, step or weight: of one array, or of all that learn.

    Raises ValueError for a choice that is not in CHOICES.
    """
    if choice not in CHOICES:
        raise ValueError(f"a weight is picked by one of {', '.join(CHOICES)}; got {choice!r}.")
    vectors = {"gradient": change.gradient, "step": change.after - change.before, "weight": change.before}
    sizes = np.abs(np.nan_to_num(vectors[choice]))
    slot = find_slot(change, name) if name else None
    first, stop = (slot.start, slot.stop) if slot is not None else (0, change.network.trained)
    place = first + int(np.argmax(sizes[first:stop]))
    slot = next(each for each in change.network.slots if each.start <= place < each.stop)
    index = np.unravel_index(place - slot.start, slot.details.shape)
    return slot.name, tuple(int(axis) for axis in index)


def weight_step(change: Change, name: str, index: tuple[int, ...]) -> WeightStep:
    """The step of one parameter. Raises ValueError where there is none of that name or place."""
    slot = find_slot(change, name)
    shape = slot.details.shape
    if len(index) != len(shape) or not all(0 <= at < extent for at, extent in zip(index, shape, strict=True)):
        raise ValueError(f"a place in {name} lies within {shape}; got {index}.")
    place = slot.start + int(np.ravel_multi_index(index, shape))
    config, optimizer = change.config, change.config.optimizer
    frozen, is_weight = place >= change.network.trained or change.diverged, place < change.network.decayed
    w, g = float(change.before[place]), float(change.gradient[place])
    limit, penalty = config.clip_norm, config.penalty
    clipped = g * limit / change.norm if limit and change.norm > limit else g
    l2, l1 = (penalty.l2, penalty.l1) if is_weight else (0.0, 0.0)
    decoupled = penalty.decoupled + optimizer.decoupled_decay if is_weight else 0.0
    regularized = clipped + l2 * w + l1 * float(np.sign(w))
    before = {slot: float(array[place]) for slot, array in change.slots_before.items()}
    before = textbook(change, before)
    after, m_hat, v_hat, direction = _moved(change, before, regularized)
    return WeightStep(
        name,
        index,
        w,
        float(change.after[place]),
        g,
        clipped,
        l2,
        l1,
        regularized,
        decoupled,
        w * (1 - change.rate * decoupled),
        before,
        before if frozen else after,
        m_hat,
        v_hat,
        direction,
        change.rate,
        change.count,
        frozen,
    )


def textbook(change: Change, slots: dict[str, float]) -> dict[str, float]:
    """The engine's slots of one parameter as the formula means them."""
    optimizer = change.config.optimizer
    if isinstance(optimizer, Adam):
        return {"m": slots["m"] * (1 - optimizer.momentum), "v": slots["v"] * (1 - optimizer.decay)}
    return slots


def _moved(change: Change, slots: dict[str, float], g: float) -> tuple[dict[str, float], float, float, float]:
    """(slots after, m^, v^, direction) by the formulas of optimizers.py."""
    optimizer, count = change.config.optimizer, change.count
    if isinstance(optimizer, Adam):
        b1, b2 = optimizer.momentum, optimizer.decay
        m, v = b1 * slots["m"] + (1 - b1) * g, b2 * slots["v"] + (1 - b2) * g * g
        m_hat, v_hat = m / (1 - b1**count), v / (1 - b2**count)
        return {"m": m, "v": v}, m_hat, v_hat, m_hat / (math.sqrt(v_hat) + optimizer.epsilon)
    if isinstance(optimizer, RMSProp):
        s = optimizer.decay * slots["square"] + (1 - optimizer.decay) * g * g
        return {"square": s}, math.nan, math.nan, g / (math.sqrt(s) + optimizer.epsilon)
    if isinstance(optimizer, Momentum):
        v = optimizer.momentum * slots["velocity"] + g
        ahead = g + optimizer.momentum * v if isinstance(optimizer, Nesterov) else v
        return {"velocity": v}, math.nan, math.nan, ahead
    return {}, math.nan, math.nan, g
