"""Maps over pixels as pictures: uint8 (height, width, 3), RGB, on black, as digits are shown everywhere.

What speaks for something is in the blue, what speaks against it in the orange of the dark palette, on both pages.
"""

import numpy as np
import numpy.typing as npt

from dashboard.palette import DARK

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]


def _rgb(color: str) -> Floats:
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float32)


FOR, AGAINST = _rgb(DARK.training), _rgb(DARK.validation)
DIGIT_SHADE = 0.42  # of white: the digit shows through, and leaves the colours to the map


def over_digit(image: Picture, values: Floats) -> Picture:
    """A map (height, width) over the digit that it belongs to: blue where positive, orange where negative."""
    strength = _shares(values)[..., np.newaxis]
    digit = image[..., np.newaxis].astype(np.float32) * DIGIT_SHADE
    color = np.where(values[..., np.newaxis] > 0, FOR, AGAINST)
    return np.rint(digit * (1 - strength) + color * strength).astype(np.uint8)


def signed(values: Floats) -> Picture:
    """Numbers of both signs (height, width), such as weights: 0 is black."""
    return over_digit(np.zeros(values.shape, np.uint8), values)


def shades(values: Floats) -> Picture:
    """Responses (height, width) in grey; what is not positive is black, the largest white."""
    return np.rint(255 * _shares(np.maximum(values, 0))).astype(np.uint8)


def change(before: Picture, after: Picture) -> Picture:
    """What became of an image (height, width): ink that came in blue, ink that went in orange, the rest in grey."""
    difference = (after.astype(np.float32) - before) / 255
    kept = np.minimum(before, after)[..., np.newaxis].astype(np.float32) * (2 * DIGIT_SHADE)
    strength = np.abs(difference)[..., np.newaxis]
    color = np.where(difference[..., np.newaxis] > 0, FOR, AGAINST)
    return np.rint(np.clip(kept * (1 - strength) + color * strength, 0, 255)).astype(np.uint8)


def _shares(values: Floats) -> Floats:
    """Sizes from 0 to 1; the largest is 1, unless all are 0."""
    finite = np.abs(np.nan_to_num(np.asarray(values, np.float32)))
    return finite / max(float(finite.max(initial=0.0)), 1e-12)
