"""How good a network is on which images: against hand-made figures and brute force."""

import itertools
import math
import os
import threading
from dataclasses import replace

import numpy as np
import pytest

from engine.datasets import DataError, load_split
from engine.judging import (
    agreement,
    differences,
    held_images,
    mcnemar,
    predict,
    unseen,
)
from engine.judging.pairing import difference_interval
from engine.judging.predicting import BATCH
from engine.metrics import calibration, class_scores, confusion_matrix, log_loss
from engine.streams import stream


class TestImages:
    def test_a_run_is_judged_by_the_images_that_it_held_back(self, checkpoint):
        digits = load_split(checkpoint.config.data, checkpoint.config.seed)
        checkpoint = replace(checkpoint, data=digits.digest)  # the fixture's is of the images before they were a file
        held = held_images(checkpoint)
        np.testing.assert_array_equal(held.images, digits.validation_images)
        np.testing.assert_array_equal(held.labels, digits.validation_labels)
        assert (held.total, held.classes, held.changed) == (30, 10, "")
        np.testing.assert_array_equal(held_images(checkpoint, "test").images, digits.test_images)
        np.testing.assert_array_equal(held_images(checkpoint, "train").images, digits.train_images)

    def test_of_many_images_the_first_are_taken_and_the_total_is_told(self, checkpoint):
        held = held_images(checkpoint, most=8)
        assert (len(held.images), len(held.labels), held.total) == (8, 8, 30)

    def test_a_hand_that_is_gone_does_not_matter_to_images_that_were_never_mixed(self, checkpoint):
        data = replace(checkpoint.config.data, personal="/nowhere/hand.npz")
        gone = replace(checkpoint, config=replace(checkpoint.config, data=data))
        assert held_images(gone).total == 30

    def test_data_that_does_not_fit_is_refused_in_words(self, checkpoint):
        with pytest.raises(DataError, match="mnist16 has images of 16x16; this network reads 8x8"):
            held_images(checkpoint, source="mnist16")
        with pytest.raises(DataError, match="no data under"):
            held_images(checkpoint, source="/nowhere")
        with pytest.raises(DataError, match="got 'all'"):
            held_images(checkpoint, "all")
        with pytest.raises(DataError, match="no validation images with labels from 0 to 2"):
            held_images(replace(checkpoint, classes=3))

    def test_a_file_that_changes_or_goes_is_noticed(self, checkpoint, tmp_path):
        def write(value):
            path = tmp_path / "own.npz"
            np.savez(path, images=np.arange(40 * 64).reshape(40, 8, 8) % 199 + value, labels=np.arange(40) % 10)
            return path

        path = write(0)
        before = held_images(checkpoint, source=str(path)).images.copy()
        os.utime(write(50), ns=(1, 1))
        assert (held_images(checkpoint, source=str(path)).images != before).any()
        path.unlink()
        with pytest.raises(DataError, match="no data under"):
            held_images(checkpoint, source=str(path))

    def test_data_that_has_changed_since_is_told(self, checkpoint):
        other = replace(checkpoint, data="60000+10000 00000000 00000000")
        assert "has changed since this network was trained on it" in held_images(other).changed

    def test_images_that_the_other_run_learned_from_are_told_from_those_new_to_both(self, checkpoint):
        other = replace(checkpoint, config=replace(checkpoint.config, seed=6))
        held = held_images(checkpoint)
        learned = load_split(other.config.data, 6).train_images
        expected = [not any((image == each).all() for each in learned) for image in held.images]
        assert unseen(other, held.images).tolist() == expected
        assert 0 < sum(expected) < 30
        assert unseen(checkpoint, held.images).all()


class TestPredicting:
    def test_batches_say_the_same_as_one_pass_and_tell_how_far_they_are(self, model):
        images = stream(0, "test").integers(0, 255, (2 * BATCH + 7, 8, 8)).astype(np.uint8)
        told = []
        np.testing.assert_allclose(predict(model, images, told.append), model.predict(images), atol=1e-6)
        assert told == [0.0, BATCH / len(images), 2 * BATCH / len(images)]
        assert predict(model, images[:0]).shape == (0, 10)

    def test_two_hands_say_the_same_to_the_last_bit(self, model):
        images = stream(0, "test").integers(0, 255, (7 * BATCH + 7, 8, 8)).astype(np.uint8)
        np.testing.assert_array_equal(predict(model, images, hands=2), predict(model, images))

    def test_what_the_one_who_asked_raises_ends_the_work_of_all(self, model):
        images = np.zeros((50 * BATCH, 8, 8), np.uint8)
        before = threading.active_count()

        def give_up(share: float) -> None:
            raise KeyError("enough")

        with pytest.raises(KeyError, match="enough"):
            predict(model, images, give_up, hands=3)
        assert threading.active_count() == before


