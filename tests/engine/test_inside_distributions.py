"""Dead units, and distributions of weights, answers and gradients over a run."""

from dataclasses import replace

import numpy as np
import pytest

from engine.checkpoint import Model
from engine.explain.ablation import probabilities_without, rank
from engine.explain.distributions import QUANTILES, density, describe, moment
from engine.explain.liveness import liveness
from engine.explain.probe import Probe
from engine.layers import (
    Conv,
    Dense,
    Flatten,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Tanh,
)
from tests.engine.inspected import STACKS, new_model


def silenced(layers, number, unit, bias):
    """A network one of whose units has weights 0 and this bias."""
    model = new_model(layers)
    model.network.params[number]["weight"][..., unit] = 0
    model.network.params[number]["bias"][unit] = bias
    return model


@pytest.mark.parametrize(
    ("activation", "bias", "where"),
    [
        (ReLU(), -1.0, "dead"),
        (ReLU(), 1.0, "always_on"),
        (Sigmoid(), 9.0, "saturated"),
        (Tanh(), -9.0, "saturated"),
        (LeakyReLU(), 0.3, "constant"),
    ],
)
def test_units_that_do_nothing_are_found_by_name(activation, bias, where, images):
    for layers, number in (
        ((Flatten(), Dense(units=6), activation, Dense(units=10)), 1),
        ((Conv(channels=6, kernel=3), activation, Flatten(), Dense(units=10)), 0),
    ):
        (life,) = liveness(silenced(layers, number, 4, bias), images)
        named = {name: getattr(life, name) for name in ("dead", "saturated", "always_on", "constant")}
        assert named.pop(where) == (4,)
        assert all(4 not in others for others in named.values())
        assert (life.layer, life.units, life.images) == (number, 6, 40)
        assert life.activation == type(activation).__name__


def test_how_often_a_unit_answers_is_counted(images):
    model = new_model(STACKS["dense"])
    outputs = Probe(model).layer_outputs(images.astype(np.float32) / 255)
    first, second = liveness(model, images)
    np.testing.assert_allclose(first.active, (outputs[2] > 0).mean(axis=0))
    assert second.active.tolist() == [1.0] * 5
    model = new_model(STACKS["conv"])
    outputs = Probe(model).layer_outputs(images.astype(np.float32) / 255)
    life = liveness(model, images)
    np.testing.assert_allclose(life[1].ends, (np.abs(outputs[4]) > 0.99).mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(life[0].active, (outputs[2] > 0).any(axis=(1, 2)).mean(axis=0))


def test_the_unit_that_is_always_1_is_no_dead_one(images):
    (life,) = liveness(new_model(STACKS["unit bias"]), images)
    assert life.units == 6
    assert life.always_on == ()


def test_a_distribution_by_hand():
    found = describe(np.array([0.0, 0.0, 1.0, 3.0]))
    assert (found.low, found.high, found.mean, found.zeros) == (0.0, 3.0, 1.0, 0.5)
    assert found.deviation == pytest.approx(np.sqrt(1.5))  # of 0, 0, 1, 3 around 1: (1 + 1 + 0 + 4) / 4
    assert found.counts.sum() == 4
    assert found.quantiles[QUANTILES // 2] == pytest.approx(0.5)  # halfway between the second and the third
    broken = describe(np.array([1.0, np.nan, np.inf, 1.0]))
    assert (broken.low, broken.high, broken.broken) == (1.0, 1.0, 0.5)
    assert broken.counts.sum() == 2
    assert describe(np.array([])).low == 0


def test_shares_below_are_those_of_the_numbers():
    values = np.random.default_rng(1).standard_normal(5000)
    edges = np.linspace(-5, 5, 31)
    expected = [(values <= edge).mean() for edge in edges]
    np.testing.assert_allclose(describe(values).shares_below(edges), expected, atol=0.005)


def test_the_density_keeps_all_numbers_and_has_one_scale():
    rng = np.random.default_rng(2)
    narrow, wide, relu = (describe(v) for v in (rng.normal(0, 1, 4000), rng.normal(0, 3, 4000), np.r_[[0.0] * 9, 5.0]))
    shares, edges = density([narrow, wide], bins=40)
    assert shares.shape == (40, 2)
    assert np.all(shares.sum(axis=0) > 0.99)
    inner = np.abs((edges[:-1] + edges[1:]) / 2) < 1
    np.testing.assert_allclose(shares[inner].sum(axis=0), [0.683, 0.261], atol=0.06)
    zeros, _ = density([relu])
    assert zeros[0, 0] == pytest.approx(0.89, abs=0.02)  # the zeros on the first edge are counted
    flat, edges = density([describe(np.full(5, 2.0))])
    assert flat.sum() == pytest.approx(1, abs=0.02)
    assert edges[0] < 2 < edges[-1]


@pytest.mark.parametrize("name", STACKS)
def test_a_moment_holds_weights_answers_and_gradients_of_every_layer(name, images, labels):
    model = new_model(STACKS[name])
    vector, tracked = model.network.vector.copy(), {k: v.copy() for k, v in model.network.tracked.items()}
    found = moment(model, images, labels)
    layers = [number for number, layer in enumerate(STACKS[name]) if isinstance(layer, Conv | Dense)]
    assert found.step == 7
    assert list(found.weights) == list(found.answers) == list(found.gradients) == layers
    weight = model.network.params[layers[0]]["weight"]
    assert (found.weights[layers[0]].low, found.weights[layers[0]].high) == (weight.min(), weight.max())
    np.testing.assert_array_equal(model.network.vector, vector)  # the model is left as it was
    for key, array in tracked.items():
        np.testing.assert_array_equal(model.network.tracked[key], array)
    assert moment(model, images, labels).gradients[layers[0]].mean == found.gradients[layers[0]].mean


def test_the_gradients_are_those_of_finite_differences(images, labels):
    model = new_model((Flatten(), Dense(units=6), Tanh(), Dense(units=10)))
    found = moment(model, images, labels).gradients[3]
    weight = model.checkpoint.params["3.dense.weight"].astype(float)

    def loss(change, unit, output):
        changed = weight.copy()
        changed[unit, output] += change
        params = model.checkpoint.params | {"3.dense.weight": changed.astype(np.float32)}
        own = Model(replace(model.checkpoint, params=params)).predict(images)[np.arange(40), labels]
        return -np.log(own.astype(float)).mean()

    slopes = [(loss(0.01, u, o) - loss(-0.01, u, o)) / 0.02 for u in range(6) for o in range(10)]
    assert found.low == pytest.approx(min(slopes), rel=0.02, abs=1e-3)
    assert found.high == pytest.approx(max(slopes), rel=0.02, abs=1e-3)
    assert found.mean == pytest.approx(np.mean(slopes), abs=1e-3)


def test_a_network_that_has_diverged_is_described(images, labels):
    model = new_model(STACKS["dense"])
    model.checkpoint.params["1.dense.weight"].fill(3e38)
    model.network.vector.fill(3e38)
    assert moment(model, images, labels).answers[1].broken > 0
    assert len(liveness(model, images)) == 2
    assert np.isfinite(probabilities_without(model, images, {1: [0]})).all()
    assert np.isfinite(rank(model, images, labels, 1).loss_without).all()
