"""Augmentation: what is known exactly is checked exactly, the rest by its statistics."""

import dataclasses

import numpy as np
import pytest

from engine.augment import (
    Affine,
    Augmentation,
    Elastic,
    Erase,
    Noise,
    Rotate,
    Shear,
    Shift,
    Stretch,
    Transpose,
    Zoom,
    augment,
)
from engine.streams import stream

NOTHING = [Shift(pixels=0), Rotate(degrees=0), Stretch(by=0), Zoom(by=0), Shear(by=0), Transpose(share=0),
           Elastic(strength=0), Noise(deviation=0), Erase(size=0)]  # fmt: skip
MUCH = [Shift(pixels=5), Rotate(degrees=90), Stretch(by=0.5), Zoom(by=0.5), Shear(by=0.5), Transpose(share=1),
        Elastic(strength=3), Noise(deviation=60), Erase(size=0.9)]  # fmt: skip


class Lowest:
    """In place of a generator: every uniform number is 0, so each change is as far as it goes on the minus side."""

    def random(self, shape, dtype):
        return np.zeros(shape, dtype)


@pytest.fixture
def pictures():
    return np.random.default_rng(0).integers(0, 256, (6, 9, 7)).astype(np.uint8)


def test_every_augmentation_is_here():
    assert {type(each) for each in NOTHING} == {type(each) for each in MUCH} == set(Augmentation.members().values())


@pytest.mark.parametrize("nothing", NOTHING, ids=lambda each: type(each).__name__)
def test_amounts_of_zero_change_no_pixel(nothing, pictures):
    np.testing.assert_array_equal(augment(pictures, (nothing,), stream(1, "t")), pictures)


@pytest.mark.parametrize("much", MUCH, ids=lambda each: type(each).__name__)
def test_a_share_of_zero_changes_no_pixel(much, pictures):
    none = dataclasses.replace(much, share=0.0)
    np.testing.assert_array_equal(augment(pictures, (none,), stream(1, "t")), pictures)


def test_everything_of_nothing_together_changes_no_pixel(pictures):
    np.testing.assert_array_equal(augment(pictures, tuple(NOTHING), stream(1, "t")), pictures)
    assert augment(pictures, (), stream(1, "t")) is pictures


def test_a_shift_by_one_pixel(pictures):
    # an output pixel reads from one pixel to the left and above, so all moves right and down
    moved = augment(pictures, (Shift(pixels=1),), Lowest())
    np.testing.assert_array_equal(moved[:, 1:, 1:], pictures[:, :-1, :-1])
    assert not moved[:, 0].any()
    assert not moved[:, :, 0].any()


def test_a_shift_by_half_a_pixel_is_the_mean_of_two_neighbours():
    picture = np.zeros((1, 1, 4), np.uint8)
    picture[0, 0] = [0, 100, 40, 0]
    # rows outside are 0: half of each mean is lost downwards
    moved = augment(picture, (Shift(pixels=0.5),), Lowest())
    assert moved[0, 0].tolist() == [0, 25, 35, 10]


def test_a_quarter_turn_is_exact_and_keeps_its_sense():
    picture = np.arange(25, dtype=np.uint8).reshape(1, 5, 5)
    turned = augment(picture, (Rotate(degrees=90),), Lowest())
    assert turned[0].tolist() in (np.rot90(picture[0], 1).tolist(), np.rot90(picture[0], 3).tolist())
    twice = augment(turned, (Rotate(degrees=90),), Lowest())
    np.testing.assert_array_equal(twice[0], picture[0, ::-1, ::-1])
    np.testing.assert_array_equal(augment(picture, (Rotate(degrees=180),), Lowest())[0], picture[0, ::-1, ::-1])


def test_transpose_swaps_rows_and_columns():
    picture = np.arange(36, dtype=np.uint8).reshape(1, 6, 6)
    np.testing.assert_array_equal(augment(picture, (Transpose(share=1),), stream(1, "t"))[0], picture[0].T)


