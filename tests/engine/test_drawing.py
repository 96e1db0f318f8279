"""What a person draws reaches the network as MNIST would have shown it."""

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.drawing import PrepareSettings, find_digits, find_ink, prepare, prepare_drawing, read_photo
from tests.engine.drawn import BAR, EIGHT, FIVE, OPEN_FOUR, SEVEN, TWO, ZERO, box_of, canvas, coverage, distance, pen_of

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


def transparent(ink, colour):
    return np.dstack([*(np.full_like(ink, value) for value in colour), ink])


@pytest.mark.parametrize("strokes", [TWO, SEVEN, FIVE, OPEN_FOUR, ZERO, EIGHT, BAR])
def test_longer_side_is_20_pixels_and_centre_of_mass_is_the_middle(strokes):
    image = prepare_drawing(canvas(coverage(strokes)))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert max(box_of(image)[2:]) == 20
    rows, columns = np.mgrid[:28, :28]
    assert np.average(rows, weights=image) == pytest.approx(14, abs=0.51)
    assert np.average(columns, weights=image) == pytest.approx(14, abs=0.51)


def test_proportions_are_kept():
    # A box 160 wide and 80 high with a pen of 20: 180 x 100, so 20 x 11.1, of which the last tenth is faint.
    wide = [[(0, 0), (100, 0), (100, 50), (0, 50), (0, 0)]]
    width, height = box_of(prepare_drawing(canvas(coverage(wide, brush=20))))[2:]
    assert width == 20
    assert height in (11, 12)


@pytest.mark.parametrize("corner", [(10, 10), (120, 20), (33.3, 118.7)])
@pytest.mark.parametrize("strokes", [TWO, FIVE, EIGHT])
def test_place_does_not_matter(strokes, corner):
    reference = prepare_drawing(canvas(coverage(strokes, longest=140)))
    assert distance(prepare_drawing(canvas(coverage(strokes, longest=140, corner=corner))), reference) < 0.12


@pytest.mark.parametrize("scale", [0.2, 0.5, 1.6])
@pytest.mark.parametrize("strokes", [TWO, FIVE, EIGHT])
def test_size_does_not_matter(strokes, scale):
    reference = prepare_drawing(canvas(coverage(strokes)))
    small = coverage(strokes, brush=16 * scale, longest=160 * scale, corner=(8, 8))
    assert distance(prepare_drawing(canvas(small)), reference) < 0.25


@pytest.mark.parametrize("size", [200, 400, 560])
def test_canvas_size_does_not_matter(size):
    reference = prepare_drawing(canvas(coverage(TWO)))
    share = size / 280
    other = coverage(TWO, brush=16 * share, longest=160 * share, corner=(60 * share, 60 * share), size=size)
    assert distance(prepare_drawing(canvas(other)), reference) < 0.12


@pytest.mark.parametrize(
    "rgba",
    [
        canvas(coverage(FIVE), (30, 30, 30), (240, 240, 240)),
        canvas(coverage(FIVE), (255, 230, 0), (255, 255, 255)),  # yellow on white: bright, but not in blue
        canvas(coverage(FIVE), (0, 0, 255), (0, 0, 0)),
        canvas(coverage(FIVE), (200, 60, 60), (60, 120, 60)),
        transparent(coverage(FIVE), (0, 0, 0)),
        transparent(coverage(FIVE), (255, 255, 255)),
        transparent(coverage(FIVE), (20, 90, 200)),
        transparent((coverage(FIVE) * 0.4).astype(np.uint8), (0, 0, 0)),  # a translucent brush
    ],
)
def test_colours_do_not_matter(rgba):
    assert distance(prepare_drawing(rgba), prepare_drawing(canvas(coverage(FIVE)))) < 0.05


def test_colours_under_full_transparency_do_not_matter():
    rgba = transparent(coverage(TWO), (0, 0, 0))
    rgba[rgba[..., 3] == 0, :3] = np.random.default_rng(0).integers(0, 256, 3, np.uint8)
    assert distance(prepare_drawing(rgba), prepare_drawing(transparent(coverage(TWO), (0, 0, 0)))) < 0.05


