"""A unit's sum and its gradients as formulas with their numbers, in LaTeX. No streamlit.

Each is a few aligned lines: the rule, the numbers put in, the result.
"""

from collections.abc import Sequence

import numpy as np

from dashboard.inside.by_hand_numbers import factor, latex, term
from dashboard.inside.by_hand_work import OutputStep
from engine.explain.unit import After, Norm, UnitStep
from engine.layers import Conv, Layer

SHOWN = 3  # terms that are written out; the rest is summed
DY = r"\frac{\partial L}{\partial y}"


def aligned(lines: Sequence[tuple[str, str]]) -> str:
    """(left side, right side) one below the other, at the equals signs."""
    rows = r" \\[4pt] ".join(f"{left} &= {right}" for left, right in lines)
    return rf"\begin{{aligned}} {rows} \end{{aligned}}"


def forward(unit: UnitStep, layer: Layer, others: str) -> str:
    """How y comes about. others: words for the terms that are not written out, such as "781 others"."""
    if isinstance(unit.maths, Norm):
        return _norm_forward(unit.maths, unit.y)
    terms = unit.maths
    rule = r"\sum_{u,v,c} x_{u,v,c}\, w_{u,v,c}" if isinstance(layer, Conv) else r"\sum_k x_k\, w_k"
    shown = terms.largest(SHOWN)
    products = terms.products.astype(np.float64)
    rest = float(products.sum() - products[shown].sum())
    bias = "" if terms.bias is None else " + b"
    numbers = " + ".join(rf"{factor(float(terms.x[k]))} \cdot {factor(float(terms.weights[k]))}" for k in shown)
    sums = "".join(term(float(products[k])) for k in shown).removeprefix(" + ").removeprefix(" ")
    lines = [("y", rf"{rule}{bias}")]
    has_rest = len(terms.x) > len(shown)
    dots = r" + \cdots" if has_rest else ""
    last = "" if terms.bias is None else term(terms.bias)
    if len(shown):
        lines.append(("", f"{numbers}{dots}{last}"))
    other = rf"\;\underbrace{{{term(rest)}}}_{{\text{{{others}}}}}" if has_rest else ""
    lines.append(("", f"{sums}{other}{last}" or "0"))
    lines.append(("", rf"\mathbf{{{latex(unit.y)}}}"))
    return aligned(lines)


def _norm_forward(norm: Norm, y: float) -> str:
    return aligned(
        [
            ("h", r"\frac{x - \mathrm{mean}}{\sqrt{\mathrm{var} + \varepsilon}}"),
            ("", _normalized(norm) + f" = {latex(norm.h)}"),
            ("y", r"\mathrm{scale} \cdot h + \mathrm{shift}"),
            ("", rf"{factor(norm.scale)} \cdot {factor(norm.h)}{term(norm.shift)} = \mathbf{{{latex(y)}}}"),
        ]
    )


def _normalized(norm: Norm) -> str:
    top = f"{latex(norm.x)}{term(-norm.mean)}"
    return rf"\frac{{{top}}}{{\sqrt{{{latex(norm.var)} + {latex(norm.epsilon)}}}}}"


def activation(each: After, kind: Layer) -> str:
    """One layer behind the unit, forward; the rule where it is short."""
    rules = {
        "ReLU": rf"\max({latex(each.x)},\, 0)",
        "LeakyReLU": rf"\max(z,\, {latex(getattr(kind, 'slope', 0.0))}\, z)",
        "Sigmoid": rf"\frac{{1}}{{1 + e^{{-{factor(each.x)}}}}}",
        "Tanh": rf"\tanh({latex(each.x)})",
        "GELU": r"\tfrac{z}{2} \left(1 + \tanh\left(\sqrt{2/\pi}\,(z + 0.0447\, z^3)\right)\right)",
        "Identity": latex(each.x),
    }
    rule = rules.get(type(kind).__name__, rf"\mathrm{{{type(kind).__name__}}}({latex(each.x)})")
    return rf"a = {rule} = \mathbf{{{latex(each.y)}}}"


def activation_back(each: After, kind: Layer) -> str:
    """The gradient on its way back through it."""
    slopes = {
        "ReLU": (r"[z > 0]", "1" if each.x > 0 else "0"),
        "Sigmoid": (r"a\,(1 - a)", rf"{factor(each.y)}\,(1 {term(-each.y)})"),
        "Tanh": (r"(1 - a^2)", rf"(1 - {factor(each.y)}^2)"),
    }
    rule, numbers = slopes.get(type(kind).__name__, ("f'(z)", None))
    if numbers is None:
        numbers = factor(each.dx / each.dy) if each.dy else "f'(z)"
    line = rf"\frac{{\partial L}}{{\partial z}} = \frac{{\partial L}}{{\partial a}}\, {rule}"
    return rf"{line} = {factor(each.dy)} \cdot {numbers} = \mathbf{{{latex(each.dx)}}}"


