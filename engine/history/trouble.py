"""What goes wrong in a run, in words, and what to do about it. Each function gives "" if all is well."""

import math
from typing import Any

import numpy as np

from engine.history import fields
from engine.history.reading import History
from engine.history.tables import Column
from engine.layers import Layer

FIRST_BATCHES = 20  # whose mean loss stands for the beginning
_PATIENT_BATCHES = 200  # before which nothing is called stuck
_PROBES = 5  # the newest ones, whose median says how large the steps are
_LARGE_STEP = 0.02  # of the weights' length: twenty times what is usual
_RATE = "optimizer.learning_rate"


def divergence(history: History) -> str:
    """The loss became infinite: where, after which change, and a learning rate to try."""
    dead = _dead_share(history)
    known = f" By then {percent(dead)} of the units were dead." if dead > 0.5 else ""
    opening = f"The loss became infinite at step {history.step:,}"
    raised = _raised_rate(history)
    if raised is None or history.step - raised[0] > max(history.steps_per_epoch, _PATIENT_BATCHES):
        return f"{opening}: the learning rate is too high{_smaller_rate(history)}.{known}"
    step, old, new = raised
    later = max(history.step - step, 1)
    return (
        f"{opening}, {later:,} step{'' if later == 1 else 's'} after the learning rate was raised from {old:g} to "
        f"{new:g}: that is too high; go back to {old:g}.{known}"
    )


def dead_layer(history: History) -> str:
    """All units of a layer are dead: the network gives every image the same answer."""
    name = next((name for name, share in history.dead_by_layer.items() if share == 1), None)
    if name is None:
        return ""
    return (
        f"All units of {_layer(name)} are dead: they answer every image alike, and nothing before them can learn. "
        f"Start again with a smaller learning rate{_such_as_smaller(history)}{_leaky(history).rstrip(',')}."
    )


def dead_units(history: History) -> str:
    """More than half of the units that can die did: the others have to do all the work."""
    share = _dead_share(history)
    layers = history.dead_by_layer
    if not share > 0.5:
        return ""
    most = max(layers, key=lambda name: layers[name], default="")
    where = f", most of them in {_layer(most)}" if len(layers) > 1 else ""
    return (
        f"{percent(share)} of the units are dead{where}: they answer every image alike and cannot learn. "
        f"A smaller learning rate{_such_as_smaller(history)}{_leaky(history)} keeps them alive."
    )


def slow_loss(history: History) -> str:
    """A loss that rises or does not move."""
    losses = history.batches["loss"]
    if len(losses) < 2 * FIRST_BATCHES:
        return ""
    first = mean(losses[:FIRST_BATCHES])
    newest = mean(losses[-max(len(losses) // 10, FIRST_BATCHES) :])
    if newest > 1.1 * first:
        tip = _smaller_rate(history)
        return f"The loss has risen from {first:.3g} to {newest:.3g}: the learning rate is too high{tip}."
    if len(losses) < _PATIENT_BATCHES or not newest > 0.97 * first:
        return ""
    moved = _step_share(history)
    if moved > _LARGE_STEP:
        return (
            f"The loss has hardly moved from {first:.3g}, though each step changes the weights by {percent(moved)}: "
            f"the learning rate is too high{_smaller_rate(history)}."
        )
    rate = float(history.batches["learning_rate"][-1])
    tip = f"; try {_rounded(10 * rate)}" if 0 < rate < 0.1 else " or the network cannot learn"
    return f"The loss has hardly moved from {first:.3g}: the learning rate is too low{tip}."


def _raised_rate(history: History) -> tuple[int, float, float] | None:
    """Step, old and new learning rate, if the last change of it was upwards."""
    for change in reversed(history.changes):
        for path in (_RATE, "optimizer"):
            if path in change.changes:
                old, new = (_rate_of(value) for value in change.changes[path])
                return (change.step, old, new) if 0 < old < new else None
    return None


def _rate_of(value: Any) -> float:
    """A learning rate, or that of an optimizer."""
    return fields.number(value.get("learning_rate") if isinstance(value, dict) else value)


def _step_share(history: History) -> float:
    """Length of an update by that of the weights, lately; NaN if it was not measured."""
    updates, weights = (history.probes[name][-_PROBES:] for name in ("update_norm", "weight_norm"))
    shares = updates[weights > 0] / weights[weights > 0]
    return float(np.median(shares)) if len(shares) else math.nan


def _dead_share(history: History) -> float:
    """Of all units that can die, at the last look; NaN if nobody looked."""
    shares = history.probes["dead"]
    shares = shares[np.isfinite(shares)]
    return float(shares[-1]) if len(shares) else math.nan


def _smaller_rate(history: History) -> str:
    """What to do about a learning rate that is too high."""
    raised = _raised_rate(history)
    if raised is not None:
        return f"; go back to {raised[1]:g}, as before step {raised[0]:,}"
    found = _tenth(history)
    return f"; try {found}" if found else ""


def _such_as_smaller(history: History) -> str:
    raised = _raised_rate(history)
    if raised is not None:
        return f" such as {raised[1]:g} (as before step {raised[0]:,})"
    found = _tenth(history)
    return f" such as {found}" if found else ""


def _tenth(history: History) -> str:
    """Of the largest learning rate so far."""
    rates = history.batches["learning_rate"]
    rates = rates[rates > 0]
    return _rounded(rates.max() / 10) if len(rates) else ""


def _leaky(history: History) -> str:
    relu = any(name.endswith(".relu") for name in history.dead_by_layer)
    return ", or LeakyReLU instead of ReLU," if relu else ""


def _layer(name: str) -> str:
    """ "4.relu" as people count and write: "layer 5 (ReLU)"."""
    number, _, kind = name.partition(".")
    written = next((each for each in Layer.members() if each.lower() == kind), kind)
    return f"layer {int(number) + 1} ({written})" if number.isdecimal() and len(number) < 6 else name


def _rounded(value: float) -> str:
    return f"{float(f'{value:.1g}'):g}"


def mean(values: Column) -> float:
    """Of the finite ones; NaN if there are none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def percent(share: float) -> str:
    """One place behind the point; never rounded up to 100."""
    percent = 100 * float(share)
    return f"{percent:.1f} %" if percent < 99.9 else f"{min(percent, 99.99):.2f} %" if percent < 100 else "100 %"
