"""Several digits on one canvas: which strokes belong together, and in which order they are read.

Strokes that touch are one piece. Pieces belong to one digit when they lie above each other, as the bar of a 5
and its body do, or when hardly more than a pen's width parts them, as the two strokes of an open 4. Digits
that touch each other are not cut apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.drawing.strokes import signed_distance, stroke_width

WRITTEN = 96  # of 255; what has as much ink belongs to a stroke
MOST_PIECES = 40  # the largest ones; a canvas with more holds no digits
SPECK = 0.02  # of the largest piece's area; what is smaller is no stroke
OVERLAP = 0.5  # of the narrower piece's width that lies above or below the other
ROW_GAP = 0.3  # of the larger piece's height; what is further above or below is another row
PEN_GAP = 0.7  # pen widths between two strokes of one digit
PART_GAP = 0.12  # of the tallest piece's height, between a digit and a short stroke of it
SHORT = 0.4  # of the tallest piece's height; a short stroke is a part of a digit rather than a digit
MEASURING_SIDE = 256  # pixels; gaps between pieces need no finer picture


DOT = 1.6  # pen widths; a piece no longer than that, away from the rest, is a slip and not a stroke


@dataclass(frozen=True)
class InkPiece:
    """Strokes that belong together: where their box begins, in the ink's pixels, and their ink, uint8."""

    left: int
    top: int
    ink: NDArray[np.uint8]


def split_ink(ink: NDArray[np.uint8]) -> list[InkPiece]:
    """The digits in a canvas's ink, uint8 (height, width): row by row, each from left to right.

    The ink of a digit holds no other digit's, even where their boxes overlap.
    """
    ink = without_slips(ink)
    written = (ink >= WRITTEN).astype(np.uint8)
    labels, stats = _pieces(written)
    if len(stats) == 1:
        return []
    areas = stats[1:, cv2.CC_STAT_AREA]
    largest = np.argsort(-areas, kind="stable")[:MOST_PIECES] + 1
    kept = [int(label) for label in largest if stats[label, cv2.CC_STAT_AREA] >= SPECK * areas.max()]
    boxes = [tuple(int(value) for value in stats[label, :4]) for label in kept]
    groups = _group(boxes, _gaps(labels, kept), _pen_width(written))
    members = [[kept[index] for index in group] for group in groups]
    frames = [_union([boxes[index] for index in group]) for group in groups]
    return [_cut(ink, labels, frames[index], members[index]) for index in _reading_order(frames)]


