"""Maxima of windows along one axis of images, and the way back: what makes max pooling fast.

    best = x[0];   for each further place i of the window:   newer[i] = x[i] > best;   best = max(best, x[i])

The gradient walks the same path back: dy * newer[i] belongs to place i, and the rest to the places before it. So of
equal numbers the first gets it.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.arrays import Array, Shape

SHORT_RUN = 32  # channels below which pixels are first brought together: NumPy starts a loop for each run


def as_pixels(images: Array) -> npt.NDArray[np.void]:
    """Each pixel's channels as one opaque element, which NumPy copies in one go, however few channels."""
    return images.view(np.dtype((np.void, images.shape[-1] * images.itemsize)))[..., 0]


class AxisMax:
    """Along axis 1 or 2 of images (n, height, width, c); `scratch` is the most images of one call."""

    def __init__(self, shape: Shape, axis: int, size: int, stride: int, scratch: int, dtype: npt.DTypeLike) -> None:
        count = (shape[axis] - size) // stride + 1
        self.y_shape: Shape = (*shape[:axis], count, *shape[axis + 1 :])
        self._places: list[tuple[slice, ...]] = [
            (slice(None),) * axis + (slice(i, i + (count - 1) * stride + 1, stride),) for i in range(size)
        ]
        self.apart = size <= stride  # windows do not overlap: a gradient is written, not added
        self._gather = axis == 2 and shape[3] < SHORT_RUN
        self._newer = [np.empty(self.y_shape, bool) for _ in range(size - 1)]
        self._part = np.empty((scratch, *self.y_shape[1:]), dtype)
        self._rest = np.empty((scratch, *self.y_shape[1:]), dtype)

    def forward(self, x: Array, y: Array, which: slice) -> None:
        """y = the maxima of some images x; `which` of all images they are."""
        best = self._read(x, self._places[0], y)
        for place, newer in zip(self._places[1:], self._newer, strict=True):
            candidate = self._read(x, place, self._part[: len(x)])
            np.greater(candidate, best, out=newer[which])
            best = np.maximum(best, candidate, out=y)
        if best is not y:  # a window of one
            np.copyto(y, best)

    def _read(self, x: Array, place: tuple[slice, ...], memory: Array) -> Array:
        """What lies at one place of every window, brought together in `memory` where that pays."""
        if not self._gather:
            return x[place]
        np.copyto(as_pixels(memory), as_pixels(x)[place])
        return memory

    def backward(self, dy: Array, dx: Array, which: slice) -> None:
        """Write dy's numbers to where they belong in dx (add, where windows overlap)."""
        direct = self.apart and not self._gather
        rest = dy
        for number in range(len(self._places) - 1, 0, -1):
            place = self._places[number]
            part = np.multiply(rest, self._newer[number - 1][which], out=dx[place] if direct else self._part[: len(dy)])
            last = direct and number == 1
            rest = np.subtract(rest, part, out=dx[self._places[0]] if last else self._rest[: len(dy)])
            if not direct:
                self._give(dx, place, part)
        if not direct or len(self._places) == 1:
            self._give(dx, self._places[0], rest)

    def _give(self, dx: Array, place: tuple[slice, ...], part: Any) -> None:
        if not self.apart:
            dx[place] += part
        elif self._gather:
            np.copyto(as_pixels(dx)[place], as_pixels(np.ascontiguousarray(part)))
        else:
            np.copyto(dx[place], part)