def test_a_zoom_to_half_shows_every_second_place():
    picture = np.zeros((1, 9, 9), np.uint8)
    picture[0, ::2, ::2] = np.arange(1, 26).reshape(5, 5)
    small = augment(picture, (Zoom(by=0.5),), Lowest())  # factor 1 / (1 - 0.5) = 2 about the centre
    np.testing.assert_array_equal(small[0, 2:7, 2:7], picture[0, ::2, ::2])
    assert small.astype(int).sum() == np.arange(1, 26).sum()


def test_a_stretch_changes_width_and_height_each_by_itself():
    matrices = Stretch(by=0.5).matrices(stream(1, "t"), 1000)
    wide, tall = 1 / matrices[:, 0, 0], 1 / matrices[:, 1, 1]
    assert abs(np.corrcoef(wide, tall)[0, 1]) < 0.15
    assert 0.5 <= wide.min() < 0.51
    assert 1.49 < wide.max() <= 1.5


def test_a_shear_moves_rows_sideways_by_their_height():
    picture = np.zeros((1, 5, 5), np.uint8)
    picture[0, :, 2] = 200
    slanted = augment(picture, (Shear(by=1.0),), Lowest())  # x_in = x - y about the centre
    np.testing.assert_array_equal(slanted[0], np.eye(5, dtype=np.uint8) * 200)


def test_changes_are_composed_in_the_order_given():
    # an output pixel goes through the first map last: shift (reads 1 left, 1 above), then transpose
    picture = np.zeros((1, 5, 5), np.uint8)
    picture[0, 1, 3] = 255

    class Right(Affine, abstract=True):
        def matrices(self, rng, count):
            matrices = np.zeros((count, 2, 3), np.float32)
            matrices[:, 0, 0] = matrices[:, 1, 1] = 1
            matrices[:, 0, 2] = -1
            return matrices

    one_after_the_other = augment(augment(picture, (Right(),), Lowest()), (Transpose(share=1),), stream(1, "t"))
    together = augment(picture, (Right(), Transpose(share=1)), stream(1, "t"))
    np.testing.assert_array_equal(together, one_after_the_other)
    assert together[0, 4, 1] == 255


def test_a_slant_and_a_transpose_do_not_change_places():
    picture = np.zeros((1, 7, 7), np.uint8)
    picture[0, 2, 3] = 255  # one row above the centre: the slant takes it one column to the left, to (2, 2) ...
    picture[0, 4, 5] = 100  # one row below: to the right, to (4, 6); then rows and columns are swapped
    both = augment(picture, (Shear(by=1.0), Transpose(share=1)), Lowest())
    assert {tuple(place) for place in np.argwhere(both[0]).tolist()} == {(2, 2), (6, 4)}


