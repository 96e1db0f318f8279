"""Windows over images: output sizes and paddings that convolution and pooling share."""

from engine.arrays import Shape
from engine.layers.base import Layer, ShapeError


def output_size(layer: Layer, shape: Shape, size: int, stride: int, pads: tuple[int, int]) -> tuple[int, int]:
    """Height and width of the output; as in PyTorch, windows that do not fit whole are left out."""
    if min(shape[0], shape[1]) + sum(pads) < size:
        raise ShapeError(
            f"{type(layer).__name__} has a window of {size}x{size}, larger than its input of "
            f"{shape[0]}x{shape[1]}. Make the window smaller, or pool less before it."
        )
    height, width = ((extent + sum(pads) - size) // stride + 1 for extent in shape[:2])
    return height, width


def same_padding(size: int) -> tuple[int, int]:
    """Rows before and after that keep the size at stride 1; an even kernel gets the odd one after."""
    return (size - 1) // 2, size // 2
