"""Figures on predictions, worked out by hand."""

import numpy as np
import pytest

from engine.arrays import Buffers
from engine.losses import CrossEntropy, MeanSquaredError, softmax
from engine.metrics import (
    Z,
    accuracy,
    calibration,
    class_scores,
    confusion_matrix,
    coverage,
    log_loss,
    temperature,
    wilson_interval,
)

LABELS = np.array([0, 0, 0, 1, 1], np.uint8)
READ_AS = np.array([0, 0, 1, 1, 1])
PROBABILITIES = np.eye(3, dtype=np.float32)[READ_AS]  # the third class is never there and never read


def test_accuracy_is_the_share_of_right_answers():
    assert accuracy(PROBABILITIES, LABELS) == pytest.approx(4 / 5)


def test_confusion_matrix_has_the_truth_in_its_rows():
    assert confusion_matrix(PROBABILITIES, LABELS).tolist() == [[2, 1, 0], [0, 2, 0], [0, 0, 0]]


def test_class_scores_by_hand_and_zero_where_there_is_nothing_to_divide_by():
    scores = class_scores(confusion_matrix(PROBABILITIES, LABELS))
    # read as 0: twice, both right; 0s: three, two of them found; read as 1: three times, two right; 1s: two, both found
    assert scores.precision == pytest.approx([1, 2 / 3, 0])
    assert scores.recall == pytest.approx([2 / 3, 1, 0])
    # 2 * 1 * (2/3) / (5/3)
    assert scores.f1 == pytest.approx([4 / 5, 4 / 5, 0])


def test_precision_and_recall_are_not_each_other():
    scores = class_scores(np.array([[6, 2], [0, 4]]))
    assert scores.precision == pytest.approx([1, 4 / 6])
    assert scores.recall == pytest.approx([6 / 8, 1])
    # 2 * 1 * 0.75 / 1.75 and 2 * (2/3) * 1 / (5/3)
    assert scores.f1 == pytest.approx([6 / 7, 4 / 5])


def test_calibration_by_hand():
    confident = np.array([[0.95, 0.05], [0.05, 0.95], [0.85, 0.15], [0.85, 0.15], [0.5, 0.5]])
    labels = np.array([0, 0, 0, 1, 0], np.uint8)
    result = calibration(confident, labels, bins=10)
    assert result.counts.tolist() == [0, 0, 0, 0, 0, 1, 0, 0, 2, 2]
    assert result.accuracy[[5, 8, 9]] == pytest.approx([1, 0.5, 0.5])
    assert result.confidence[[5, 8, 9]] == pytest.approx([0.5, 0.85, 0.95])
    # 1/5 |1 - 0.5| + 2/5 |0.5 - 0.85| + 2/5 |0.5 - 0.95| = 0.1 + 0.14 + 0.18
    assert result.error == pytest.approx(0.42)
    assert result.edges.tolist() == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])


def test_certainty_falls_into_the_last_bin_and_no_examples_into_none():
    assert calibration(np.array([[1.0, 0.0]]), np.array([0], np.uint8)).counts.tolist() == [0] * 9 + [1]
    empty = calibration(np.zeros((0, 10), np.float32), np.zeros(0, np.uint8))
    assert (empty.counts.sum(), empty.error) == (0, 0)


def test_softmax_by_hand_and_for_any_shift():
    outputs = np.log(np.array([[1.0, 2.0, 5.0]]))
    assert softmax(outputs)[0] == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert softmax(outputs + 1000)[0] == pytest.approx([1 / 8, 2 / 8, 5 / 8])


def test_label_smoothing_spreads_its_share_over_all_classes():
    targets = CrossEntropy(label_smoothing=0.3).targets(np.array([1], np.uint8), 3, Buffers(np.float64))
    assert targets[0] == pytest.approx([0.1, 0.8, 0.1])


def test_a_part_of_a_batch_gives_its_share_of_the_loss():
    rng = np.random.default_rng(0)
    outputs, labels = rng.standard_normal((6, 4)), np.array([0, 1, 2, 3, 0, 1], np.uint8)
    for loss in (CrossEntropy(label_smoothing=0.1), MeanSquaredError()):
        whole, gradient = loss.value_and_gradient(outputs, labels, 6, Buffers(np.float64))
        gradient = gradient.copy()
        parts = [
            loss.value_and_gradient(outputs[s], labels[s], 6, Buffers(np.float64)) for s in (slice(0, 2), slice(2, 6))
        ]
        assert sum(value for value, _ in parts) == pytest.approx(whole)
        np.testing.assert_allclose(np.concatenate([g for _, g in parts]), gradient)