def without_slips(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The ink without specks and without single dots away from all strokes: a tap is not part of a digit.

    ink: uint8 (height, width). The largest piece always stays, so a dot that is alone does too.
    """
    left, top, width, height = cv2.boundingRect((ink >= WRITTEN).astype(np.uint8))
    window = (slice(top, top + height), slice(left, left + width))
    written = (ink[window] >= WRITTEN).astype(np.uint8)
    if width == 0 or cv2.connectedComponents(written, connectivity=8)[0] <= 2:
        return ink
    dropped = _slips(written)
    if not dropped.any():
        return ink
    # The soft edge of a slip is fainter than what is written, and goes with it.
    edge = cv2.dilate(dropped.astype(np.uint8), np.ones((3, 3), np.uint8)) > written
    kept = ink.copy()
    kept[window][dropped | edge] = 0
    return kept


def _slips(written: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Which pixels belong to specks and lonely dots."""
    labels, stats = _pieces(written)
    areas = stats[:, cv2.CC_STAT_AREA]
    largest = int(areas[1:].argmax()) + 1
    dropped = areas < SPECK * areas[largest]
    pen = _pen_width(written)
    dots = np.flatnonzero((stats[:, 2:4].max(axis=1) <= DOT * pen) & ~dropped)
    reach = int(pen) + 1
    for label in dots[:MOST_PIECES]:
        left, top, width, height = (int(value) for value in stats[label, :4])
        rows, columns = (
            slice(max(top - reach, 0), top + height + reach),
            slice(max(left - reach, 0), left + width + reach),
        )
        near = np.unique(labels[rows, columns])
        dropped[label] = not np.any((near != label) & (near != 0) & ~dropped[near])
    dropped[[0, largest]] = False
    return np.asarray(dropped[labels], np.bool_)


def _pieces(written: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which piece each pixel belongs to, 0 for none; for each piece its left, top, width, height, area."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(written, connectivity=8)
    return np.asarray(labels, np.int32), np.asarray(stats, np.int32)


def _pen_width(written: NDArray[np.uint8]) -> float:
    return stroke_width(signed_distance(written * np.uint8(255)))


def _gaps(labels: NDArray[np.int32], kept: list[int]) -> NDArray[np.float32]:
    """Pixels between each two pieces, nearest ink to nearest ink, float32 (pieces, pieces)."""
    step = max(1, max(labels.shape) // MEASURING_SIDE)
    small = labels[::step, ::step]
    gaps = np.full((len(kept), len(kept)), np.inf, np.float32)
    masks = [small == label for label in kept]
    for first, mask in enumerate(masks[:-1]):
        away = cv2.distanceTransform(np.where(mask, np.uint8(0), np.uint8(1)), cv2.DIST_L2, 5)
        for second in range(first + 1, len(kept)):
            if mask.any() and masks[second].any():
                gaps[first, second] = gaps[second, first] = step * float(away[masks[second]].min())
    return gaps


def _group(boxes: list[tuple[int, ...]], gaps: NDArray[np.float32], pen: float) -> list[list[int]]:
    """The pieces' indices, digit by digit."""
    tallest = max(height for _, _, _, height in boxes)
    owner = list(range(len(boxes)))
    for first in range(len(boxes)):
        for second in range(first + 1, len(boxes)):
            if _belong(boxes[first], boxes[second], float(gaps[first, second]), pen, tallest):
                old, new = owner[second], owner[first]
                owner = [new if value == old else value for value in owner]
    return [[index for index, value in enumerate(owner) if value == name] for name in sorted(set(owner))]


def _belong(first: tuple[int, ...], second: tuple[int, ...], gap: float, pen: float, tallest: int) -> bool:
    """Whether two pieces, boxes (left, top, width, height), are strokes of one digit."""
    across = min(first[0] + first[2], second[0] + second[2]) - max(first[0], second[0])
    apart = max(first[1], second[1]) - min(first[1] + first[3], second[1] + second[3])
    above = across >= OVERLAP * min(first[2], second[2])
    if above and apart <= ROW_GAP * max(first[3], second[3]):
        return True
    short = min(first[3], second[3]) < SHORT * tallest
    return gap <= (max(PEN_GAP * pen, PART_GAP * tallest) if short else PEN_GAP * pen)


def _union(boxes: list[tuple[int, ...]]) -> tuple[int, int, int, int]:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return left, top, right - left, bottom - top


def _cut(
    ink: NDArray[np.uint8], labels: NDArray[np.int32], frame: tuple[int, int, int, int], members: list[int]
) -> InkPiece:
    left, top, width, height = frame
    window = (slice(top, top + height), slice(left, left + width))
    own = np.isin(labels[window], members).astype(np.uint8)
    soft = cv2.dilate(own, np.ones((3, 3), np.uint8))  # the soft edge is fainter than what is labelled
    return InkPiece(left, top, np.asarray(ink[window] * soft, np.uint8))


def _reading_order(frames: list[tuple[int, int, int, int]]) -> list[int]:
    """Rows from top to bottom, each from left to right: a row's boxes share some of their height."""
    rows: list[list[int]] = []
    for index in sorted(range(len(frames)), key=lambda i: frames[i][1] + frames[i][3] / 2):
        _, top, _, height = frames[index]
        if rows:
            bottom = max(frames[i][1] + frames[i][3] for i in rows[-1])
            highest = min(frames[i][1] for i in rows[-1])
            if min(bottom, top + height) - max(highest, top) > 0.4 * min(height, bottom - highest):
                rows[-1].append(index)
                continue
        rows.append([index])
    return [index for row in rows for index in sorted(row, key=lambda i: frames[i][0])]
