"""How a network reads disturbed images, and what the disturbances do."""

from dataclasses import replace

import numpy as np
import pytest

from engine.augment import Noise, Rotate, Shear, Shift, Stretch, Zoom
from engine.config import DataConfig, TrainingConfig
from engine.judging import (
    DISTURBANCES,
    robustness,
    sample,
    training_changes,
)
from engine.judging.robustness import faded, noisy, rotated, scaled, shifted, slanted, stroked
from engine.streams import stream


def spot(row, column, size=9):
    image = np.zeros((1, size, size), np.uint8)
    image[0, row, column] = 200
    return image


def place(image):
    return tuple(int(each) for each in np.unravel_index(image[0].argmax(), image[0].shape))


class TestDisturbances:
    def test_positive_turns_are_counterclockwise(self):
        assert place(rotated(spot(0, 4), 90)) == (4, 0)  # from the top to the left
        assert place(rotated(spot(0, 4), -90)) == (4, 8)

    def test_a_positive_slant_leans_to_the_right(self):
        assert place(slanted(spot(0, 4), 0.5)) == (0, 6)  # what is above the middle moves to the right
        assert place(slanted(spot(8, 4), 0.5)) == (8, 2)

    def test_shifts_go_all_four_ways_by_the_whole_amount(self):
        places = {place(each[np.newaxis]) for each in shifted(np.repeat(spot(4, 4), 40, axis=0), 3)}
        assert places == {(1, 4), (7, 4), (4, 1), (4, 7)}

    def test_a_larger_scale_moves_things_outwards(self):
        assert place(scaled(spot(4, 6), 2)) in ((4, 8), (3, 8), (5, 8))
        assert place(scaled(spot(4, 8), 0.5)) == (4, 6)

    def test_noise_has_the_deviation_it_says_and_stays_within_bounds(self):
        grey = np.full((20, 16, 16), 128, np.uint8)
        assert noisy(grey, 15).astype(float).std() == pytest.approx(15, rel=0.05)
        assert noisy(grey, 15).mean() == pytest.approx(128, abs=1)
        assert {0, 255} <= set(noisy(grey, 128).ravel().tolist())
        np.testing.assert_array_equal(noisy(grey, 15), noisy(grey, 15))

    def test_contrast_is_a_share_of_the_ink(self):
        assert faded(np.array([[[0, 100, 255]]], np.uint8), 0.1).tolist() == [[[0, 10, 26]]]
        assert faded(np.array([[[0, 100, 255]]], np.uint8), 2.0).tolist() == [[[0, 200, 255]]]

    @pytest.mark.parametrize("side", [16, 28])
    def test_strokes_get_wider_and_narrower_by_the_amount(self, side):
        bar = np.zeros((3, side, side), np.uint8)
        middle = side // 2
        bar[1:, :, middle - 2 : middle + 2] = 255  # 4 pixels wide
        for change in (-2, -1, 1, 2):
            found = stroked(bar, change)
            assert found[1, middle].sum() / 255 == pytest.approx(4 + change, abs=0.35)
            assert not found[0].any()  # no ink comes over from the neighbour
        np.testing.assert_array_equal(stroked(bar, 0), bar)

    @pytest.mark.parametrize("name", DISTURBANCES)
    def test_each_keeps_shape_and_type_and_what_it_was_given(self, name):
        images = stream(0, "test").integers(0, 255, (5, 16, 16)).astype(np.uint8)
        before, each = images.copy(), DISTURBANCES[name]
        assert each.neutral in each.values
        assert list(each.values) == sorted(each.values)
        for amount in each.amounts(16):
            changed = each.apply(images, amount)
            assert (changed.shape, changed.dtype) == (images.shape, np.uint8)
            assert changed.flags.c_contiguous
        np.testing.assert_array_equal(images, before)

    def test_sizes_in_pixels_grow_with_the_image(self):
        assert DISTURBANCES["shift"].amounts(14)[-1] == 4
        assert DISTURBANCES["rotation"].amounts(14)[-1] == 60

    def test_what_training_had_is_marked(self):
        changes = (
            Rotate(degrees=12),
            Shift(pixels=2),
            Zoom(by=0.1),
            Stretch(by=0.2),
            Shear(by=0.15),
            Noise(deviation=9),
        )
        found = {name: each.trained(changes) for name, each in DISTURBANCES.items()}
        assert found.pop("scale") == pytest.approx((0.9 * 0.8, 1.1 * 1.2))
        assert found == {
            "rotation": (-12, 12),
            "shift": (0, 2),
            "stroke width": None,
            "noise": (0, 9),
            "contrast": None,
            "slant": (-0.15, 0.15),
        }
        assert all(each.trained(()) is None for each in DISTURBANCES.values())

    def test_changes_made_once_before_training_count_and_those_of_no_image_do_not(self):
        data = DataConfig(added_images=10, added_by=(Rotate(),))
        config = TrainingConfig(data=data, augmentation=(Shift(), Noise(share=0)))
        assert training_changes(config) == (Shift(), Rotate())
        assert training_changes(replace(config, data=replace(data, added_images=0))) == (Shift(),)


class TestRobustness:
    def test_a_curve_begins_undisturbed_and_each_point_is_the_accuracy_on_the_disturbed_images(self, model, digits):
        images, labels = digits.test_images, digits.test_labels
        told = []
        curve = list(robustness(model, images, labels, DISTURBANCES["rotation"], told.append))
        assert [point.amount for point in curve][:3] == [0, -10, 10]
        assert sorted(point.amount for point in curve) == list(DISTURBANCES["rotation"].values)
        for point in curve:
            changed = rotated(images, point.amount) if point.amount else images
            assert point.accuracy == (model.predict(changed).argmax(axis=1) == labels).mean()
            assert point.low <= point.accuracy <= point.high
        assert told == sorted(told)
        assert 0 <= told[0] <= told[-1] < 1

    def test_no_images_no_curve(self, model, digits):
        with pytest.raises(ValueError, match="at least one image"):
            next(robustness(model, digits.test_images[:0], digits.test_labels[:0], DISTURBANCES["noise"]))

    def test_a_sample_is_spread_over_all_images(self):
        assert sample(10, 4).tolist() == [0, 2, 5, 7]
        assert sample(3, 4).tolist() == [0, 1, 2]
        assert sample(0).tolist() == []
