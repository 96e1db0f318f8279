"""Every layer and loss against finite differences, and one number of each worked out by hand."""

import numpy as np
import pytest

from engine.arrays import Buffers
from engine.gradcheck import check_layer, check_loss
from engine.layers import (
    GELU,
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Layer,
    LeakyReLU,
    MaxPool,
    Mode,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.losses import CrossEntropy, Loss, MeanSquaredError

CASES = [
    (Dense(units=4), (3,)),
    (Dense(units=4, bias="none"), (3,)),
    (Dense(units=4, bias="unit"), (3,)),
    (Conv(channels=3, kernel=3, padding="same"), (5, 6, 2)),
    (Conv(channels=2, kernel=2, padding="same"), (4, 5, 1)),
    (Conv(channels=2, kernel=3, padding="valid", bias=False), (6, 5, 3)),
    (Conv(channels=2, kernel=3, stride=2, padding="same"), (7, 6, 2)),
    (Conv(channels=2, kernel=2, stride=3, padding="valid"), (7, 8, 2)),
    (Conv(channels=5, kernel=5, padding="valid"), (8, 7, 1)),
    (Conv(channels=3, kernel=1), (3, 4, 2)),
    (MaxPool(size=2), (4, 6, 2)),
    (MaxPool(size=2), (5, 7, 2)),
    (MaxPool(size=3), (6, 6, 1)),
    (MaxPool(size=3, stride=2), (7, 8, 2)),
    (MaxPool(size=2, stride=3), (8, 8, 2)),
    (AvgPool(size=2), (5, 4, 2)),
    (AvgPool(size=3, stride=1), (5, 5, 2)),
    (BatchNorm(), (4,)),
    (BatchNorm(), (3, 4, 2)),
    (Dropout(drop=0.4), (6,)),
    (Dropout(drop=0.4, scale="test"), (3, 3, 2)),
    (Flatten(), (3, 4, 2)),
    (ReLU(), (5,)),
    (LeakyReLU(slope=0.2), (5,)),
    (Sigmoid(), (5,)),
    (Tanh(), (5,)),
    (GELU(), (5,)),
    (Identity(), (5,)),
    (Softmax(), (5,)),
]


def test_every_registered_layer_has_a_case():
    assert {type(layer) for layer, _ in CASES} == set(Layer.members().values())


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(("layer", "shape"), CASES, ids=[f"{layer}-{shape}" for layer, shape in CASES])
def test_layer_gradients_match_finite_differences(layer, shape, training):
    for check in check_layer(layer, shape, training=training):
        assert check.error < 1e-7, check


@pytest.mark.parametrize(("layer", "shape"), CASES, ids=[f"{layer}-{shape}" for layer, shape in CASES])
def test_layer_keeps_float32_and_its_shape_rule(layer, shape):
    rng = np.random.default_rng(1)
    params = {k: rng.standard_normal(d.shape, np.float32) for k, d in layer.parameters(shape).items()}
    params |= {k: np.ones(d.shape, np.float32) for k, d in layer.tracked(shape).items()}
    grads = {k: np.empty_like(array) for k, array in params.items()}
    x = rng.standard_normal((3, *shape), np.float32)
    y, cache = layer.forward(params, x, Mode(Buffers(), None))
    assert y.dtype == np.float32
    assert y.shape == (3, *layer.output_shape(shape))
    dx = layer.backward(params, grads, cache, np.ones_like(y))
    assert dx.dtype == np.float32
    assert dx.shape == x.shape


@pytest.mark.parametrize("loss", [CrossEntropy(), CrossEntropy(label_smoothing=0.2), MeanSquaredError()], ids=str)
def test_loss_gradients_match_finite_differences(loss):
    assert check_loss(loss).error < 1e-8


def test_every_registered_loss_is_checked():
    assert set(Loss.members()) == {"CrossEntropy", "MeanSquaredError"}


def forward(layer, x, **params):
    y, _ = layer.forward(params, np.asarray(x, np.float32), Mode(Buffers()))
    return y.tolist()


def test_dense_by_hand():
    weight = np.array([[1, 2], [3, 4]], np.float32)
    # 1*1 + 2*3 + 0.5 = 7.5;  1*2 + 2*4 - 1 = 9
    assert forward(Dense(units=2), [[1, 2]], weight=weight, bias=np.array([0.5, -1], np.float32)) == [[7.5, 9]]


def test_dense_constant_unit_is_appended_and_always_one():
    weight = np.array([[2], [3]], np.float32)
    # 1*2 + 1*3 = 5, then the constant
    assert forward(Dense(units=1, bias="unit"), [[1, 1]], weight=weight) == [[5, 1]]


def test_conv_by_hand_is_a_correlation_with_zeros_around():
    image = np.arange(9).reshape(1, 3, 3, 1)  # 0 1 2 / 3 4 5 / 6 7 8
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[1, 2] = 1  # the pixel to the right
    y = forward(Conv(channels=1, kernel=3, bias=False), image, weight=kernel)
    assert np.reshape(y, (3, 3)).tolist() == [[1, 2, 0], [4, 5, 0], [7, 8, 0]]


def test_pooling_leaves_out_what_fills_no_window():
    image = np.arange(25).reshape(1, 5, 5, 1)
    assert np.ravel(forward(MaxPool(size=2), image)).tolist() == [6, 8, 16, 18]
    # (0 + 1 + 5 + 6) / 4 = 3
    assert np.ravel(forward(AvgPool(size=2), image)).tolist() == [3, 5, 13, 15]


def test_max_pool_sends_the_gradient_of_a_tie_to_the_first():
    layer, mode = MaxPool(size=2), Mode(Buffers())
    _, cache = layer.forward({}, np.ones((1, 2, 2, 1), np.float32), mode)
    dx = layer.backward({}, {}, cache, np.full((1, 1, 1, 1), 3, np.float32))
    assert dx.ravel().tolist() == [3, 0, 0, 0]


def test_batch_norm_running_means_by_hand():
    layer = BatchNorm(momentum=0.1, epsilon=1e-8)
    params = {k: np.full(1, d.fill, np.float32) for k, d in (layer.parameters((1,)) | layer.tracked((1,))).items()}
    from engine.streams import StepRandomness

    y, _ = layer.forward(params, np.array([[1], [3]], np.float32), Mode(Buffers(), StepRandomness(0, "t")))
    np.testing.assert_allclose(y.ravel(), [-1, 1], rtol=1e-6)  # mean 2, deviation 1
    np.testing.assert_allclose(params["mean"], [0.2], rtol=1e-6)  # 0.9 * 0 + 0.1 * 2
    np.testing.assert_allclose(params["var"], [1.1], rtol=1e-6)  # 0.9 * 1 + 0.1 * 2 (variance with n - 1)


def test_dropout_drops_its_share_and_keeps_the_mean():
    from engine.streams import StepRandomness

    x = np.ones((200, 100), np.float32)
    y, _ = Dropout(drop=0.3).forward({}, x, Mode(Buffers(), StepRandomness(3, "t")))
    assert abs((y == 0).mean() - 0.3) < 0.01  # 20,000 draws: standard deviation 0.003
    np.testing.assert_allclose(np.unique(y), [0, 1 / 0.7], rtol=1e-6)


def test_dropout_scaled_at_test_changes_evaluation_only():
    layer, x = Dropout(drop=0.25, scale="test"), np.ones((1, 4), np.float32)
    assert forward(layer, x) == [[0.75] * 4]
    assert forward(Dropout(drop=0.25), x) == [[1.0] * 4]


def test_cross_entropy_by_hand():
    outputs = np.array([[0.0, 0.0], [0.0, np.log(3)]])
    value, gradient = CrossEntropy().value_and_gradient(outputs, np.array([0, 0], np.uint8), 2, Buffers(np.float64))
    # probabilities (1/2, 1/2) and (1/4, 3/4): mean of log 2 and log 4
    assert value == pytest.approx((np.log(2) + np.log(4)) / 2)
    np.testing.assert_allclose(gradient, [[-0.25, 0.25], [-0.375, 0.375]])


def test_mean_squared_error_by_hand():
    outputs = np.array([[1.0, 1.0]])
    value, gradient = MeanSquaredError().value_and_gradient(outputs, np.array([1], np.uint8), 1, Buffers(np.float64))
    # ((1 - 0)^2 + (1 - 1)^2) / 2 = 0.5;  2 (1 - 0) / 2 = 1
    assert value == pytest.approx(0.5)
    np.testing.assert_allclose(gradient, [[1, 0]])


def test_probabilities_of_huge_outputs_are_finite():
    extreme = np.array([[1e4, -1e4, 0.0]], np.float32)
    np.testing.assert_allclose(CrossEntropy().probabilities(extreme), [[1, 0, 0]])
    np.testing.assert_allclose(MeanSquaredError().probabilities(-np.abs(extreme)), [[1 / 3] * 3])