def test_squared_outputs_become_shares():
    # negative ones say nothing: 0.5 and 1.5 of 2
    assert MeanSquaredError().probabilities(np.array([[0.5, -3.0, 1.5]]))[0] == pytest.approx([0.25, 0, 0.75])


def test_support_counts_the_examples_and_macro_leaves_out_classes_without_any():
    scores = class_scores(confusion_matrix(PROBABILITIES, LABELS))
    assert scores.support.tolist() == [3, 2, 0]
    # of the two classes that are there: (1 + 2/3) / 2, (2/3 + 1) / 2, (4/5 + 4/5) / 2
    assert scores.macro == pytest.approx((5 / 6, 5 / 6, 4 / 5))
    assert np.isnan(class_scores(np.zeros((3, 3), np.int64)).macro).all()


def test_wilson_interval_solves_its_equation():
    # its ends are the shares p0 for which the seen share lies z standard errors of p0 away
    for hits, count in ((9, 10), (97, 100), (9_912, 10_000), (1, 50)):
        for end in wilson_interval(hits, count):
            assert abs(hits / count - end) == pytest.approx(Z * np.sqrt(end * (1 - end) / count))


def test_wilson_interval_at_the_ends():
    # z^2 / (n + z^2) = 3.8415 / 13.8415
    assert wilson_interval(0, 10) == pytest.approx((0, 0.277533), abs=1e-6)
    assert wilson_interval(10, 10) == pytest.approx((1 - 0.277533, 1), abs=1e-6)
    assert wilson_interval(10, 10)[1] == 1
    assert wilson_interval(0, 0) == (0, 1)
    with pytest.raises(ValueError, match="from 0 to 3 hits; got 4"):
        wilson_interval(4, 3)


def test_log_loss_of_an_impossible_class_is_large_but_finite():
    shares = np.array([[0.25, 0.75], [1.0, 0.0]], np.float32)
    assert log_loss(shares, np.array([0, 1], np.uint8)) == pytest.approx([np.log(4), 12 * np.log(10)])


def test_temperature_undoes_what_was_done_to_the_outputs():
    rng = np.random.default_rng(0)
    outputs = rng.standard_normal((4000, 5)) * 2
    labels = np.array([rng.choice(5, p=each) for each in softmax(outputs)], np.uint8)  # calibrated by construction
    assert temperature(softmax(outputs), labels) == pytest.approx(1, rel=0.06)
    for factor in (0.5, 3.0):
        sharpened = softmax(outputs * factor)
        assert temperature(sharpened, labels) == pytest.approx(factor, rel=0.06)
    assert temperature(np.zeros((0, 5)), np.zeros(0, np.uint8)) == 1


def test_coverage_against_counting():
    rng = np.random.default_rng(1)
    shares = softmax(rng.standard_normal((300, 4))).astype(np.float32)
    labels = rng.integers(0, 4, 300).astype(np.uint8)
    thresholds = [0.0, 0.3, 0.5, float(shares.max()), 0.9999]
    found = coverage(shares, labels, thresholds)
    for place, threshold in enumerate(thresholds):
        kept = [(row, label) for row, label in zip(shares, labels, strict=True) if row.max() >= np.float32(threshold)]
        hits = sum(int(row.argmax()) == label for row, label in kept)
        assert found.counts[place] == len(kept)
        assert found.wrong[place] == len(kept) - hits
        assert found.answered[place] == pytest.approx(len(kept) / 300)
        if kept:
            assert found.accuracy[place] == pytest.approx(hits / len(kept))
    assert found.counts[3] == 1
    assert np.isnan(found.accuracy[4])


def test_coverage_at_a_threshold_that_float32_rounds():
    shares = np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)  # 0.9 in float32 is a little less than 0.9 in float64
    assert coverage(shares, np.array([0, 0], np.uint8), [0.9]).counts.tolist() == [2]
