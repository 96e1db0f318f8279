"""Which pixels made the network say what it said.

The score that is explained is the lead of a digit over its rival, s(x) = z_digit - z_rival (z: outputs), because
"why a 7" is only a question if there is something else that it could be. Four answers, none of them the only truth:

gradient          ds/dx: how much more ink on this pixel would help, a little of it. It speaks of background too.
                  (Simonyan, Vedaldi, Zisserman 2013, "Deep inside convolutional networks")
gradient_input    x ds/dx: to first order, what the ink on this pixel gave to the score.
                  (Shrikumar, Greenside, Kundaje 2016, "Not just a black box")
integrated        x times the mean of ds/dx on the way from an empty image to this one. Its sum over all pixels is
                  s(x) - s(empty), so each pixel has its share of the score.
                  (Sundararajan, Taly, Yan 2017, "Axiomatic attribution for deep networks")
occlusion         how much s falls when a small square is wiped; each pixel gets the mean over the squares that
                  cover it. The only one that tries instead of calculating.
                  (Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks")

The first two look at one point only, where a saturated network may be flat; the last two look further.
"""

from dataclasses import dataclass

import numpy as np

from engine.arrays import Array, Bytes
from engine.checkpoint import Model
from engine.explain.probe import Probe, as_pixels

METHODS = ("integrated", "gradient_input", "occlusion", "gradient")
STEPS = 32  # points on the way from the empty image to this one
WIPED = 5 / 28  # side of the wiped square, of the image's
CHUNK = 128  # images at a time


@dataclass(frozen=True)
class Saliency:
    """A map of the pixels' shares: positive speaks for `digit`, negative for `rival`."""

    method: str
    map: Array  # float32 (height, width)
    digit: int
    rival: int
    score: float  # the lead of digit over rival, in the network's outputs
    empty_score: float  # the same for an image without ink


def saliency(
    model: Model, image: Bytes, method: str = "integrated", digit: int | None = None, rival: int | None = None
) -> Saliency:
    """The map for one prepared image, uint8 (height, width).

    digit and rival: the two likeliest if they are not given. Raises ValueError for another method or image.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; known are {', '.join(METHODS)}.")
    pixels, probe = as_pixels(model, image), Probe(model)
    with np.errstate(all="ignore"):  # a network that has diverged
        ends = np.nan_to_num(probe.outputs(np.stack([pixels, np.zeros_like(pixels)])))
        digit, rival = _pair(ends[0], digit, rival)
        lead = ends[:, digit] - ends[:, rival]
        if method == "occlusion":
            found = _occlusion(probe, pixels, digit, rival)
        else:
            found = _by_gradient(probe, pixels, method, digit, rival)
    return Saliency(method, np.nan_to_num(found).astype(np.float32), digit, rival, float(lead[0]), float(lead[1]))


def _pair(outputs: Array, digit: int | None, rival: int | None) -> tuple[int, int]:
    order = [int(place) for place in np.argsort(-outputs)]
    digit = order[0] if digit is None else digit
    others = [place for place in order if place != digit]
    return digit, others[0] if rival is None or rival == digit else rival


def _by_gradient(probe: Probe, pixels: Array, method: str, digit: int, rival: int) -> Array:
    steps = STEPS if method == "integrated" else 1
    # the middles of equal stretches of the way: the midpoint rule
    shares = (np.arange(steps, dtype=np.float32) + 0.5) / steps if steps > 1 else np.ones(1, np.float32)
    outputs = probe.outputs(shares.reshape(-1, 1, 1) * pixels)
    d_outputs = np.zeros_like(outputs)
    d_outputs[:, digit], d_outputs[:, rival] = 1, -1
    mean: Array = probe.gradient(d_outputs).mean(axis=0)
    return mean if method == "gradient" else mean * pixels


def _occlusion(probe: Probe, pixels: Array, digit: int, rival: int) -> Array:
    """Squares lie a pixel apart; those with no ink in them change nothing and are not tried."""
    height, width = pixels.shape
    side = max(2, round(WIPED * height))
    first = 1 - side
    squares = [
        (slice(max(top, 0), top + side), slice(max(left, 0), left + side))
        for top in range(first, height)
        for left in range(first, width)
    ]
    inked = [square for square in squares if pixels[square].any()]
    outputs = probe.outputs(pixels[np.newaxis])
    whole = float(outputs[0, digit] - outputs[0, rival])
    total, count = np.zeros_like(pixels), np.zeros_like(pixels)
    for square in squares:
        count[square] += 1
    for start in range(0, len(inked), CHUNK):
        some = inked[start : start + CHUNK]
        wiped = np.repeat(pixels[np.newaxis], len(some), axis=0)
        for copy, square in zip(wiped, some, strict=True):
            copy[square] = 0
        outputs = probe.outputs(wiped)
        for square, lead in zip(some, outputs[:, digit] - outputs[:, rival], strict=True):
            total[square] += whole - float(lead)
    return total / count