def backward(unit: UnitStep, layer: Layer, after: float | None) -> str:
    """What dL/dy gives to the weight with the largest product, to the bias and to its input."""
    if isinstance(unit.maths, Norm):
        return _norm_backward(unit.maths, unit)
    terms, dy = unit.maths, unit.dy
    shown = terms.largest(1)
    k = int(shown[0]) if len(shown) else int(np.argmax(np.abs(terms.weights)))
    x, w = float(terms.x[k]), float(terms.weights[k])
    own = latex(float(terms.own[k]))
    numbers = rf"{factor(x)} \cdot {factor(dy)}"
    if isinstance(layer, Conv):
        weight = r"\sum_{i,j} x^{(i,j)} \frac{\partial L}{\partial y_{i,j}}"
        numbers = rf"\underbrace{{{numbers}}}_{{{own}}} + \cdots = \mathbf{{{latex(float(terms.gradients[k]))}}}"
    else:
        weight, numbers = rf"x\, {DY}", rf"{numbers} = \mathbf{{{own}}}"
    lines = [(r"\frac{\partial L}{\partial w}", f"{weight} = {numbers}")]
    if terms.bias is not None:
        bias = r"\sum_{i,j} \frac{\partial L}{\partial y_{i,j}}" if isinstance(layer, Conv) else DY
        lines.append((r"\frac{\partial L}{\partial b}", rf"{bias} = \mathbf{{{latex(terms.bias_gradient)}}}"))
    given = rf"\mathbf{{{latex(float(terms.back[k]))}}}"
    back = rf"w\, {DY} + \cdots = {factor(w)} \cdot {factor(dy)} + \cdots = {given} + \cdots"
    lines.append((r"\frac{\partial L}{\partial x}", back))
    if after is not None:
        lines.append((r"w_{\text{new}}", rf"{latex(w, 6)} \;\to\; \mathbf{{{latex(after, 6)}}}"))
    return aligned(lines)


def _norm_backward(norm: Norm, unit: UnitStep) -> str:
    own, back = latex(norm.own_scale_gradient), rf"\mathbf{{{latex(norm.back)}}}"
    return aligned(
        [
            (
                r"\frac{\partial L}{\partial\, \mathrm{scale}}",
                rf"\sum h\, {DY} = \underbrace{{{factor(norm.h)} \cdot {factor(unit.dy)}}}_{{{own}}} + \cdots"
                rf" = \mathbf{{{latex(norm.scale_gradient)}}}",
            ),
            (
                r"\frac{\partial L}{\partial\, \mathrm{shift}}",
                rf"\sum {DY} = {latex(unit.dy)} + \cdots = \mathbf{{{latex(norm.shift_gradient)}}}",
            ),
            (
                r"\frac{\partial L}{\partial x}",
                rf"\frac{{\mathrm{{scale}}}}{{\sqrt{{\mathrm{{var}} + \varepsilon}}}}\, {DY} = {back}",
            ),
        ]
    )


def loss(output: OutputStep) -> str:
    """The loss with its numbers, and its gradient by the output of the right class."""
    k = output.label
    z, p, t, dz = (float(each[k]) for each in (output.outputs, output.shares, output.targets, output.gradient))
    if output.kind == "mse":
        count = len(output.outputs)
        return aligned(
            [
                ("L", rf"\tfrac{{1}}{{{count}}} \sum_k (y_k - t_k)^2 = \mathbf{{{latex(output.loss)}}}"),
                (
                    rf"\frac{{\partial L}}{{\partial y_{{{k}}}}}",
                    rf"\tfrac{{2}}{{{count}}} (y_{{{k}}} - t_{{{k}}}) = \tfrac{{2}}{{{count}}} ({latex(z)}{term(-t)})"
                    rf" = \mathbf{{{latex(dz)}}}",
                ),
            ]
        )
    smooth = bool(output.targets[(k + 1) % len(output.targets)])
    value = r"-\sum_k t_k \log p_k" if smooth else rf"-\log p_{{{k}}} = -\log {latex(p)}"
    below = r"\sum_k e^{z_k}"
    share = rf"\frac{{e^{{z_{{{k}}}}}}}{{{below}}} = \frac{{e^{{{latex(z)}}}}}{{{below}}} = {latex(p)}"
    return aligned(
        [
            (rf"p_{{{k}}}", share),
            ("L", rf"{value} = \mathbf{{{latex(output.loss)}}}"),
            (
                rf"\frac{{\partial L}}{{\partial z_{{{k}}}}}",
                rf"p_{{{k}}} - t_{{{k}}} = {latex(p)}{term(-t)} = \mathbf{{{latex(dz)}}}",
            ),
        ]
    )
