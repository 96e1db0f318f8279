"""The first steps of every optimizer, worked out by hand."""

import numpy as np
import pytest

from engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp


def steps(optimizer, gradients, rate=0.1, start=1.0):
    """Where a single parameter is after each gradient, in float64 so that the digits are all there."""
    p, work = np.array([start]), np.empty(1)
    slots = {name: np.zeros(1) for name in optimizer.slot_names}
    places = []
    for number, gradient in enumerate(gradients, start=1):
        optimizer.update(p, np.array([gradient]), slots, rate, number, work)
        places.append(float(p[0]))
    return places


def test_sgd():
    # 1 - 0.1 * 2 = 0.8; 0.8 + 0.1 * 1 = 0.9
    assert steps(SGD(), [2, -1]) == pytest.approx([0.8, 0.9])


def test_momentum():
    # v = 2, p = 0.8; v = 0.5 * 2 + 1 = 2, p = 0.6; v = 0.5 * 2 + 0 = 1, p = 0.5
    assert steps(Momentum(momentum=0.5), [2, 1, 0]) == pytest.approx([0.8, 0.6, 0.5])


def test_nesterov():
    # v = 2, p = 1 - 0.1 (2 + 0.5 * 2) = 0.7; v = 2, p = 0.7 - 0.1 (1 + 0.5 * 2) = 0.5; v = 1, p = 0.5 - 0.1 * 0.5
    assert steps(Nesterov(momentum=0.5), [2, 1, 0]) == pytest.approx([0.7, 0.5, 0.45])


def test_rmsprop():
    # s = 0.25 * 16 = 4, p = 1 - 0.1 * 4 / 2 = 0.8; s = 0.75 * 4 + 0.25 * 4 = 4, p = 0.8 - 0.1 * 2 / 2 = 0.7
    assert steps(RMSProp(decay=0.75, epsilon=1e-12), [4, 2]) == pytest.approx([0.8, 0.7])


def test_adam_first_step_is_the_rate_whatever_the_gradient():
    # m / (1 - b1) = g and sqrt(v / (1 - b2)) = |g|, so p moves by 0.1 against the sign of g
    for gradient in (1e-3, 5.0, -7e4):
        assert steps(Adam(), [gradient]) == pytest.approx([1 - 0.1 * np.sign(gradient)], rel=1e-5)


def test_adam_second_step():
    # m = 0.5 (0.5 * 2) + 0.5 * 4 = 2.5, / (1 - 0.25) = 10/3;  v = 0.75 * (0.25 * 4) + 0.25 * 16 = 4.75,
    # / (1 - 0.5625) = 10.857142...; p = 0.9 - 0.1 * 3.333333 / 3.295018 = 0.798837...
    places = steps(Adam(momentum=0.5, decay=0.75, epsilon=1e-12), [2, 4])
    assert places == pytest.approx([0.9, 0.9 - 0.1 * (10 / 3) / (4.75 / 0.4375) ** 0.5])
    assert places[1] == pytest.approx(0.798837, abs=1e-6)


def test_adam_keeps_its_means_when_a_factor_changes():
    # m = 0.5 * 2 = 1, v = 0.75 * 4 = 3 are kept as m / (1 - b1) = 2 and v / (1 - b2) = 4
    before, after = Adam(momentum=0.5, decay=0.25), Adam(momentum=0.75, decay=0.5)
    slots = {"m": np.zeros(1), "v": np.zeros(1)}
    before.update(np.zeros(1), np.array([2.0]), slots, 0.1, 1, np.empty(1))
    assert (slots["m"][0], slots["v"][0]) == (2, 4)
    after.take_over(before, slots)
    assert slots["m"][0] * (1 - 0.75) == pytest.approx(1)
    assert slots["v"][0] * (1 - 0.5) == pytest.approx(3)


def test_epsilon_stands_beside_the_corrected_root():
    # first step, g = 1: m / (1 - b1) = 1, root = 1, so p = 1 - 0.1 * 1 / (1 + 1) with epsilon near 1
    assert steps(Adam(epsilon=0.1), [1]) == pytest.approx([1 - 0.1 / 1.1])
    assert steps(RMSProp(decay=0.0, epsilon=0.1), [1]) == pytest.approx([1 - 0.1 / 1.1])


def test_adamw_is_adam_and_its_decay_is_taken_by_the_stepper():
    assert steps(AdamW(), [1, 2, 3]) == steps(Adam(), [1, 2, 3])
    assert AdamW().weight_decay == 0.01


@pytest.mark.parametrize("name", Optimizer.members())
def test_a_gradient_of_zero_from_the_start_moves_nothing(name):
    assert steps(Optimizer.from_json(name), [0, 0, 0]) == [1, 1, 1]


@pytest.mark.parametrize("name", Optimizer.members())
def test_numbers_do_not_influence_each_other_and_stay_float32(name):
    optimizer = Optimizer.from_json(name)
    p = np.array([1, -2], np.float32)
    slots = {slot: np.zeros(2, np.float32) for slot in optimizer.slot_names}
    work = np.empty(2, np.float32)
    for step in (1, 2):
        optimizer.update(p, np.array([0, step], np.float32), slots, 0.1, step, work)
    assert p.dtype == np.float32
    assert p[0] == 1
    assert p[1] < -2
    assert all(slot.dtype == np.float32 for slot in slots.values())
