"""Ink on paper: a photograph or a scan, in which shadows make the paper's brightness vary.

The brightness of a photograph is light times reflectance, so ink is judged by its ratio to the paper
around it, not by a threshold for the whole sheet.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

BACKGROUND_SIDE = 256  # pixels; paper and shadows are smooth, so their estimate needs no more
WIDEST_STROKE = 0.25  # of the shorter side; nothing wider is taken for a stroke
FAINTEST = 0.1  # of the paper's brightness; pencil is darker than this, creases and noise are not
NOISE = 1e-4  # of the sheet's area; a mark that small is a grain of the camera's noise
TABLE_EDGE = 0.2  # of the shorter side; what follows the border for longer is not a pen's stroke
LARGEST_MISFIT = 0.05  # of the brightness; a quadratic surface describes a lamp's or a window's light better
DUST = 0.03  # of the largest mark's area


def ink_on_paper(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Coverage by ink, uint8 (height, width), of an RGB photograph, uint8 (height, width, 3).

    Dark ink on light paper, or chalk on a board: the rarer side is the ink. All 0 if nothing is written.
    """
    if _is_board(pixels):
        pixels = np.asarray(cv2.bitwise_not(pixels), np.uint8)
    # The darkest channel: red ink is as bright as paper in red.
    red, green, blue = cv2.split(pixels)
    brightness = cv2.GaussianBlur(cv2.min(cv2.min(red, green), blue), (3, 3), 0).astype(np.float32)
    darkness = 1 - brightness / np.maximum(_paper_brightness(brightness), 1)
    return _coverage(np.clip(darkness, 0, 1))


def _is_board(pixels: NDArray[np.uint8]) -> bool:
    """Light marks on a dark surface: against its surroundings, the bright tail is the longer one."""
    height, width = pixels.shape[:2]
    factor = min(1.0, BACKGROUND_SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    local = cv2.medianBlur(small, _odd(WIDEST_STROKE * 2 * min(size)))
    difference = small.astype(np.float32) - local
    difference[np.abs(difference) < 255 * FAINTEST] = 0  # noise and shadows are no marks
    return float((difference**3).mean()) > 0


def _paper_brightness(brightness: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the paper would show without ink: a morphological closing wider than any stroke, smoothed."""
    height, width = brightness.shape
    factor = min(1.0, BACKGROUND_SIDE / max(height, width))
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    small = cv2.resize(brightness, size, interpolation=cv2.INTER_AREA)
    side = _odd(WIDEST_STROKE * min(size))
    # A closing takes the brightest noise for paper; a median first, so that noise is not ink afterwards.
    small = cv2.medianBlur(small.astype(np.uint8), 5).astype(np.float32)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    # At the border a closing looks to one side only and takes a slope of the light for ink: flatten it first.
    closed = np.asarray(cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel), np.float32)
    light = _slope_of_light(np.asarray(small, np.float32), closed)
    flat = cv2.morphologyEx(small / light, cv2.MORPH_CLOSE, kernel)
    paper = cv2.GaussianBlur(flat, (_odd(side / 2),) * 2, 0) * light
    return np.asarray(cv2.resize(np.maximum(paper, small), (width, height), interpolation=cv2.INTER_LINEAR))


def _slope_of_light(small: NDArray[np.float32], closed: NDArray[np.float32]) -> NDArray[np.float32]:
    """The quadratic surface nearest to the paper's brightness, float32 (height, width), positive.

    closed: `small` after a closing. What is much darker than that is ink, and is left out. It is 1 everywhere
    if the light is no smooth slope, as with the edge of a shadow or a table beside the paper.
    """
    height, width = small.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)  # (height, width, 6)
    chosen = np.zeros(small.shape, np.bool_)
    chosen[::4, ::4] = True
    chosen &= small >= 0.85 * closed
    factors = np.linalg.lstsq(terms[chosen], small[chosen], rcond=None)[0]
    surface = terms @ factors
    misfit = float(np.sqrt(np.mean((surface[chosen] - small[chosen]) ** 2)))
    if misfit > LARGEST_MISFIT * float(small[chosen].mean()):
        return np.ones_like(small)
    return np.asarray(np.maximum(surface, max(0.2 * float(surface.max()), 1)), np.float32)


def _coverage(darkness: NDArray[np.float32]) -> NDArray[np.uint8]:
    levels = np.round(darkness * 255).astype(np.uint8)
    middle = float(np.median(levels))
    noise = 1.4826 * float(np.median(np.abs(levels - middle)))  # standard deviation, from the median deviation
    otsu, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    threshold = max(float(otsu), middle + 4 * noise, 255 * FAINTEST)
    written = _without_dirt(levels > threshold)
    if not written.any():
        return np.zeros_like(levels)
    full = float(np.median(levels[written]))
    floor = min(middle + 2 * noise, full / 2)
    ink = np.clip((levels - floor) * (255 / max(full - floor, 1)), 0, 255).astype(np.uint8)
    soft_edge = cv2.dilate(written.astype(np.uint8), np.ones((5, 5), np.uint8))
    return np.asarray(ink * soft_edge, np.uint8)


def _without_dirt(written: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The marks that are neither dust nor noise nor the table around the paper, (height, width)."""
    _, marks, stats, _ = cv2.connectedComponentsWithStats(written.astype(np.uint8), connectivity=8)
    labels = np.asarray(marks, np.int32)
    border = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    on_border = np.bincount(border, minlength=len(stats))
    kept = on_border <= TABLE_EDGE * min(labels.shape)
    kept &= stats[:, cv2.CC_STAT_AREA] >= max(NOISE * labels.size, 4)
    kept[0] = False
    if kept.any():
        kept &= stats[:, cv2.CC_STAT_AREA] >= DUST * int(stats[kept, cv2.CC_STAT_AREA].max())
    return np.asarray(kept[labels], np.bool_)


def _odd(length: float) -> int:
    """The nearest odd number of pixels, at least 3: the size of a filter with a middle."""
    return max(3, 2 * int(length / 2) + 1)
