"""One step by hand: each number is the engine's own, and the terms add up to it."""

import numpy as np
import pytest

from engine.datasets.base import Scaling
from engine.explain.unit import (
    Norm,
    Sum,
    layers_with_weights,
    strongest_unit,
    unit_shape,
    unit_step,
)
from engine.explain.unit_sources import layer_lines, loss_lines, optimizer_lines
from engine.explain.unit_trace import raw_network, trace
from engine.initializers import HeNormal
from engine.layers import (
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    MaxPool,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.losses import CrossEntropy, MeanSquaredError
from engine.network import Network, Pass
from engine.optimizers import AdamW

STACKS = {
    "conv": (Conv(channels=4, kernel=3), ReLU(), MaxPool(), Flatten(), Dense(units=9), Tanh(), Dense(units=10)),
    "norm": (
        Conv(channels=3, kernel=3, padding="valid", stride=2, bias=False),
        BatchNorm(),
        ReLU(),
        AvgPool(size=3, stride=1),
        Flatten(),
        Dropout(scale="test", drop=0.3),
        Dense(units=10),
    ),
    "pooled norm": (Conv(channels=3, kernel=5), BatchNorm(), MaxPool(), Sigmoid(), Flatten(), Dense(units=10)),
    "unit bias": (Flatten(), Dense(units=7, bias="unit"), Sigmoid(), Dense(units=10, bias="none")),
    "softmax": (Flatten(), Dense(units=10), Softmax()),
}


def made(layers, seed=2):
    """A network with random weights, running means that are none of the defaults, and an input for it."""
    network = Network(layers, (8, 8, 1))
    network.initialize(HeNormal(), seed)
    rng = np.random.default_rng(seed)
    for name, array in network.tracked.items():
        array[...] = rng.random(array.shape) + (0.5 if name.endswith("var") else -0.5)
    for slot in network.slots:
        if not slot.details.fan_in:
            network.params[slot.layer][slot.key][...] += rng.normal(0, 0.3, slot.details.shape).astype(np.float32)
    ink = (rng.integers(0, 256, (1, 8, 8)) * (rng.random((1, 8, 8)) < 0.6)).astype(np.uint8)
    return network, Scaling(0.1, 0.3).apply(ink, np.empty((1, 8, 8, 1), np.float32))[0]


@pytest.mark.parametrize("name", STACKS)
@pytest.mark.parametrize(
    "loss", [CrossEntropy(label_smoothing=0.1), MeanSquaredError()], ids=lambda x: type(x).__name__
)
def test_a_trace_has_the_gradients_that_the_network_itself_finds(name, loss):
    network, x = made(STACKS[name])
    found = trace(network, loss, x, 3)
    through = Pass(network, None, wants_input_gradient=True)
    outputs = network.forward(x[np.newaxis], through)
    value, dy = loss.value_and_gradient(outputs, np.array([3], np.uint8), 1, through.buffers)
    gradient = np.zeros_like(network.vector)
    dx = network.backward(dy, through, network.views(gradient))
    np.testing.assert_allclose(found.network_outputs, outputs[0], rtol=1e-5, atol=1e-6)
    assert found.loss == pytest.approx(value, rel=1e-5)
    assert np.abs(gradient).max() > 1e-3  # there is something to compare
    np.testing.assert_allclose(found.gradient, gradient, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found.d_inputs[0], dx[0], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", STACKS)
def test_the_terms_of_every_layer_add_up_to_what_the_engine_gave(name):
    network, x = made(STACKS[name])
    found = trace(network, CrossEntropy(), x, 7)
    for layer in layers_with_weights(network):
        unit = unit_step(network, found, layer, strongest_unit(network, found, layer))
        assert unit.dy != 0
        maths = unit.maths
        if isinstance(maths, Sum):
            total = float(maths.products.astype(np.float64).sum()) + (maths.bias or 0.0)
            assert total == pytest.approx(unit.y, rel=1e-4, abs=1e-5)
            np.testing.assert_allclose(maths.own, maths.x * unit.dy, rtol=1e-6)
        else:
            assert maths.scale * maths.h + maths.shift == pytest.approx(unit.y, rel=1e-4, abs=1e-5)
            slope = maths.scale / np.sqrt(maths.var + maths.epsilon)
            assert maths.back == pytest.approx(unit.dy * slope, rel=1e-4)


def test_a_dense_unit_by_hand():
    network = Network((Flatten(), Dense(units=2)), (1, 2, 1))
    network.params[1]["weight"][...] = [[1.0, 2.0], [3.0, -1.0]]
    network.params[1]["bias"][...] = [0.5, 0.25]
    found = trace(network, MeanSquaredError(), np.array([[[2.0], [1.0]]], np.float32), 1)
    unit = unit_step(network, found, 1, (1,))
    # y = 2 * 2 + 1 * -1 + 0.25 = 3.25; the target is 1: dL/dy = 2 (3.25 - 1) / 2 classes = 2.25
    assert (unit.y, unit.dy) == (3.25, 2.25)
    assert unit.maths.products.tolist() == [4.0, -1.0]
    assert unit.maths.gradients.tolist() == [4.5, 2.25]  # x dy
    assert unit.maths.back.tolist() == [4.5, -2.25]  # w dy
    assert unit.maths.bias_gradient == 2.25
    assert unit.maths.largest(1).tolist() == [0]
    assert unit.after == ()


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("stride", [1, 2])
def test_the_windows_of_a_convolution_give_its_gradient_together(padding, stride):
    layers = (Conv(channels=2, kernel=3, stride=stride, padding=padding), Tanh(), Flatten(), Dense(units=10))
    network, x = made(layers)
    found = trace(network, CrossEntropy(), x, 0)
    rows, columns, _ = network.shapes[1]
    units = [unit_step(network, found, 0, (row, column, 1)) for row in range(rows) for column in range(columns)]
    whole = np.sum([unit.maths.own for unit in units], axis=0)
    np.testing.assert_allclose(whole, units[0].maths.gradients, rtol=1e-4, atol=1e-6)
    assert sum(unit.dy for unit in units) == pytest.approx(units[0].maths.bias_gradient, rel=1e-4)
    for unit in units[:4]:
        for place, value in zip(unit.maths.places, unit.maths.x, strict=True):
            inside = all(0 <= at < extent for at, extent in zip(place, x.shape, strict=True))
            assert value == (x[tuple(place)] if inside else 0)


def test_layers_behind_a_unit_are_followed_until_places_mix():
    network, x = made(STACKS["norm"])
    found = trace(network, CrossEntropy(), x, 1)
    unit = unit_step(network, found, 0, (1, 1, 2))
    assert [each.name for each in unit.after] == ["1.batchnorm", "2.relu"]
    assert unit.after[0].x == unit.y
    assert unit.after[0].dx == unit.dy
    assert unit.after[1].y == max(unit.after[0].y, 0)
    assert unit_step(network, found, 1, (1, 1, 2)).maths.x == unit.y


def test_places_that_are_no_unit_are_refused():
    network, x = made(STACKS["unit bias"])
    found = trace(network, CrossEntropy(), x, 1)
    assert unit_shape(network, 1) == (7,)  # the eighth output is the constant 1
    with pytest.raises(ValueError, match="within"):
        unit_step(network, found, 1, (7,))
    with pytest.raises(ValueError, match="no weights"):
        unit_step(network, found, 2, (0,))
    with pytest.raises(ValueError, match="from 0 to 9"):
        trace(network, CrossEntropy(), x, 10)
    with pytest.raises(ValueError, match="shape"):
        trace(network, CrossEntropy(), x[:4], 1)


def test_a_unit_that_no_gradient_reaches_is_chosen_by_its_output():
    network, x = made((Flatten(), Dense(units=5), ReLU(), Dense(units=10)))
    network.params[3]["weight"].fill(0)
    found = trace(network, CrossEntropy(), x, 1)
    assert strongest_unit(network, found, 1) == (int(np.abs(found.outputs[1]).argmax()),)


def test_raw_weights_are_those_that_the_optimizer_changes(checkpoint):
    assert checkpoint.average
    name = "1.dense.weight"
    assert np.array_equal(raw_network(checkpoint).params[1]["weight"], checkpoint.params[name])
    assert not np.array_equal(checkpoint.average[name], checkpoint.params[name])


def test_sources_are_those_of_the_classes_that_run():
    titles = [lines.title for lines in layer_lines(Conv())]
    assert titles == ["Conv.forward", "BandedProduct.forward", "Conv.backward", "BandedProduct.gradient"]
    dense = layer_lines(Dense())
    assert dense[0].text.startswith("def forward(self, params")
    assert dense[0].file == "engine/layers/dense.py"
    assert "np.dot(x.T, dy, out=grads" in dense[1].text
    assert [lines.title for lines in layer_lines(BatchNorm())][1] == "BatchNorm.line"
    assert "log" in loss_lines(CrossEntropy())[0].text
    assert [lines.title for lines in optimizer_lines(AdamW())] == ["Updater.update", "Adam.update"]


def test_a_norm_unit_tells_all_that_goes_into_it():
    network, x = made(STACKS["pooled norm"])
    found = trace(network, CrossEntropy(), x, 1)
    units = [unit_step(network, found, 1, (row, column, 0)) for row in range(8) for column in range(8)]
    assert all(isinstance(unit.maths, Norm) for unit in units)
    assert sum(unit.maths.own_scale_gradient for unit in units) == pytest.approx(
        units[0].maths.scale_gradient, rel=1e-3, abs=1e-6
    )
    assert sum(unit.dy for unit in units) == pytest.approx(units[0].maths.shift_gradient, rel=1e-3, abs=1e-6)
