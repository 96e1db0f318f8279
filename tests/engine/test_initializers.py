"""The spread of the weights before training."""

import math

import numpy as np
import pytest

from engine.initializers import GlorotNormal, GlorotUniform, HeNormal, HeUniform, Initializer, ScaledNormal, Zeros
from engine.streams import stream

SHAPE, FAN_IN, FAN_OUT = (3, 3, 50, 200), 450, 1800  # 90,000 numbers: their deviation is known to 0.3 %


def drawn(initializer):
    return initializer.draw(stream(1, "test"), SHAPE, FAN_IN, FAN_OUT)


@pytest.mark.parametrize(
    ("initializer", "deviation"),
    [
        (HeNormal(), math.sqrt(2 / 450)),
        (HeUniform(), math.sqrt(2 / 450)),  # limit sqrt(6 / 450); a uniform +-a has deviation a / sqrt(3)
        (GlorotNormal(), math.sqrt(2 / 2250)),
        (GlorotUniform(), math.sqrt(2 / 2250)),
        (ScaledNormal(deviation=0.3), 0.3),
    ],
    ids=str,
)
def test_weights_have_the_spread_of_the_formula(initializer, deviation):
    weights = drawn(initializer)
    assert weights.shape == SHAPE
    assert weights.dtype == np.float32
    assert weights.std() == pytest.approx(deviation, rel=0.015)
    assert abs(weights.mean()) < 5 * deviation / 300  # 300 = sqrt(90,000)


@pytest.mark.parametrize(("initializer", "limit"), [(HeUniform(), 6 / 450), (GlorotUniform(), 6 / 2250)], ids=str)
def test_uniform_weights_reach_their_limit_and_never_pass_it(initializer, limit):
    largest = np.abs(drawn(initializer)).max()
    assert 0.999 * math.sqrt(limit) < largest <= math.sqrt(limit) * (1 + 1e-6)


@pytest.mark.parametrize("initializer", [HeNormal(), GlorotNormal(), ScaledNormal()], ids=str)
def test_normal_weights_have_the_tails_of_a_normal_distribution(initializer):
    weights = drawn(initializer)
    beyond = (np.abs(weights) > 2 * weights.std()).mean()
    assert beyond == pytest.approx(0.0455, abs=0.003)


def test_zeros_are_zeros_and_every_initializer_is_here():
    assert not drawn(Zeros()).any()
    named = {HeNormal, HeUniform, GlorotNormal, GlorotUniform, ScaledNormal, Zeros}
    assert set(Initializer.members().values()) == named
