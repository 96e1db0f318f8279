"""From a drawing to what a network trained on MNIST expects, one visible step at a time.

The steps are those by which MNIST itself was made (LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based
learning applied to document recognition", section III.A): the digit's box is scaled, in proportion, until
its longer side is 20 pixels, and is placed so that its centre of mass is the middle of 28 x 28. A pen of any
width is brought to the width that MNIST's pens had.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.ink import find_ink
from engine.drawing.segment import WRITTEN, InkPiece, split_ink, without_slips
from engine.drawing.strokes import signed_distance, stroke_width, widen

Image = NDArray[np.uint8]

DIGIT_SHARE = 20 / 28  # of the image's side that the digit's longer side takes
WORKING_SIDE = 80  # pixels of the digit's longer side while its strokes are measured and changed
THINNEST, THICKEST = 2.2, 3.1  # of 28 pixels: the quartiles of the stroke width in MNIST's training images
MARGIN = 10  # pixels around the digit at working size, into which its strokes can grow
SMALLEST_CHANGE = 0.5  # pixels at working size; less would not show
SMALLEST_IMAGE = 8  # pixels
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
    return None if prepared is None else _on_canvas(prepared, 0, 0, rgba.shape[0] / ink.shape[0])


def find_digits(
    rgba: NDArray[np.uint8], settings: PrepareSettings | None = None, image_size: int = 28
) -> list[Prepared]:
    """Each digit on a canvas, prepared by itself, row by row and from left to right; empty if there is none.

    rgba, settings, errors: as for `prepare`. A digit may have several strokes; digits that touch are one.
    """
    ink = find_ink(rgba)
    factor = rgba.shape[0] / ink.shape[0]
    return [_on_canvas(each, 0, 0, factor) for each in digits_in_ink(ink, settings, image_size)]


def digits_in_ink(
    ink: NDArray[np.uint8], settings: PrepareSettings | None = None, image_size: int = 28
) -> list[Prepared]:
    """As `find_digits`, from coverage by ink, as `find_ink` and `read_photo` give it; boxes are in its pixels."""
    found = []
    pieces = split_ink(ink)
    if len(pieces) == 1:  # nothing to cut: not even the faintest edge of a stroke is lost
        alone = prepare_ink(ink, settings, image_size)
        return [] if alone is None else [alone]
    for piece in pieces:
        if settings is None or settings.crop:
            prepared = prepare_ink(piece.ink, settings, image_size)
            left, top = piece.left, piece.top
        else:  # not cropped: as if it were alone on the whole canvas
            prepared = prepare_ink(_alone(piece, ink.shape), settings, image_size)
            left, top = 0, 0
        if prepared is not None:
            found.append(_on_canvas(prepared, left, top, 1))
    return found


def _alone(piece: InkPiece, shape: tuple[int, ...]) -> Image:
    """The whole canvas with the ink of one digit."""
    canvas = np.zeros(shape, np.uint8)
    height, width = piece.ink.shape
    canvas[piece.top : piece.top + height, piece.left : piece.left + width] = piece.ink
    return canvas


def _on_canvas(prepared: Prepared, left: int, top: int, factor: float) -> Prepared:
    """Its box in the canvas's pixels: the ink may have been cut out there and may be smaller by `factor`."""
    box = prepared.box
    moved = (box.left + left, box.top + top, box.width, box.height)
    return Prepared(prepared.image, Box(*(round(value * factor) for value in moved)), prepared.steps)


def prepare_ink(
    ink: NDArray[np.uint8], settings: PrepareSettings | None = None, image_size: int = 28
) -> Prepared | None:
    """As `prepare`, from coverage by ink: uint8 (height, width), 0 is background, as `find_ink` gives it."""
    if image_size < SMALLEST_IMAGE:
        raise ValueError(
            f"image_size must be at least {SMALLEST_IMAGE} pixels; got {image_size}. MNIST has 28, USPS 16."
        )
    settings = settings or PrepareSettings()
    ink = without_slips(ink)
    box = Box(*cv2.boundingRect((ink >= WRITTEN).astype(np.uint8)))
    if box.width == 0:
        return None
    steps = [Step("ink", ink)]
    digit = ink
    if settings.crop:
        digit = ink[box.top : box.top + box.height, box.left : box.left + box.width]
        steps.append(Step("crop", digit))
    longest = DIGIT_SHARE * image_size if settings.scale else image_size * max(digit.shape) / max(ink.shape)
    if settings.stroke_width:
        digit, share = _with_pen_of_mnist(digit, 28 * longest / image_size, settings.crop)
        longest *= share
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


