"""Learning rates at the points of a run where they are known."""

import itertools
import math

import pytest

from engine.schedules import Constant, Cosine, Exponential, OneCycle, Schedule, Steps


def test_constant_is_one():
    assert [Constant().factor(step, 100) for step in (0, 50, 99)] == [1, 1, 1]


def test_steps_fall_at_multiples_only():
    schedule = Steps(every=10, by=0.5)
    assert [schedule.factor(step, 100) for step in (0, 9, 10, 19, 20)] == [1, 1, 0.5, 0.5, 0.25]
    # the first coursework's: x0.9 every 5,000 batches
    assert Steps().factor(10_000, 10**6) == pytest.approx(0.81)


def test_exponential_falls_by_equal_ratios_to_its_final_share():
    schedule = Exponential(final=0.01)
    assert schedule.factor(0, 100) == 1
    assert schedule.factor(50, 100) == pytest.approx(0.1)  # sqrt(0.01)
    assert schedule.factor(100, 100) == pytest.approx(0.01)


def test_cosine_is_half_way_down_in_the_middle():
    factors = [Cosine().factor(step, 100) for step in (0, 25, 50, 100)]
    # (1 + cos(pi / 4)) / 2 = 0.853553
    assert factors == pytest.approx([1, 0.853553, 0.5, 0], abs=1e-6)


def test_one_cycle_starts_low_peaks_and_ends_near_zero():
    schedule = OneCycle(rise=0.25, start_divisor=20)
    assert schedule.factor(0, 100) == pytest.approx(0.05)
    assert schedule.factor(25, 100) == pytest.approx(1)
    # half of the way down: end + (1 - end) / 2 with end = 1e-4 / 20
    assert schedule.factor(62, 99) == pytest.approx((1 + 5e-6) / 2, abs=0.01)
    assert schedule.factor(100, 100) == pytest.approx(5e-6)


def test_one_cycle_rises_then_falls_without_a_jump():
    factors = [OneCycle().factor(step, 200) for step in range(200)]
    peak = factors.index(max(factors))
    assert peak == 60  # 0.3 of 200
    assert factors[:61] == sorted(factors[:61])
    assert factors[60:] == sorted(factors[60:], reverse=True)
    assert max(abs(a - b) for a, b in itertools.pairwise(factors)) < 0.03


@pytest.mark.parametrize("name", Schedule.members())
def test_warm_up_rises_in_a_straight_line_and_never_starts_at_zero(name):
    schedule = Schedule.from_json({"kind": name, "warmup": 4})
    assert [schedule.factor(step, 100) for step in range(4)] == pytest.approx([0.2, 0.4, 0.6, 0.8])
    assert schedule.factor(4, 100) == Schedule.from_json(name).factor(4, 100)


@pytest.mark.parametrize("name", Schedule.members())
@pytest.mark.parametrize("total", [0, 1, 2, 10**6])
def test_factors_are_numbers_from_zero_to_one_in_runs_of_any_length(name, total):
    schedule = Schedule.from_json(name)
    for step in (0, 1, total // 2, total, total + 1, 10 * total):
        factor = schedule.factor(step, total)
        assert math.isfinite(factor)
        assert 0 <= factor <= 1
