"""The gradient check of a whole network: right ones agree, wrong ones do not, kinks are told apart."""

from dataclasses import dataclass

import numpy as np
import pytest

from engine.gradcheck import STEP, check_weights
from engine.layers import Dense, Dropout, Flatten, MaxPool, ReLU, Tanh
from engine.losses import CrossEntropy, MeanSquaredError
from engine.network import Network
from tests.engine.test_explain_unit import STACKS, made


@dataclass(frozen=True)
class Wrong(Tanh, abstract=True):
    """tanh whose gradient forgets the square."""

    def backward(self, params, grads, cache, dy):
        y, _ = cache
        return dy * (1 - y)


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize("loss", [CrossEntropy(), MeanSquaredError()], ids=lambda each: type(each).__name__)
def test_all_weights_of_a_right_network_agree(name, loss):
    network, x = made(STACKS[name])
    before = network.vector.copy()
    told = []
    found = check_weights(network, loss, x, 4, per_array=8, tell=told.append)
    assert {each.name for each in found} == {slot.name for slot in network.slots}
    assert all(each.agrees for each in found), [each for each in found if not each.agrees]
    assert max(abs(each.analytic) for each in found) > 1e-3
    assert np.array_equal(network.vector, before)
    assert told[-1] == 1.0
    again = check_weights(network, loss, x, 4, per_array=8)
    assert again == found


def test_a_wrong_gradient_does_not_agree():
    network, x = made((Flatten(), Dense(units=6), Wrong(), Dense(units=10)))
    found = check_weights(network, CrossEntropy(), x, 4)
    wrong = [each for each in found if not each.agrees]
    assert {each.name for each in wrong} == {"1.dense.weight", "1.dense.bias"}  # all before it, none behind
    assert max(each.error for each in wrong) > 1e-2
    assert not any(each.kink for each in wrong)


def test_a_kink_within_the_step_is_told_from_a_wrong_gradient():
    network = Network((Flatten(), Dense(units=1), ReLU(), Dense(units=2, bias="none")), (1, 1, 1))
    network.params[1]["weight"][...] = 1.0
    network.params[1]["bias"][...] = 3e-6 - 1.0  # the unit's sum is 3e-6: a step of 1e-5 reaches below 0
    network.params[3]["weight"][...] = [[1.0, -1.0]]
    found = check_weights(network, CrossEntropy(), np.ones((1, 1, 1), np.float32), 0)
    bias = next(each for each in found if each.name == "1.dense.bias")
    assert bias.kink
    assert bias.step < STEP
    assert bias.analytic == pytest.approx(-1.0, abs=1e-3)  # -(1 - p) 1 + p (-1) with p = 1/2
    assert not any(each.kink for each in found if each.name == "3.dense.weight")


def test_the_largest_gradient_of_each_array_is_among_those_checked():
    network, x = made((Dropout(), MaxPool(), Flatten(), Dense(units=10)))
    found = check_weights(network, CrossEntropy(), x, 4, per_array=3)
    tried = [each for each in found if each.name == "3.dense.weight"]
    assert 1 <= len(tried) <= 3
    every = [each for each in check_weights(network, CrossEntropy(), x, 4, per_array=200) if each.name == tried[0].name]
    assert len(every) == 160
    assert max(abs(each.analytic) for each in every) == max(abs(each.analytic) for each in tried)


def test_where_no_gradient_is_both_are_zero():
    network, x = made((Flatten(), Dense(units=6), ReLU(), Dense(units=10)))
    network.params[1]["bias"][...] = -1e4
    found = [each for each in check_weights(network, CrossEntropy(), x, 4) if each.name.startswith("1.")]
    assert all(each.analytic == each.numerical == each.error == 0 for each in found)
    assert all(each.agrees and not each.kink for each in found)
