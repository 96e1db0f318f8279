"""An optimizer's step of one weight as formulas with their numbers, in LaTeX. No streamlit.

eta is the learning rate of this step, t the number of steps since the optimizer's memory began.
"""

import math

from dashboard.inside.by_hand_formula import aligned
from dashboard.inside.by_hand_numbers import factor, latex, term
from dashboard.inside.microscope_work import Seen
from engine.explain.microscope_weight import WeightStep
from engine.optimizers import Adam, Momentum, Nesterov, Optimizer, RMSProp

Line = tuple[str, str]
NEW = r"w_{\text{new}}"


def gradient_lines(seen: Seen) -> list[Line]:
    """The gradient of the batch, and what clipping and penalties make of it."""
    weight, config = seen.weight, seen.config
    lines = [(r"g", rf"\frac{{\partial L}}{{\partial w}} = \mathbf{{{latex(weight.gradient)}}}")]
    if weight.clipped != weight.gradient:
        limit = rf"\frac{{{latex(config.clip_norm)}}}{{{latex(seen.norm)}}}"
        numbers = rf"{factor(weight.gradient)} \cdot {limit} = \mathbf{{{latex(weight.clipped)}}}"
        lines.append(("g", rf"g\, \frac{{c}}{{\lVert g \rVert}} = {numbers}"))
    if weight.l2 or weight.l1:
        rule = (
            "g"
            + (r" + \lambda_2 w" if weight.l2 else "")
            + (r" + \lambda_1 \operatorname{sign} w" if weight.l1 else "")
        )
        numbers = latex(weight.clipped)
        if weight.l2:
            numbers += rf" + {latex(weight.l2)} \cdot {factor(weight.before)}"
        if weight.l1:
            numbers += term(math.copysign(weight.l1, weight.before))
        lines.append(("g", rf"{rule} = {numbers} = \mathbf{{{latex(weight.regularized)}}}"))
    return lines


def optimizer_lines(weight: WeightStep, optimizer: Optimizer) -> list[Line]:
    """What the optimizer remembers, and what it makes of it."""
    if isinstance(optimizer, Adam):
        return _adam(weight, optimizer)
    g = factor(weight.regularized)
    if isinstance(optimizer, RMSProp):
        s, kept = weight.slots_before["square"], optimizer.decay
        rule = r"\rho\, s + (1 - \rho)\, g^2"
        numbers = rf"{latex(kept)} \cdot {factor(s)} + {latex(1 - kept)} \cdot {g}^2"
        return [("s", rf"{rule} = {numbers} = \mathbf{{{latex(weight.slots_after['square'])}}}")]
    if isinstance(optimizer, Momentum):
        v, kept = weight.slots_before["velocity"], optimizer.momentum
        after = weight.slots_after["velocity"]
        numbers = rf"{latex(kept)} \cdot {factor(v)}{term(weight.regularized)}"
        lines = [("v", rf"\mu\, v + g = {numbers} = \mathbf{{{latex(after)}}}")]
        if isinstance(optimizer, Nesterov):
            ahead = rf"{latex(weight.regularized)} + {latex(kept)} \cdot {factor(after)}"
            lines.append(("d", rf"g + \mu\, v = {ahead} = \mathbf{{{latex(weight.direction)}}}"))
        return lines
    return []


def _adam(weight: WeightStep, optimizer: Adam) -> list[Line]:
    g, before, after = factor(weight.regularized), weight.slots_before, weight.slots_after
    b1, b2, t = optimizer.momentum, optimizer.decay, weight.count
    m = rf"{latex(b1)} \cdot {factor(before['m'])} + {latex(1 - b1)} \cdot {g}"
    v = rf"{latex(b2)} \cdot {factor(before['v'])} + {latex(1 - b2)} \cdot {g}^2"
    m_hat = rf"\frac{{{latex(after['m'])}}}{{1 - {latex(b1)}^{{{t}}}}}"
    v_hat = rf"\frac{{{latex(after['v'])}}}{{1 - {latex(b2)}^{{{t}}}}}"
    return [
        ("m", rf"\beta_1 m + (1 - \beta_1)\, g = {m} = \mathbf{{{latex(after['m'])}}}"),
        ("v", rf"\beta_2 v + (1 - \beta_2)\, g^2 = {v} = \mathbf{{{latex(after['v'])}}}"),
        (r"\hat m", rf"\frac{{m}}{{1 - \beta_1^t}} = {m_hat} = \mathbf{{{latex(weight.m_hat)}}}"),
        (r"\hat v", rf"\frac{{v}}{{1 - \beta_2^t}} = {v_hat} = \mathbf{{{latex(weight.v_hat)}}}"),
    ]


def weight_lines(weight: WeightStep, optimizer: Optimizer) -> list[Line]:
    """The new weight."""
    if weight.frozen:
        return [(NEW, rf"w = \mathbf{{{latex(weight.after, 6)}}}")]
    lines = []
    if weight.decoupled:
        numbers = rf"{factor(weight.before)}\, (1 - {latex(weight.rate)} \cdot {latex(weight.decoupled)})"
        lines.append(("w", rf"w\, (1 - \eta \lambda) = {numbers} = \mathbf{{{latex(weight.decayed, 6)}}}"))
    start, rate = latex(weight.decayed, 6), latex(weight.rate)
    result = rf"\mathbf{{{latex(weight.after, 6)}}}"
    if isinstance(optimizer, Adam):
        rule = r"\frac{\hat m}{\sqrt{\hat v} + \varepsilon}"
        below = rf"\sqrt{{{latex(weight.v_hat)}}} + {latex(optimizer.epsilon)}"
        numbers = rf"\frac{{{latex(weight.m_hat)}}}{{{below}}}"
    elif isinstance(optimizer, RMSProp):
        rule = r"\frac{g}{\sqrt{s} + \varepsilon}"
        below = rf"\sqrt{{{latex(weight.slots_after['square'])}}} + {latex(optimizer.epsilon)}"
        numbers = rf"\frac{{{latex(weight.regularized)}}}{{{below}}}"
    else:
        rule = "d" if isinstance(optimizer, Nesterov) else "v" if isinstance(optimizer, Momentum) else "g"
        numbers = factor(weight.direction)
    lines.append((NEW, rf"w - \eta\, {rule}"))
    lines.append(("", rf"{start} - {rate} \cdot {numbers} = {result}"))
    return lines


def whole(seen: Seen) -> list[str]:
    """The three parts: the gradient, what is remembered, the new weight. Parts without lines are left out."""
    weight, optimizer = seen.weight, seen.config.optimizer
    remembered = [] if weight.frozen else optimizer_lines(weight, optimizer)
    parts = [gradient_lines(seen), remembered, weight_lines(weight, optimizer)]
    return [aligned(lines) for lines in parts if lines]