@pytest.mark.parametrize("much", MUCH, ids=lambda each: type(each).__name__)
def test_the_same_stream_gives_the_same_pixels_and_another_gives_others(much, pictures):
    first, again = (augment(pictures, (much,), stream(1, "t", 5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    if type(much) is not Transpose:
        assert (augment(pictures, (much,), stream(1, "t", 6)) != first).any()


@pytest.mark.parametrize("much", MUCH, ids=lambda each: type(each).__name__)
def test_the_given_images_are_left_alone(much, pictures):
    before = pictures.copy()
    result = augment(pictures, (much,), stream(1, "t"))
    np.testing.assert_array_equal(pictures, before)
    assert result.dtype == np.uint8
    assert result.shape == pictures.shape


@pytest.mark.parametrize("much", [m for m in MUCH if type(m) is not Noise], ids=lambda each: type(each).__name__)
def test_no_image_bleeds_into_its_neighbours(much):
    striped = np.zeros((40, 8, 8), np.uint8)
    striped[::2] = 255
    changed = augment(striped, (much,), stream(1, "t"))
    assert not changed[1::2].any()
    assert changed[::2].any()


@pytest.mark.parametrize("size", [8, 28, 100])
def test_batches_larger_than_one_remap_takes_are_right_to_the_last_image(size):
    count = 40_000 // (size + 2)  # in one column they would be more rows than OpenCV's limit of 32,767
    pictures = np.random.default_rng(1).integers(0, 256, (count, size, size)).astype(np.uint8)
    moved = augment(pictures, (Shift(pixels=1),), Lowest())
    np.testing.assert_array_equal(moved[:, 1:, 1:], pictures[:, :-1, :-1])
    fine = augment(pictures, (Shift(pixels=0.25),), Lowest())
    np.testing.assert_array_equal(fine[-1:], augment(pictures[-1:], (Shift(pixels=0.25),), Lowest()))


@pytest.mark.parametrize("much", MUCH, ids=lambda each: type(each).__name__)
def test_no_images_stay_no_images(much):
    assert augment(np.zeros((0, 8, 8), np.uint8), (much,), stream(1, "t")).shape == (0, 8, 8)


@pytest.mark.parametrize("much", MUCH, ids=lambda each: type(each).__name__)
def test_a_share_of_a_half_leaves_half_of_the_images_as_they_are(much):
    pictures = np.random.default_rng(2).integers(100, 256, (2000, 8, 8)).astype(np.uint8)
    changed = augment(pictures, (dataclasses.replace(much, share=0.5),), stream(3, "t"))
    untouched = (changed == pictures).all(axis=(1, 2)).mean()
    # 2000 coins: standard deviation 0.011. Tiny moves and rectangles happen to change nothing, too.
    assert 0.46 < untouched < (0.6 if type(much) is Erase else 0.54)


def test_shifts_go_everywhere_within_their_limit_and_no_further():
    matrices = Shift(pixels=3).matrices(stream(1, "t"), 4000)
    for axis in (0, 1):
        moves = matrices[:, axis, 2]
        assert -3 <= moves.min() < -2.95
        assert 2.95 < moves.max() <= 3
        assert abs(moves.mean()) < 0.1  # deviation 3 / sqrt(3) / sqrt(4000) = 0.027
    assert abs(np.corrcoef(matrices[:, 0, 2], matrices[:, 1, 2])[0, 1]) < 0.06


def test_noise_has_its_deviation_and_no_bias():
    grey = np.full((50, 20, 20), 128, np.uint8)
    grain = augment(grey, (Noise(deviation=10),), stream(1, "t")).astype(float) - 128
    assert grain.std() == pytest.approx(10, rel=0.03)  # 20,000 numbers: 0.5 %
    assert abs(grain.mean()) < 0.3
    black = augment(np.zeros((1, 20, 20), np.uint8), (Noise(deviation=10),), stream(1, "t"))
    assert (black == 0).mean() > 0.4  # what would be below 0 is 0, and does not wrap around to 255
    assert black.max() < 60


def test_erased_is_one_rectangle_no_larger_than_its_limit():
    white = np.full((500, 20, 20), 255, np.uint8)
    erased = augment(white, (Erase(size=0.5),), stream(1, "t")) == 0
    rows, columns = erased.any(axis=2), erased.any(axis=1)
    np.testing.assert_array_equal(erased, rows[:, :, None] & columns[:, None, :])  # a rectangle of rows and columns
    assert 9 <= rows.sum(axis=1).max() <= 10  # half of 20
    assert 9 <= columns.sum(axis=1).max() <= 10
    assert all((np.diff(np.flatnonzero(each)) == 1).all() for each in rows)
    assert rows.any(axis=0).all(), "every row can be erased"
    assert columns.any(axis=0).all()


def test_elastic_moves_have_their_strength_and_are_smooth():
    moves = Elastic(strength=2.0, smoothness=4.0).moves(stream(1, "t"), 20, 28, 28)
    assert moves.shape == (20, 28, 28, 2)
    np.testing.assert_allclose(np.sqrt((moves**2).mean(axis=(1, 2, 3))), 2.0, rtol=1e-4)
    rough = np.sqrt((np.diff(moves, axis=2) ** 2).mean())
    assert rough < 0.7  # neighbours move alike: about 2 / (4 sqrt(2)) = 0.35
    assert (
        np.sqrt((np.diff(Elastic(strength=2.0, smoothness=1.0).moves(stream(1, "t"), 20, 28, 28), axis=2) ** 2).mean())
        > 0.9
    )