class TestPairing:
    A = np.eye(4, dtype=np.float32)[[0, 0, 1, 2, 2, 3]]
    B = np.eye(4, dtype=np.float32)[[0, 1, 0, 2, 1, 3]]
    LABELS = np.array([0, 0, 0, 0, 0, 1], np.uint8)

    def test_each_image_is_in_one_group(self):
        found = agreement(self.A, self.B, self.LABELS)
        assert found.both_right.tolist() == [True, False, False, False, False, False]
        assert found.only_a.tolist() == [False, True, False, False, False, False]
        assert found.only_b.tolist() == [False, False, True, False, False, False]
        assert found.both_wrong_alike.tolist() == [False, False, False, True, False, True]
        assert found.both_wrong_apart.tolist() == [False, False, False, False, True, False]

    def test_mcnemar_by_hand(self):
        assert mcnemar(0, 0) == 1
        assert mcnemar(5, 0) == pytest.approx(2 / 32)
        assert mcnemar(1, 6) == mcnemar(6, 1) == pytest.approx(2 * (1 + 7) / 128)
        assert mcnemar(3, 3) == 1
        with pytest.raises(ValueError, match="got -1 and 2"):
            mcnemar(-1, 2)

    @pytest.mark.parametrize(("a", "b"), [(0, 4), (2, 7), (4, 5), (1, 10)])
    def test_mcnemar_against_every_way_the_coins_may_fall(self, a, b):
        falls = [abs(2 * sum(way) - (a + b)) for way in itertools.product((0, 1), repeat=a + b)]
        assert mcnemar(a, b) == pytest.approx(np.mean([fall >= abs(a - b) for fall in falls]))

    def test_mcnemar_of_many_images_is_exact_and_agrees_with_the_normal_curve(self):
        z = (5100 - 4900 - 1) / math.sqrt(10_000)  # with continuity correction
        assert mcnemar(5100, 4900) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=1e-2)
        assert 0 < mcnemar(0, 1000) == pytest.approx(2.0**-999)

    def test_the_interval_of_the_difference_by_hand(self):
        # d = (12.5 - 4.5) / 102, se = sqrt(17 - 64 / 102) / 102
        reach = 1.959964 * math.sqrt(17 - 64 / 102) / 102
        assert difference_interval(12, 4, 100) == pytest.approx((8 / 102 - reach, 8 / 102 + reach), abs=1e-6)
        low, high = difference_interval(4, 12, 100)
        assert (-high, -low) == pytest.approx(difference_interval(12, 4, 100))

    def two(self, count=800):
        """A network that is mostly right and rightly sure, and one that is worse and too sure."""
        rng = np.random.default_rng(4)
        labels = rng.integers(0, 3, count).astype(np.uint8)
        outputs = rng.standard_normal((2, count, 3))
        outputs[0, np.arange(count), labels] += 4
        outputs[1, np.arange(count), labels] += 2
        powers = np.exp(outputs * np.array([1, 3]).reshape(2, 1, 1))
        return (*(powers / powers.sum(axis=2, keepdims=True)).astype(np.float32), labels)

    def test_differences_are_those_of_the_measures_themselves(self):
        a, b, labels = self.two()
        rows = {row.name: row for row in differences(a, b, labels)}
        assert list(rows) == ["accuracy", "macro F1", "loss", "calibration error"]
        for shares, side in ((a, "a"), (b, "b")):
            expected = {
                "accuracy": (shares.argmax(axis=1) == labels).mean(),
                "macro F1": class_scores(confusion_matrix(shares, labels)).macro[2],
                "loss": log_loss(shares, labels).mean(),
                "calibration error": calibration(shares, labels).error,
            }
            assert {name: getattr(row, side) for name, row in rows.items()} == pytest.approx(expected)
        assert rows["accuracy"].chance == mcnemar(
            int(agreement(a, b, labels).only_a.sum()), int(agreement(a, b, labels).only_b.sum())
        )
        assert all(row.beyond_luck for row in rows.values())
        assert rows["accuracy"].low > 0 > rows["loss"].high

    def test_resampled_intervals_agree_with_resampling_one_by_one(self):
        a, b, labels = self.two(200)
        rng, found = np.random.default_rng(0), {"macro F1": [], "loss": [], "calibration error": []}
        for _ in range(1000):
            drawn = rng.integers(0, 200, 200)
            one, other, right = a[drawn], b[drawn], labels[drawn]
            scores = [class_scores(confusion_matrix(each, right)).macro[2] for each in (one, other)]
            found["macro F1"].append(scores[0] - scores[1])
            found["loss"].append(log_loss(one, right).mean() - log_loss(other, right).mean())
            found["calibration error"].append(calibration(one, right).error - calibration(other, right).error)
        rows = {row.name: row for row in differences(a, b, labels)}
        for name, values in found.items():
            low, high = np.percentile(values, [2.5, 97.5])
            slack = 0.15 * (high - low)
            assert rows[name].low == pytest.approx(low, abs=slack)
            assert rows[name].high == pytest.approx(high, abs=slack)

    def test_a_network_does_not_differ_from_itself(self):
        a, _, labels = self.two()
        assert not any(row.beyond_luck or row.difference for row in differences(a, a, labels))
        with pytest.raises(ValueError, match="at least one image"):
            differences(a[:0], a[:0], labels[:0])

    def test_a_class_that_a_resampling_misses_does_no_harm(self):
        shares = np.eye(3, dtype=np.float32)[[0, 0, 1]]
        rows = differences(shares, shares[::-1], np.array([0, 0, 2], np.uint8))
        assert all(math.isfinite(row.low) and math.isfinite(row.high) for row in rows)

    def test_the_work_ends_when_nobody_waits(self):
        def leave(share):
            raise InterruptedError

        a, b, labels = self.two(20)
        with pytest.raises(InterruptedError):
            differences(a, b, labels, leave)
