"""What is found inside a network: parts of an answer, dead units, what units are worth, distributions over a run."""

from dataclasses import replace

import numpy as np
import pytest

from engine.checkpoint import Checkpoint, Model, Position
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
from engine.explain.ablation import FIRST, images_for, mean_answers, probabilities_without, rank
from engine.explain.contributions import contributions
from engine.explain.distributions import QUANTILES, density, describe, moment
from engine.explain.features import activated, source_of
from engine.explain.liveness import hidden_layers, liveness
from engine.explain.probe import Probe
from engine.initializers import HeNormal
from engine.layers import (
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    MaxPool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.losses import CrossEntropy, MeanSquaredError
from engine.network import Network

STACKS = {
    "conv": (
        Conv(channels=3, kernel=3, stride=2),
        BatchNorm(),
        ReLU(),
        Conv(channels=4, kernel=2, padding="valid"),
        Tanh(),
        MaxPool(),
        Flatten(),
        Dropout(drop=0.5, scale="test"),
        Dense(units=7),
        Sigmoid(),
        Dense(units=10),
    ),
    "average": (Conv(channels=3, kernel=3), ReLU(), AvgPool(), Flatten(), Dense(units=10)),
    "dense": (Flatten(), Dense(units=6), ReLU(), Dense(units=5), LeakyReLU(), Dense(units=10)),
    "unit bias": (Flatten(), Dense(units=6, bias="unit"), ReLU(), Dense(units=10, bias="none")),
}


def new_model(layers, seed=3, loss=None):
    """A network with random weights that reads 8x8 pixels."""
    network = Network(layers, (8, 8, 1))
    network.initialize(HeNormal(), seed)
    config = TrainingConfig(layers=layers, loss=loss or CrossEntropy())
    named = {name: array.copy() for name, array in network.named(network.vector).items()}
    tracked = {name: array.copy() for name, array in network.tracked.items()}
    return Model(Checkpoint(config, (8, 8, 1), 10, Scaling(0.2, 0.4), Position(7), named, tracked))


@pytest.fixture
def images():
    rng = np.random.default_rng(4)
    return (rng.integers(0, 256, (40, 8, 8)) * (rng.random((40, 8, 8)) < 0.6)).astype(np.uint8)


@pytest.fixture
def labels():
    return (np.arange(40) % 10).astype(np.uint8)


def by_hand(model, images, off, values):
    """Outputs with the answers of some units replaced, layer by layer."""
    ends = {activated(model, number): number for number in off}
    x = model.checkpoint.scaling.apply(images, np.empty((*images.shape, 1), np.float32))
    through = model.network.new_pass()
    for number, layer in enumerate(model.network.layers):
        x = layer.forward(model.network.params[number], x, through.modes[number])[0].copy()
        if number in ends:
            for unit in off[ends[number]]:
                x[..., unit] = values[ends[number]][unit]
    return x


@pytest.mark.parametrize("name", STACKS)
def test_the_parts_of_an_answer_and_the_bias_add_up_to_it(name, images):
    model = new_model(STACKS[name])
    for slot in model.network.slots:  # biases begin at 0, and would not be missed
        if slot.key == "bias":
            model.network.params[slot.layer]["bias"][:] = np.linspace(-1, 1, slot.details.shape[0])
    pixels = images[:1].astype(np.float32) / 255
    outputs = Probe(model).layer_outputs(pixels)
    inputs = [((pixels[..., np.newaxis] - 0.2) / 0.4).astype(np.float32), *outputs[:-1]]
    for number, layer in enumerate(model.network.layers):
        if not isinstance(layer, Conv | Dense):
            continue
        for unit in (0, outputs[number].shape[-1] - 1):
            found = contributions(model, inputs[number][0], number, unit, most=1000)
            whole = outputs[number][0][..., unit]
            np.testing.assert_allclose(found.parts.sum(axis=0).reshape(whole.shape) + found.bias, whole, atol=1e-5)
            sizes = np.abs(found.parts).sum(axis=(1, 2))
            assert np.all(np.diff(sizes) <= 0)
            assert len(found.inputs) == found.count
            if found.count:
                assert abs(found.shares[0]) == pytest.approx(1)


def test_a_pooled_channel_is_made_of_the_same_channel_and_a_flat_number_of_its_own(images):
    model = new_model(STACKS["average"])
    outputs = Probe(model).layer_outputs(images[:1].astype(np.float32) / 255)
    pooled = contributions(model, outputs[1][0], 2, 1)
    assert pooled.inputs.tolist() == [1]
    np.testing.assert_array_equal(pooled.parts[0], outputs[1][0][..., 1])
    flat = contributions(model, outputs[2][0], 3, 7)  # the third place's second channel, of three
    assert flat.inputs.tolist() == [1]
    assert flat.parts[0, 0, 0] == outputs[2][0][0, 2, 1]
    with pytest.raises(ValueError, match="units 0 to 2; got 3"):
        contributions(model, outputs[1][0], 2, 3)


def test_activations_belong_to_the_layer_before_them():
    model = new_model(STACKS["conv"])
    assert [source_of(model, number) for number in range(11)] == [0, 0, 0, 3, 3, 5, 6, 6, 8, 8, 10]
    assert hidden_layers(model) == [0, 3, 8]


@pytest.mark.parametrize("fill", ["zero", "mean"])
@pytest.mark.parametrize("name", STACKS)
def test_switching_units_off_is_what_replacing_their_answers_gives(name, fill, images):
    model = new_model(STACKS[name])
    off = {number: (0, 2) for number in hidden_layers(model)}
    means = mean_answers(model, images, list(off))
    values = means if fill == "mean" else {number: np.zeros(99) for number in off}
    expected = model.config.loss.probabilities(by_hand(model, images, off, values))
    found = probabilities_without(model, images, off, fill, means)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(probabilities_without(model, images, {}), model.predict(images), atol=1e-6)
    assert np.abs(found - model.predict(images)).max() > 1e-3


def test_mean_answers_are_over_all_images_and_places(images):
    model = new_model(STACKS["conv"])
    outputs = Probe(model).layer_outputs(images.astype(np.float32) / 255)
    found = mean_answers(model, images, [0, 8])
    np.testing.assert_allclose(found[0], outputs[2].mean(axis=(0, 1, 2)), atol=1e-6)
    np.testing.assert_allclose(found[8], outputs[9].mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("fill", ["zero", "mean"])
@pytest.mark.parametrize("loss", [CrossEntropy(), MeanSquaredError()])
@pytest.mark.parametrize("name", STACKS)
def test_a_ranking_tries_every_unit(name, loss, fill, images, labels):
    layers = STACKS[name] if isinstance(loss, CrossEntropy) else (*STACKS[name], Softmax())
    model = new_model(layers, loss=loss)
    for number in hidden_layers(model):
        found = rank(model, images, labels, number, fill)
        means = mean_answers(model, images, [number])
        assert (found.images, found.totals.tolist()) == (40, [4] * 10)
        for unit, (right, loss_without) in enumerate(zip(found.right_without, found.loss_without, strict=True)):
            shares = probabilities_without(model, images, {number: [unit]}, fill, means)
            hits = shares.argmax(axis=1) == labels
            assert right.tolist() == np.bincount(labels[hits], minlength=10).tolist()
            own = shares[np.arange(40), labels].astype(float)
            assert loss_without == pytest.approx(-np.log(own).mean(), rel=1e-4)
        before = (model.predict(images).argmax(axis=1) == labels).sum()
        assert found.right.sum() == before
        np.testing.assert_allclose(found.worth, (before - found.right_without.sum(axis=1)) / 40)
        assert np.all(np.diff(found.worth[found.order()]) <= 0)


def test_a_ranking_tells_what_it_has_found_so_far(images, labels):
    model = new_model(STACKS["dense"])
    many, truth = np.concatenate([images] * 8), np.concatenate([labels] * 8)
    told = []
    whole = rank(model, many, truth, 1, tell=lambda share, found: told.append((share, found)))
    partial = [found for _, found in told if found is not None]
    assert [each.images for each in partial] == [FIRST, 320]
    assert partial[-1].right_without.tolist() == whole.right_without.tolist()
    assert partial[0].right_without.tolist() == rank(model, many[:FIRST], truth[:FIRST], 1).right_without.tolist()
    assert [share for share, _ in told] == sorted(share for share, _ in told)


def test_a_large_layer_is_ranked_on_fewer_images():
    wide = new_model((Flatten(), Dense(units=1000), ReLU(), Dense(units=1000), ReLU(), Dense(units=10)))
    # for each unit 1,000 multiply-adds of the next layer and 10,000 of the last
    assert images_for(wide, 1, 10**9) == int(60e9 / (1000 * 11_000))
    assert images_for(wide, 1, 50) == 50


def test_what_cannot_be_switched_off_is_refused_in_words(images, labels):
    model = new_model(STACKS["unit bias"])
    with pytest.raises(ValueError, match=r"layer 3 is none"):
        probabilities_without(model, images, {2: [0]})
    with pytest.raises(ValueError, match=r"units 0 to 5; got 6"):  # the unit that is always 1
        probabilities_without(model, images, {1: [6]})
    with pytest.raises(ValueError, match=r"one of zero, mean; got 'half'"):
        rank(model, images, labels, 1, "half")
    with pytest.raises(ValueError, match="at least one image"):
        rank(model, images[:0], labels[:0], 1)


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
