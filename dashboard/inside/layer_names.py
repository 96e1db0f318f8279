"""What layers are called in menus and captions."""

from dashboard.language import translated
from engine import Model
from engine.layers import Conv, Dense

TIMES = "\N{MULTIPLICATION SIGN}"


def layer_title(model: Model, number: int) -> str:
    """ "3. Conv 5x5, 16": its position from 1, kind and size."""
    layer = model.network.layers[number]
    if isinstance(layer, Conv):
        size = f" {layer.kernel}{TIMES}{layer.kernel}, {layer.channels}"
    elif isinstance(layer, Dense):
        size = f", {layer.units}"
    else:
        size = ""
    return f"{number + 1}. {translated(type(layer).__name__)}{size}"


def shape_text(shape: tuple[int, ...]) -> str:
    """ "24 x 24 x 8"."""
    return f" {TIMES} ".join(f"{extent:,}" for extent in shape)
