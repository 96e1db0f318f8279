"""Chances and intervals by hand, by closed forms and by tables; sentences that promise no more than they may."""

import math

import pytest

from engine.comparing import compare, incomplete_beta, permutation_chance, t_below, t_quantile, verdict, welch_interval


@pytest.mark.parametrize(
    ("share", "freedom", "quantile"),
    [(0.975, 1, 12.706), (0.975, 4, 2.776), (0.95, 10, 1.812), (0.995, 30, 2.750), (0.975, 120, 1.980)],
)
def test_quantiles_are_those_of_the_printed_tables(share, freedom, quantile):
    assert t_quantile(share, freedom) == pytest.approx(quantile, abs=0.0005)


@pytest.mark.parametrize("t", [-3.0, -0.1, 0.0, 0.5, 2.0, 40.0])
def test_students_distribution_has_closed_forms_for_1_and_2_degrees_of_freedom(t):
    assert t_below(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-12)
    assert t_below(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)), abs=1e-12)


@pytest.mark.parametrize("x", [0.0, 1e-9, 0.2, 0.5, 0.9, 1.0])
def test_the_incomplete_beta_function_where_it_is_a_power(x):
    assert incomplete_beta(x, 1, 1) == pytest.approx(x, abs=1e-14)
    assert incomplete_beta(x, 3, 1) == pytest.approx(x**3, abs=1e-14)  # the largest of 3 uniform numbers
    assert incomplete_beta(x, 1, 4) == pytest.approx(1 - (1 - x) ** 4, abs=1e-14)  # the smallest of 4


@pytest.mark.parametrize(
    ("a", "b", "chance"),
    [
        ([1, 2, 3], [4, 5, 6], 2 / 20),  # itself and its mirror image, of C(6, 3) deals
        ([1, 2], [3, 4], 2 / 6),
        ([1, 4], [2, 3], 1.0),  # equal means: every deal is as far apart
        ([1, 3], [2, 4], 4 / 6),  # hands {1,2} and {3,4} lie 2 apart, {1,3} and {2,4} 1, {1,4} and {2,3} 0
        ([7, 7], [7, 7], 1.0),
        ([1, 1, 1], [2], 1 / 4),  # unequal sizes have no mirror image
    ],
)
def test_chances_of_deals_counted_by_hand(a, b, chance):
    assert permutation_chance(a, b) == pytest.approx(chance)


def test_rounding_loses_no_tie():
    assert permutation_chance([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]) == pytest.approx(0.1)
    assert permutation_chance([0.981, 0.982, 0.983], [0.984, 0.985, 0.986]) == pytest.approx(0.1)


def test_welchs_interval_by_hand():
    # means 1 and 11, variances 2 and 2: error sqrt(2/2 + 2/2) = 1.41421, freedom (1 + 1)^2 / (1 + 1) = 2, t = 4.30265
    assert welch_interval([0, 2], [10, 12]) == pytest.approx((-10 - 6.08487, -10 + 6.08487), abs=1e-4)
    # variances 2 and 18: error sqrt(1 + 9), freedom 100 / (1 + 81) = 1.21951
    reach = t_quantile(0.975, 100 / 82) * math.sqrt(10)
    assert welch_interval([0, 2], [10, 16]) == pytest.approx((-12 - reach, -12 + reach))


def test_three_seeds_each_cannot_tell_however_clear_it_looks():
    found = compare([0.99, 0.991, 0.992], [0.95, 0.951, 0.952])
    assert found.chance == found.smallest_chance == pytest.approx(0.1)
    assert found.low > 0
    assert not found.beyond_luck
    words = verdict(found, "Adam", "SGD")
    assert words.startswith("3 seeds each cannot tell: Adam is 4.00 points ahead of SGD.")
    assert "10 % of cases" in words
    assert "1 more of each would tell" in words


def test_a_clear_difference_is_beyond_luck_whoever_is_named_first():
    a, b = [0.990, 0.991, 0.992, 0.991, 0.990], [0.980, 0.981, 0.982, 0.981, 0.980]
    for found, first, second in ((compare(a, b), "Adam", "SGD"), (compare(b, a), "SGD", "Adam")):
        assert found.chance == pytest.approx(2 / 252)  # of C(10, 5) deals
        assert found.beyond_luck
        # variance 0.7e-6 each: error sqrt(2 * 0.7e-6 / 5) = 0.000529, freedom 8, t = 2.306: 1 +- 0.122 points
        assert verdict(found, first, second).startswith(
            "Adam beats SGD beyond luck: by 1.00 points on average, between 0.88 and 1.12 (95 % interval)."
        )


def test_how_many_seeds_would_tell_follows_from_the_difference_and_the_spread():
    # difference 1, variances 1 and 1: n seeds suffice when sqrt(2 / n) t(2n - 2) < 1; t(16) = 2.120, t(18) = 2.101:
    # n = 9: 0.9994, n = 8: t(14) = 2.145, 1.0725
    assert compare([1, 2, 3], [0, 1, 2]).needed == 9
    assert "6 more of each would tell" in verdict(compare([0.1, 0.2, 0.3], [0.0, 0.1, 0.2]), "A", "B")


def test_a_difference_too_small_for_any_patience_is_called_so():
    found = compare([0.98, 0.99, 0.97, 0.96], [0.981, 0.9905, 0.9703, 0.9601])
    assert found.needed is None
    assert "Even 30 seeds of each would not show" in verdict(found, "A", "B")
    assert "may be luck" in verdict(found, "A", "B")


def test_equal_results_are_no_reason_to_say_anything():
    assert "equally well" in verdict(compare([0.98, 0.98], [0.98, 0.98]), "A", "B")


@pytest.mark.parametrize(("a", "b"), [([1], [1, 2]), ([], []), ([1, math.nan], [1, 2]), ([1, math.inf], [1, 2])])
def test_results_that_cannot_be_compared_are_refused(a, b):
    with pytest.raises(ValueError, match="at least 2 finite results"):
        compare(a, b)
