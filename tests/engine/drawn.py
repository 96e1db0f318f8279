"""Digits as pen paths, and canvases with them."""

from itertools import product

import cv2
import numpy as np

# Pen paths in a box of 100 x 100, x right, y down.
TWO = [[(10, 20), (40, 0), (80, 10), (85, 35), (10, 100), (90, 100)]]
SEVEN = [[(10, 0), (80, 0), (30, 100)]]
FIVE = [[(30, 5), (25, 45), (65, 45), (75, 75), (50, 100), (15, 90)], [(34, 4), (80, 2)]]
OPEN_FOUR = [[(30, 0), (10, 55), (66, 55)], [(74, 5), (74, 100)]]
ZERO = [[(50, 0), (80, 25), (80, 75), (50, 100), (20, 75), (20, 25), (50, 0)]]
EIGHT = [[(50, 50), (20, 25), (50, 0), (80, 25), (50, 50), (15, 75), (50, 100), (85, 75), (50, 50)]]
BAR = [[(50, 0), (50, 100)]]


def coverage(strokes, brush=16.0, longest=160.0, corner=(60.0, 60.0), size=280):
    """uint8 (size, size): the pen path scaled by longest / 100, its box's upper left corner at `corner`."""
    ink = np.zeros((2 * size, 2 * size), np.uint8)
    for stroke in strokes:
        points = np.array(stroke, float) * longest / 100 + corner
        fixed = np.round(points * 32).astype(np.int32).reshape(-1, 1, 2)  # doubled size, four bits of fraction
        cv2.polylines(ink, [fixed], False, 255, max(1, round(2 * brush)), cv2.LINE_AA, 4)
    return cv2.resize(ink, (size, size), interpolation=cv2.INTER_AREA)


def canvas(ink, colour=(255, 255, 255), background=(0, 0, 0)):
    """uint8 (h, w, 4), opaque."""
    share = ink[..., None] / 255.0
    rgb = np.round(np.array(background) * (1 - share) + np.array(colour) * share).astype(np.uint8)
    return np.dstack([rgb, np.full_like(ink, 255)])


def distance(first, second):
    """Mean difference of the pixels, as a share of the mean ink: 0 for the same image, 2 for no overlap.

    Images are placed by whole pixels, so one whose centre of mass lies half-way may go either way.
    """
    moved = [np.roll(second, shift, axis=(0, 1)).astype(float) for shift in product((-1, 0, 1), repeat=2)]
    return float(min(np.abs(first - other).sum() for other in moved) / max(first.sum(), second.sum()))


def box_of(image):
    return cv2.boundingRect((image > 0).astype(np.uint8))


def pen_of(image):
    """Stroke width in pixels by area over length, for a single vertical bar."""
    _, top, _, height = box_of(image)
    return image[top + 5 : top + height - 5].sum() / 255 / (height - 10)