def _with_pen_of_mnist(digit: Image, final: float, tight: bool) -> tuple[Image, float]:
    """The digit at working size with strokes as wide as MNIST's; and the share of its final size to take.

    final: what the longer side becomes, in pixels of a 28-pixel image. tight: crop again afterwards.
    The share is 1, but for a dot: that is as wide as a pen, not as large as a digit.
    """
    work = _enlarged(digit)
    distance = signed_distance(work)
    width = stroke_width(distance) * final / WORKING_SIDE
    target = min(max(width, THINNEST), THICKEST)
    if tight and WORKING_SIDE < DOT * 2 * float(distance.max()):
        return _cropped(work), min(1.0, THICKEST / final)
    change = (target - width) * WORKING_SIDE / final
    if tight:
        # The box changes with the strokes: (width + change) / (longest + change) is to be target / final.
        change = change * final / (final - target) if final > 2 * target else 0.0
    if abs(change) >= SMALLEST_CHANGE:
        work = widen(distance, change / 2)
    return (_cropped(work) if tight else _without_margin(work)), 1.0


def _enlarged(digit: Image) -> Image:
    """At working size, with a margin into which strokes can grow."""
    height, width = digit.shape
    factor = WORKING_SIDE / max(height, width)
    if factor < 0.5:
        digit = _thickened_if_thin(digit, 1 / factor)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    work = cv2.resize(digit, size, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.copyMakeBorder(work, MARGIN, MARGIN, MARGIN, MARGIN, cv2.BORDER_CONSTANT), np.uint8)


def _thickened_if_thin(digit: Image, shrink: float) -> Image:
    """A line thinner than two pixels after shrinking would fade away: it is drawn that wide before."""
    inside = (digit >= WRITTEN).astype(np.uint8)
    area = int(inside.sum())
    outline = area - int(cv2.erode(inside, np.ones((3, 3), np.uint8), borderValue=0).sum())
    width = 2 * area / max(outline, 1)
    side = int(2 * shrink - width) + 1
    if side < 2:
        return digit
    return np.asarray(cv2.dilate(digit, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)


def _cropped(work: Image) -> Image:
    left, top, width, height = cv2.boundingRect((work >= WRITTEN).astype(np.uint8))
    return work[top : top + height, left : left + width] if width else work


def _without_margin(work: Image) -> Image:
    return work[MARGIN:-MARGIN, MARGIN:-MARGIN]


def _scaled(digit: Image, longest: float) -> Image:
    """The longer side becomes `longest` pixels, rounded, the other in proportion.

    The shorter side is rounded up, with background beside the digit: a 1 that is 2.5 pixels wide keeps its
    width in shades of grey, and does not become 2 pixels wide.
    """
    factor = max(1, round(longest)) / max(digit.shape)
    height, width = (max(1, math.ceil(side * factor - 0.05)) for side in digit.shape)
    down, across = (max(0, round(new / factor) - old) for new, old in zip((height, width), digit.shape, strict=True))
    padded = cv2.copyMakeBorder(
        digit, down // 2, down - down // 2, across // 2, across - across // 2, cv2.BORDER_CONSTANT
    )
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(padded, (width, height), interpolation=method), np.uint8)


def _placed(digit: Image, image_size: int, by_mass: bool) -> Image:
    """In the middle of the image, by whole pixels as in MNIST: by its centre of mass, or by its box."""
    height, width = digit.shape
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    if by_mass:
        moments = cv2.moments(digit)
        if moments["m00"] > 0:
            middle_x, middle_y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    # MNIST's centres of mass lie at (14, 14), counted from the middle of the first pixel, to half a pixel.
    left = int(np.clip(round(image_size / 2 - middle_x), 0, max(image_size - width, 0)))
    top = int(np.clip(round(image_size / 2 - middle_y), 0, max(image_size - height, 0)))
    image = np.zeros((image_size, image_size), np.uint8)
    image[top : top + height, left : left + width] = digit[: image_size - top, : image_size - left]
    return image


def _brightened(image: Image) -> Image:
    """The brightest pixel is 255, as in nearly every digit of MNIST."""
    brightest = int(image.max())
    return np.asarray(cv2.convertScaleAbs(image, alpha=255 / max(brightest, 1)), np.uint8)