@pytest.mark.parametrize("brush", [1, 3, 8, 28, 36])
def test_every_pen_becomes_a_pen_of_mnist(brush):
    # The middle half of MNIST's training images has strokes of 2.2 to 3.1 pixels.
    image = prepare_drawing(canvas(coverage(BAR, brush=brush, longest=200, corner=(0, 40))))
    assert 2.0 <= pen_of(image) <= 3.4


def test_a_thick_pen_is_left_thick_when_that_step_is_off():
    rgba = canvas(coverage(BAR, brush=36, longest=200, corner=(0, 40)))
    image = prepare(rgba, PrepareSettings(stroke_width=False)).image
    assert pen_of(image) == pytest.approx(36 / 236 * 20, rel=0.1)  # 3.05 of 20 pixels for a bar of 236


@pytest.mark.parametrize("brush", [1, 2, 5, 12, 24])
@pytest.mark.parametrize(("strokes", "holes"), [(EIGHT, 2), (ZERO, 1), (TWO, 0)])
def test_loops_stay_open_and_lines_stay_whole(strokes, holes, brush):
    image = prepare_drawing(canvas(coverage(strokes, brush=brush)))
    assert cv2.connectedComponents((image > 100).astype(np.uint8), connectivity=8)[0] - 1 == 1
    assert cv2.connectedComponents((image <= 100).astype(np.uint8), connectivity=4)[0] - 2 == holes


def test_a_small_loop_survives_a_thin_pen():
    six = [[(70, 0), (30, 60), (30, 100), (44, 100), (44, 86), (30, 86)]]
    image = prepare_drawing(canvas(coverage(six, brush=2, longest=220, corner=(20, 20))))
    assert cv2.connectedComponents((image <= 160).astype(np.uint8), connectivity=4)[0] - 2 == 1


@pytest.mark.parametrize("corner", [(-10, -10), (200, 60), (60, 200)])
def test_a_digit_cut_by_the_edge_is_still_prepared(corner):
    image = prepare_drawing(canvas(coverage(ZERO, corner=corner)))
    assert max(box_of(image)[2:]) == 20


def test_a_dot_stays_a_dot():
    image = prepare_drawing(canvas(coverage([[(0, 0), (0, 0)]], brush=20)))
    left, top, width, height = box_of(image)
    assert 2 <= width <= 5
    assert 2 <= height <= 5
    assert abs(left + (width - 1) / 2 - 14) <= 1
    assert abs(top + (height - 1) / 2 - 14) <= 1


@pytest.mark.parametrize("value", [0, 17, 255])
@pytest.mark.parametrize("alpha", [0, 128, 255])
def test_nothing_drawn_gives_none(value, alpha):
    rgba = np.full((280, 280, 4), value, np.uint8)
    rgba[..., 3] = alpha
    assert prepare_drawing(rgba) is None
    assert find_digits(rgba) == []


def test_a_lonely_tap_does_not_shrink_the_digit():
    ink = coverage(TWO)
    slip = np.maximum(ink, coverage([[(0, 0), (0, 0)]], corner=(20, 262)))
    assert np.array_equal(prepare_drawing(canvas(slip)), prepare_drawing(canvas(ink)))


def test_another_image_size_is_in_proportion():
    image = prepare_drawing(canvas(coverage(EIGHT)), image_size=16)
    assert image.shape == (16, 16)
    assert max(box_of(image)[2:]) == 11  # 20 / 28 * 16 = 11.4


def test_a_digit_of_mnist_size_comes_back_as_it_was():
    first = prepare_drawing(canvas(coverage(TWO)))
    assert distance(prepare_drawing(canvas(first)), first) < 0.3
    assert box_of(prepare_drawing(canvas(first))) == box_of(first)


def test_steps_are_pictures_in_order():
    prepared = prepare(canvas(coverage(TWO, brush=4)))
    assert [step.name for step in prepared.steps] == [
        "ink", "crop", "stroke width", "scale", "centre", "brightness",
    ]  # fmt: skip
    assert all(step.image.dtype == np.uint8 and step.image.ndim == 2 for step in prepared.steps)
    assert np.array_equal(prepared.steps[-1].image, prepared.image)
    # The pen's path is 80 % of 160 pixels wide and 160 high, and begins at (60 + 16, 60); the pen is 4 wide.
    assert np.allclose(prepared.box, (74, 58, 132, 164), atol=2)


