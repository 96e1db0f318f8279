"""What is found inside a network: parts of an answer, and what units are worth."""

import numpy as np
import pytest

from engine.explain.ablation import FIRST, images_for, mean_answers, probabilities_without, rank
from engine.explain.contributions import contributions
from engine.explain.features import activated, source_of
from engine.explain.liveness import hidden_layers
from engine.explain.probe import Probe
from engine.layers import (
    Conv,
    Dense,
    Flatten,
    ReLU,
    Softmax,
)
from engine.losses import CrossEntropy, MeanSquaredError
from tests.engine.inspected import STACKS, new_model


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
