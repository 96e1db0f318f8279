"""`python -m engine gradcheck`: every layer's and every loss's gradients against finite differences."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from engine.arrays import Shape
from engine.gradcheck import check_layer, check_loss
from engine.layers import Layer, ShapeError
from engine.losses import Loss
from engine.spec import Settings, default_of, describe

HELP = "gradients of every layer and loss against finite differences, in float64"

LIMIT = 1e-7  # differences in float64 agree with a right gradient to some 1e-9; a wrong one is off by far more
SHAPES: tuple[Shape, ...] = ((7, 6, 2), (6,))  # an image with sides that do not divide, and flat data
SIZES = {"units": 4, "channels": 3}  # small: each number costs two forward passes


@dataclass(frozen=True)
class Row:
    """One line: the largest |analytic - numerical| / max(1, |analytic|, |numerical|) of all its gradients."""

    name: str
    numbers: int  # gradients that were compared
    error: float

    @property
    def agrees(self) -> bool:
        """The gradients are right, as far as differences can tell."""
        return self.error < LIMIT


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes: nothing of its own."""


def run(options: argparse.Namespace) -> int:
    """Print a line for each layer and loss; status 1 if any gradient is wrong."""
    rows = []
    if not options.json:
        print(f"{'layer or loss':56s} {'gradients':>9s}  largest error")
    for row in check_all():
        rows.append(row)
        if not options.json:
            print(f"{row.name:56s} {row.numbers:9,d}  {row.error:.1e}{'' if row.agrees else '  WRONG'}", flush=True)
    wrong = [row for row in rows if not row.agrees]
    if options.json:
        print(json.dumps([asdict(row) | {"agrees": row.agrees} for row in rows]))
    else:
        print(f"{len(wrong)} of {len(rows)} are wrong." if wrong else f"All {len(rows)} agree, to {LIMIT:g}.")
    return 1 if wrong else 0


def check_all() -> Iterator[Row]:
    """Every registered layer and loss, with each of its choices, in training and in evaluation."""
    for kind in Layer.members().values():
        for layer in variants(kind):
            shape = next(shape for shape in SHAPES if _fits(layer, shape))
            checks = [c for training in (True, False) for c in check_layer(layer, shape, training=training)]
            yield Row(_title(layer), sum(c.count for c in checks), max(c.error for c in checks))
    for loss_kind in Loss.members().values():
        for loss in (loss_kind(), loss_kind(label_smoothing=0.1)):
            check = check_loss(loss)
            yield Row(_title(loss), check.count, check.error)


def variants(kind: type[Layer]) -> Iterator[Layer]:
    """The layer as it is by default, then with each other choice of each of its settings. Small ones."""
    known = {name for name, _, _ in describe(kind)}
    small = kind(**{name: size for name, size in SIZES.items() if name in known})
    yield small
    for name, annotation, details in describe(kind):
        choices: tuple[Any, ...] = (True, False) if annotation is bool else details.choices
        if name == "stride":
            choices = (2,)
        for choice in choices:
            if choice != getattr(small, name):
                changed: dict[str, Any] = {name: choice}
                yield replace(small, **changed)


def _fits(layer: Layer, shape: Shape) -> bool:
    try:
        layer.output_shape(shape)
        return True
    except ShapeError:
        return False


def _title(settings: Settings) -> str:
    """The class, and what is not as by default."""
    kind = type(settings)
    changed = [
        f"{name}={getattr(settings, name)}"
        for name, _, _ in describe(kind)
        if name not in SIZES and getattr(settings, name) != default_of(kind, name)
    ]
    return f"{kind.__name__}({', '.join(changed)})" if changed else kind.__name__
