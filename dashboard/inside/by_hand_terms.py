"""Tables of the terms of a unit's sum, and of the classes of the output. HTML text, safe; no streamlit."""

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from dashboard.inside.by_hand_numbers import plain
from dashboard.inside.by_hand_work import HandStep, OutputStep
from dashboard.language import say
from engine.explain.unit import Sum
from engine.layers import Conv, Layer

ROWS = 8


def table(head: Sequence[str], rows: Sequence[Sequence[str]], strong: int = -1) -> str:
    """Cells are text and are escaped here. strong: the row that stands out. Too wide, it scrolls."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join(
        f'<tr class="{"strong" if number == strong else ""}">{"".join(f"<td>{escape(cell)}</td>" for cell in row)}</tr>'
        for number, row in enumerate(rows)
    )
    return (
        f'<div class="ink-terms" tabindex="0"><table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>'
    )


def terms_table(step: HandStep, terms: Sum, layer: Layer, name: Callable[[int], str]) -> str:
    """The largest products one by one, then all others together, the bias and the sum. name: of an input."""
    shown = terms.largest(ROWS)
    products = terms.products.astype(np.float64)
    head = [say("input"), "x", "w", "x · w", "∂L/∂w", say("to ∂L/∂x"), say("new w")]
    rows = []
    for k in (int(each) for each in shown):
        values = (terms.x[k], terms.weights[k], products[k], terms.gradients[k], terms.back[k])
        rows.append([name(k), *(plain(float(each)) for each in values), _after(step, k)])
    rest = len(products) - len(shown)
    if rest:
        left = float(products.sum() - products[shown].sum())
        rows.append([say("{count:,} others", count=rest), "", "", plain(left), "", "", ""])
    if terms.bias is not None:
        new = "–" if step.bias_after is None else plain(step.bias_after, 5)
        rows.append([say("bias"), "", plain(terms.bias), plain(terms.bias), plain(terms.bias_gradient), "", new])
    rows.append([say("sum"), "", "", plain(step.unit.y), "", "", ""])
    return table(head, rows, strong=len(rows) - 1)


def _after(step: HandStep, k: int) -> str:
    return "–" if step.after is None or step.frozen else plain(float(step.after[k]), 5)


def norm_table(step: HandStep) -> str:
    """Scale and shift of a channel and what becomes of them."""
    norm = step.unit.maths
    if isinstance(norm, Sum):
        return ""
    head = ["", say("now"), say("gradient"), say("new")]
    new = ["–", "–"] if step.after is None or step.frozen else [plain(float(each), 5) for each in step.after]
    rows = [
        [say("scale"), plain(norm.scale), plain(norm.scale_gradient), new[0]],
        [say("shift"), plain(norm.shift), plain(norm.shift_gradient), new[1]],
        [say("running mean"), plain(norm.mean), say("not trained"), ""],
        [say("running variance"), plain(norm.var), say("not trained"), ""],
    ]
    return table(head, rows)


def output_table(output: OutputStep) -> str:
    """Class by class, from the last layer's number to the gradient that goes back."""
    if output.kind == "mse":
        head = [say("class"), "y", "t", "(y − t)²", "∂L/∂y"]
        rows = [
            [str(k), plain(float(y)), plain(float(t), 3), plain(float((y - t) ** 2)), plain(float(dy))]
            for k, (y, t, dy) in enumerate(zip(output.outputs, output.targets, output.gradient, strict=True))
        ]
    else:
        head = [say("class"), "z", "eᶻ⁻ᵐᵃˣ", "p", "t", "∂L/∂z = p − t"]
        powers = np.exp(output.outputs.astype(np.float64) - float(np.max(output.outputs)))
        columns = zip(output.outputs, powers, output.shares, output.targets, output.gradient, strict=True)
        rows = [
            [str(k), *(plain(float(each)) for each in (z, power, p)), plain(float(t), 3), plain(float(dz))]
            for k, (z, power, p, t, dz) in enumerate(columns)
        ]
    return table(head, rows, strong=output.label)


def input_name(step: HandStep, terms: Sum, layer: Layer) -> Callable[[int], str]:
    """What the k-th input of a sum is called: a place in an image where there is one, or else its number."""

    def named(k: int) -> str:
        place = tuple(int(axis) for axis in terms.places[k])
        if not isinstance(layer, Conv) and step.field:
            place = tuple(int(axis) for axis in np.unravel_index(place[0], step.field))
        if len(place) == 1:
            return say("unit {number:,}", number=place[0] + 1)
        row, column, channel = (axis + 1 for axis in place)
        channels = int(terms.places[:, 2].max()) + 1 if isinstance(layer, Conv) else step.field[2]
        if channels == 1:
            return say("row {row}, column {column}", row=row, column=column)
        return say("row {row}, column {column}, channel {channel}", row=row, column=column, channel=channel)

    return named
