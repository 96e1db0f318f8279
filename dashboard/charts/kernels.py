"""The weights of a layer as small pictures: orange where positive, blue where negative, clear where near 0.

Each picture is an RGBA array whose opacity is the weight's size, so that it looks right on light and dark pages.
"""

import base64
from html import escape

import cv2
import numpy as np
import numpy.typing as npt

from engine.arrays import Array

Picture = npt.NDArray[np.uint8]  # (height, width, 4): red, green, blue, opacity

POSITIVE = (230, 130, 20)  # between the palette's light and dark oranges and blues: they stand on both pages
NEGATIVE = (35, 130, 205)


def kernel_pictures(weight: Array, limit: float = 0.0) -> list[Picture]:
    """A convolution's kernels (height, width, channels, kernels) -> one picture each, their channels side by side.

    limit: the weight that is fully opaque; 0: the largest there is.
    """
    if weight.ndim != 4:
        raise ValueError(f"kernels have four axes (height, width, channels, kernels); got an array of {weight.shape}")
    height, width, channels, kernels = weight.shape
    beside = weight.transpose(3, 0, 2, 1).reshape(kernels, height, channels * width)
    return [_picture(kernel, limit or largest(weight)) for kernel in beside]


def unit_pictures(weight: Array, image: tuple[int, int], limit: float = 0.0) -> list[Picture]:
    """The weights (inputs, units) of a dense layer that looks at an image -> one picture of it for each unit."""
    if weight.ndim != 2 or weight.shape[0] != image[0] * image[1]:
        raise ValueError(f"one weight for each of {image[0]}x{image[1]} pixels expected; got an array {weight.shape}")
    return [_picture(column.reshape(image), limit or largest(weight)) for column in weight.T]


def largest(weight: Array) -> float:
    """The largest weight, its sign apart; 1 where all are 0."""
    finite = np.abs(weight[np.isfinite(weight)])
    return float(finite.max(initial=0.0)) or 1.0


def _picture(values: Array, limit: float) -> Picture:
    values = np.nan_to_num(values, posinf=limit, neginf=-limit)
    picture = np.empty((*values.shape, 4), np.uint8)
    picture[..., :3] = np.where(values[..., np.newaxis] >= 0, POSITIVE, NEGATIVE)
    picture[..., 3] = np.rint(255 * np.clip(np.abs(values) / limit, 0, 1))
    return picture


def pictures_html(pictures: list[Picture], names: list[str], height: int = 48) -> str:
    """Pictures in a row that wraps, `height` pixels each, their pixels kept square. names: for a pointer over each."""
    return "".join(
        f'<img src="data:image/png;base64,{_png(picture)}" height="{height}" alt="{escape(name)}" '
        f'title="{escape(name)}">'
        for picture, name in zip(pictures, names, strict=True)
    )


def _png(picture: Picture) -> str:
    encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))[1]
    return base64.b64encode(encoded.tobytes()).decode()
