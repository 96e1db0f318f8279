"""From a drawing to what a network trained on MNIST expects, one visible step at a time.

The steps are those by which MNIST itself was made (LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based
learning applied to document recognition", section III.A): the digit's box is scaled, in proportion, until its
longer side is 20 pixels, and is placed so that its centre of mass is the middle of 28 x 28. A pen of any width
is brought to the width that MNIST's pens had.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.ink import find_ink
from engine.drawing.strokes import signed_distance, stroke_width, widen

Image = NDArray[np.uint8]

DIGIT_SHARE = 20 / 28  # of the image's side that the digit's longer side takes
WORKING_SIDE = 80  # pixels of the digit's longer side while its strokes are measured and changed
THINNEST, THICKEST = 2.0, 3.6  # of 20 pixels: nine in ten of MNIST's training digits lie between
DOT = 1.5  # a blob's longer side, in widths of itself, up to which it is a dot and not a stroke


class Box(NamedTuple):
    """A rectangle on the canvas, in its pixels."""

    left: int
    top: int
    width: int
    height: int


class Step(NamedTuple):
    """One stage of the preparation: its name and how the drawing looks after it, uint8 (height, width)."""

    name: str
    image: Image


@dataclass(frozen=True)
class PrepareSettings:
    """Which steps are done; each can be left out, to see what it is worth."""

    crop: bool = True
    stroke_width: bool = True
    scale: bool = True
    centre: bool = True
    brightness: bool = True


@dataclass(frozen=True)
class Prepared:
    """What the network gets, uint8 (size, size), white on black; where it came from; how it came about."""

    image: Image
    box: Box
    steps: tuple[Step, ...]


def prepare_drawing(rgba: NDArray[np.uint8], image_size: int = 28) -> Image | None:
    """What a network expects of a drawing: uint8 (image_size, image_size), or None if nothing is drawn.

    rgba: uint8 (height, width, 4) as a canvas gives it, in any colours; photographs and files,
    (height, width, 3) or (height, width), may come too. Raises ValueError for anything else.
    """
    prepared = prepare(rgba, image_size=image_size)
    return None if prepared is None else prepared.image


def prepare(rgba: NDArray[np.uint8], settings: PrepareSettings | None = None, image_size: int = 28) -> Prepared | None:
    """As `prepare_drawing`, with a picture of each step; steps that are switched off are left out."""
    ink = find_ink(rgba)
    prepared = prepare_ink(ink, settings, image_size)
    if prepared is None or ink.shape == rgba.shape[:2]:
        return prepared
    factor = rgba.shape[0] / ink.shape[0]
    box = Box(*(round(value * factor) for value in prepared.box))
    return Prepared(prepared.image, box, prepared.steps)


def prepare_ink(
    ink: NDArray[np.uint8], settings: PrepareSettings | None = None, image_size: int = 28
) -> Prepared | None:
    """As `prepare`, from coverage by ink: uint8 (height, width), 0 is background."""
    if image_size < 8:
        raise ValueError(f"image_size must be at least 8 pixels; got {image_size}. MNIST has 28.")
    settings = settings or PrepareSettings()
    box = Box(*cv2.boundingRect((ink >= 96).astype(np.uint8)))
    if box.width == 0:
        return None
    steps = [Step("ink", ink)]
    window = box if settings.crop else Box(0, 0, ink.shape[1], ink.shape[0])
    digit = ink[window.top : window.top + window.height, window.left : window.left + window.width]
    if settings.crop:
        steps.append(Step("crop", digit))
    longest = DIGIT_SHARE * image_size if settings.scale else image_size * max(digit.shape) / max(ink.shape)
    if settings.stroke_width:
        digit, dot = _with_width_of_mnist(digit)
        longest *= dot if settings.scale else 1.0
        steps.append(Step("stroke width", digit))
    digit = _scaled(digit, longest)
    if settings.scale:
        steps.append(Step("scale", digit))
    image = _placed(digit, image_size, settings.centre)
    if settings.centre:
        steps.append(Step("centre", image))
    if settings.brightness:
        image = _brightened(image)
        steps.append(Step("brightness", image))
    return Prepared(image, box, tuple(steps))


def _with_width_of_mnist(digit: Image) -> tuple[Image, float]:
    """The digit at working size with strokes as wide as MNIST's; and the share of the full size it may take."""
    work = _enlarged(digit)
    distance = signed_distance(work)
    width, longest = stroke_width(distance), float(WORKING_SIDE)
    thickest = 2 * float(distance.max())
    if longest < DOT * thickest:
        return _tight(work), 3 / 20
    target = min(max(20 * width / longest, THINNEST), THICKEST)
    # The box grows with the strokes: (width + change) / (longest + change) = target / 20.
    change = (target * longest - 20 * width) / (20 - target)
    if abs(change) < 0.5:
        return _tight(work), 1.0
    return _tight(widen(distance, change / 2)), 1.0


def _enlarged(digit: Image) -> Image:
    """At working size, with a margin into which strokes can grow."""
    height, width = digit.shape
    factor = WORKING_SIDE / max(height, width)
    if factor < 0.5:
        digit = _thickened_if_thin(digit, 1 / factor)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    work = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    margin = WORKING_SIDE // 8
    return np.asarray(cv2.copyMakeBorder(work, margin, margin, margin, margin, cv2.BORDER_CONSTANT), np.uint8)


def _thickened_if_thin(digit: Image, shrink: float) -> Image:
    """A line thinner than two pixels after shrinking would fade away: it is drawn that wide before."""
    inside = (digit >= 96).astype(np.uint8)
    area = int(inside.sum())
    outline = area - int(cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0).sum())
    width = 2 * area / max(outline, 1)
    side = int(2 * shrink - width) + 1
    if side < 2:
        return digit
    return np.asarray(cv2.dilate(digit, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)


def _tight(work: Image) -> Image:
    left, top, width, height = cv2.boundingRect((work >= 96).astype(np.uint8))
    return work[top : top + height, left : left + width]


def _scaled(digit: Image, longest: float) -> Image:
    """The longer side becomes `longest` pixels, the other in proportion."""
    height, width = digit.shape
    factor = longest / max(height, width)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(digit, size, interpolation=method), np.uint8)


def _placed(digit: Image, image_size: int, by_mass: bool) -> Image:
    """In the middle of the image, by whole pixels as in MNIST: by its centre of mass, or by its box."""
    height, width = digit.shape
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    if by_mass:
        moments = cv2.moments(digit)
        if moments["m00"] > 0:
            middle_x, middle_y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    # MNIST's middle is the corner of four pixels' lower right one: its mean is (14.0, 14.0), counted from 0.
    left = int(np.clip(round(image_size / 2 - middle_x), 0, max(image_size - width, 0)))
    top = int(np.clip(round(image_size / 2 - middle_y), 0, max(image_size - height, 0)))
    image = np.zeros((image_size, image_size), np.uint8)
    image[top : top + height, left : left + width] = digit[: image_size - top, : image_size - left]
    return image


def _brightened(image: Image) -> Image:
    """The brightest pixel is 255, as in nearly every digit of MNIST."""
    brightest = int(image.max())
    return np.asarray(cv2.convertScaleAbs(image, alpha=255 / max(brightest, 1)), np.uint8)