@pytest.mark.parametrize("name", ["crop", "stroke_width", "scale", "centre", "brightness"])
def test_each_step_can_be_left_out_and_is_worth_something(name):
    # Small, thin, in a corner, and heavier on one side.
    rgba = canvas(coverage(SEVEN, brush=2, longest=60, corner=(20, 190)))
    # A pen of MNIST's width is bright enough already.
    others = {"stroke_width": False} if name == "brightness" else {}
    partial, full = prepare(rgba, PrepareSettings(**{name: False}, **others)), prepare(rgba, PrepareSettings(**others))
    assert name.replace("_", " ") not in [step.name for step in partial.steps]
    assert name.replace("_", " ") in [step.name for step in full.steps]
    assert np.abs(partial.image.astype(int) - full.image).max() > 5


def test_without_any_step_the_whole_canvas_is_shrunk():
    ink = coverage(TWO)
    image = prepare(canvas(ink), PrepareSettings(False, False, False, False, False)).image
    assert np.abs(image.astype(int) - cv2.resize(ink, (28, 28), interpolation=cv2.INTER_AREA)).max() <= 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.zeros((28, 28, 4), np.float32), "uint8, 0 to 255; got float32"),
        (np.zeros((28, 28, 2), np.uint8), r"got \(28, 28, 2\)"),
        (np.zeros((5, 28, 28, 4), np.uint8), r"got \(5, 28, 28, 4\)"),
        (np.zeros((0, 28, 4), np.uint8), "at least one pixel"),
        ([[0, 1]], "got list"),
    ],
)
def test_what_is_no_image_is_refused_with_the_reason(wrong, message):
    for read in (prepare_drawing, find_digits, find_ink, read_photo):
        with pytest.raises(ValueError, match=message):
            read(wrong)


def test_a_tiny_image_size_is_refused():
    with pytest.raises(ValueError, match="image_size must be at least 8 pixels; got 3"):
        prepare_drawing(canvas(coverage(TWO)), image_size=3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (3, 1), (2, 2), (1, 90), (90, 1), (7, 5), (64, 64), (30, 1300)])
def test_any_picture_gets_an_answer(shape):
    rng = np.random.default_rng(1)
    pixel = np.zeros((*shape, 4), np.uint8)
    pixel[shape[0] // 2, shape[1] // 2] = 255
    ramp = np.broadcast_to(np.linspace(0, 255, shape[1]).astype(np.uint8)[None, :, None], (*shape, 4)).copy()
    noise = rng.integers(0, 256, (*shape, 4), np.uint8)
    for rgba in (pixel, ramp, noise, (noise > 127) * np.uint8(255), np.full((*shape, 4), 255, np.uint8)):
        image = prepare_drawing(rgba)
        assert image is None or (image.shape == (28, 28) and image.any())
        assert all(part.image.any() for part in find_digits(rgba))


def test_a_single_pixel_is_drawn():
    rgba = np.zeros((280, 280, 4), np.uint8)
    rgba[5, 270] = 255
    assert prepare_drawing(rgba).max() == 255


def test_the_drawing_is_not_changed():
    rgba = transparent(coverage(TWO), (9, 9, 9))
    before = rgba.copy()
    prepare(rgba)
    find_digits(rgba)
    assert np.array_equal(rgba, before)


@pytest.mark.skipif(not (SHARED / "drawings.py").exists(), reason="real handwriting lies beside the checkout only")
def test_real_handwriting_is_one_digit_at_any_size_and_colour(monkeypatch):
    monkeypatch.syspath_prepend(str(SHARED))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    from drawings import drawings

    light = list(drawings("bridger", "user", limit=60))
    dark = list(drawings("bridger", "user", size=400, background="dark_on_light", limit=60))
    for (first, _, _), (second, _, _) in zip(light, dark, strict=True):
        assert len(find_digits(first)) == 1
        assert distance(prepare_drawing(first), prepare_drawing(second)) < 0.25
