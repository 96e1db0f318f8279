"""The lines of the engine that work out what is shown, read from the classes themselves when they are asked for."""

import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.layers import BatchNorm, Conv, Layer
from engine.layers.banded import BandedProduct
from engine.losses import Loss
from engine.optimizers import Optimizer
from engine.updating import Updater


@dataclass(frozen=True)
class Lines:
    """One function's source. title: "Dense.forward"; file and line: where it stands, for who wants to read on."""

    title: str
    text: str
    file: str  # "engine/layers/dense.py"
    line: int


def layer_lines(layer: Layer) -> list[Lines]:
    """Forward and backward of a layer, and what these hand their arithmetic to."""
    kind = type(layer)
    found = [_lines(kind, "forward"), _lines(kind, "backward")]
    if isinstance(layer, Conv):
        found[1:1] = [_lines(BandedProduct, "forward")]
        found.append(_lines(BandedProduct, "gradient"))
    if isinstance(layer, BatchNorm):
        found[1:1] = [_lines(BatchNorm, "line")]
        found.append(_lines(BatchNorm, "parameter_gradients"))
    return found


def loss_lines(loss: Loss) -> list[Lines]:
    """How the loss finds its value and its gradient."""
    return [_lines(type(loss), "value_and_gradient")]


def optimizer_lines(optimizer: Optimizer) -> list[Lines]:
    """How a gradient becomes new weights: clipping and penalties, then the optimizer."""
    return [_lines(Updater, "update"), _lines(type(optimizer), "update")]


def _lines(kind: type[Any], name: str) -> Lines:
    """Where a class takes the method from its base, it is the base's, and called so."""
    owner = next(base for base in kind.__mro__ if name in vars(base))
    function: Callable[..., Any] = vars(owner)[name]
    text, line = inspect.getsourcelines(function)
    file = owner.__module__.replace(".", "/") + ".py"
    return Lines(f"{owner.__name__}.{name}", textwrap.dedent("".join(text)).rstrip(), file, line)
