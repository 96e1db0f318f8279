"""Digits beside each other are told apart, and ink is found on photographs."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from engine.drawing import PrepareSettings, find_digits, find_ink, prepare, prepare_drawing, read_photo
from tests.engine.drawn import BAR, EIGHT, FIVE, OPEN_FOUR, SEVEN, TWO, ZERO, canvas, coverage, distance


def photograph(ink, dark=(40, 45, 90), paper=(235, 228, 210), noise=5.0):
    """uint8 (h, w, 3): light falls off from one corner to the other by two thirds, with grain and blur."""
    height, width = ink.shape
    slope = np.add.outer(np.linspace(0, 0.5, height), np.linspace(0, 0.5, width))
    share = ink[..., None] / 255.0
    image = (np.array(paper) * (1 - share) + np.array(dark) * share) * (1 - 0.66 * slope)[..., None]
    image = cv2.GaussianBlur(image, (0, 0), 1.0) + np.random.default_rng(3).normal(0, noise, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)


def row_of(*digits, size=280, longest=80.0, brush=8.0, gap=12.0):
    """Digits beside each other: their boxes, pen included, lie `gap` pixels apart."""
    ink, left = np.zeros((size, size), np.uint8), 10.0
    for digit in digits:
        points = np.concatenate([np.array(stroke, float) for stroke in digit])
        low, high = points[:, 0].min() * longest / 100, points[:, 0].max() * longest / 100
        ink = np.maximum(ink, coverage(digit, brush, longest, (left + brush / 2 - low, 90), size))
        left += high - low + brush + gap
    return ink


def test_digits_beside_each_other_are_read_from_left_to_right():
    found = find_digits(canvas(row_of(TWO, BAR, ZERO)))
    assert len(found) == 3
    assert all(a.box.left + a.box.width <= b.box.left for a, b in pairwise(found))
    for part, strokes in zip(found, (TWO, BAR, ZERO), strict=True):
        alone = prepare_drawing(canvas(coverage(strokes, brush=8, longest=80)))
        assert distance(part.image, alone) < 0.15


def test_a_digit_among_others_that_is_not_cropped_stays_where_it_is_on_the_canvas():
    found = find_digits(canvas(row_of(TWO, BAR, ZERO)), PrepareSettings(crop=False, scale=False, centre=False))
    middles = [np.average(np.arange(28), weights=each.image.sum(axis=0)) for each in found]
    assert middles == sorted(middles)
    assert middles[2] - middles[0] > 8  # about 140 of 280 pixels apart, and 28 are left of those


def test_a_digit_alone_is_prepared_as_if_nobody_had_looked_for_others():
    rgba = canvas(coverage(FIVE, brush=9))
    (found,) = find_digits(rgba)
    assert np.array_equal(found.image, prepare_drawing(rgba))


@pytest.mark.parametrize("strokes", [FIVE, OPEN_FOUR])
def test_strokes_of_one_digit_stay_together(strokes):
    ink = coverage(strokes, brush=10)
    assert cv2.connectedComponents((ink > 96).astype(np.uint8))[0] - 1 == len(strokes) or strokes is FIVE
    assert len(find_digits(canvas(ink))) == 1
    assert len(find_digits(canvas(row_of(strokes, ZERO, strokes, longest=70, brush=5)))) == 3


def test_a_bar_that_floats_above_its_five_belongs_to_it():
    floating = [FIVE[0], [(34, -14), (80, -16)]]
    assert len(find_digits(canvas(coverage(floating, brush=10)))) == 1


def test_rows_are_read_from_top_to_bottom():
    upper = row_of(TWO, ZERO, longest=60)
    lower = np.roll(row_of(SEVEN, BAR, longest=60), 110, axis=0)
    tops = [part.box.top for part in find_digits(canvas(np.maximum(upper, lower)))]
    assert len(tops) == 4
    assert max(tops[:2]) < min(tops[2:])


@pytest.mark.parametrize("strokes", [TWO, FIVE, EIGHT])
def test_a_photograph_with_a_shadow_reads_as_the_drawing_does(strokes):
    ink = coverage(strokes)
    assert distance(prepare_drawing(photograph(ink)), prepare_drawing(canvas(ink))) < 0.3


def test_pencil_chalk_and_red_ink_are_found_on_photographs():
    ink = coverage(TWO)
    drawing = prepare_drawing(canvas(ink))
    for dark, paper in [((140, 140, 140), (235, 228, 210)), ((190, 40, 40), (235, 228, 210)),
                        ((235, 235, 230), (50, 70, 55))]:  # fmt: skip
        assert distance(prepare_drawing(photograph(ink, dark, paper, noise=2)), drawing) < 0.35


def test_an_empty_sheet_and_the_table_around_it_are_not_ink():
    sheet = photograph(np.zeros((280, 280), np.uint8))
    assert prepare_drawing(sheet) is None
    on_table = photograph(coverage(TWO))
    on_table[:, :20] = on_table[:, 260:] = (90, 60, 40)
    assert distance(prepare_drawing(on_table), prepare_drawing(canvas(coverage(TWO)))) < 0.35


def test_a_large_photograph_is_shrunk_and_its_box_is_in_its_own_pixels():
    photo = cv2.resize(photograph(coverage(TWO)), (2240, 2240), interpolation=cv2.INTER_LINEAR)
    assert max(read_photo(photo).shape) == 1024
    # As in the test of the steps, eight times as large: 76 * 8 and 60 * 8, less half the pen of 16 * 8.
    assert np.allclose(prepare(photo).box, (544, 416, 144 * 8, 176 * 8), atol=40)


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (28, 28, 3), (28, 28, 4)])
def test_grey_and_rgb_images_come_through_the_same_door(shape):
    image = prepare_drawing(canvas(coverage(TWO)))
    channels = 1 if len(shape) == 2 else shape[2]
    stacked = np.dstack([image] * min(channels, 3) + [np.full_like(image, 255)] * (channels == 4)).reshape(shape)
    assert np.array_equal(find_ink(stacked) > 96, find_ink(image) > 96)
