"""Figures on predictions, worked out by hand."""

import numpy as np
import pytest

from engine.arrays import Buffers
from engine.losses import CrossEntropy, MeanSquaredError, softmax
from engine.metrics import accuracy, calibration, class_scores, confusion_matrix

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
