"""The network: one vector, views of it, the order of its layers, and what is told about shapes that do not fit."""

import numpy as np
import pytest

from engine.initializers import HeNormal
from engine.layers import (
    GELU,
    AvgPool,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Flatten,
    Identity,
    LeakyReLU,
    MaxPool,
    ReLU,
    ShapeError,
    Sigmoid,
    Softmax,
    Tanh,
)
from engine.network import Network, Pass, infer_shapes, plan, summarize
from engine.streams import StepRandomness, stream

LAYERS = (
    Conv(channels=3),
    BatchNorm(),
    ReLU(),
    MaxPool(),
    Flatten(),
    Dense(units=5),
    ReLU(),
    Dense(units=4, bias="none"),
)
SHAPE = (6, 6, 2)


def network(layers=LAYERS, shape=SHAPE, frozen=(), dtype=np.float32):
    made = Network(layers, shape, frozenset(frozen), dtype)
    made.initialize(HeNormal(), 1)
    return made


def test_the_vector_has_decayed_weights_first_then_other_trained_numbers():
    made = network()
    assert [slot.name for slot in made.slots] == [
        "0.conv.weight", "5.dense.weight", "7.dense.weight",
        "0.conv.bias", "1.batchnorm.scale", "1.batchnorm.shift", "5.dense.bias",
    ]  # fmt: skip
    # 3*3*2*3 = 54, 27*5 = 135, 5*4 = 20; then 3 + 3 + 3 + 5
    assert (made.decayed, made.trained, made.vector.size) == (209, 223, 223)


def test_frozen_layers_come_last_and_are_not_trained():
    made = network(frozen=[0, 5])
    assert [slot.name for slot in made.slots][-4:] == ["0.conv.weight", "0.conv.bias", "5.dense.weight", "5.dense.bias"]
    # 20 weights; then 3 + 3
    assert (made.decayed, made.trained, made.vector.size) == (20, 26, 223)


def test_slots_lie_one_after_the_other_without_gaps():
    for frozen in ([], [0], [0, 1, 5, 7]):
        made = network(frozen=frozen)
        ends = [0, *(slot.stop for slot in made.slots)]
        assert [slot.start for slot in made.slots] == ends[:-1]
        assert ends[-1] == made.vector.size


def test_views_and_names_share_the_vectors_memory():
    made = network()
    made.named(made.vector)["5.dense.weight"][...] = 7
    assert (made.params[5]["weight"] == 7).all()
    assert (made.vector == 7).sum() == 135
    made.params[1]["scale"][...] = 3
    assert (made.named(made.vector)["1.batchnorm.scale"] == 3).all()
    gradient = np.zeros_like(made.vector)
    made.views(gradient)[0]["weight"][...] = 1
    assert gradient.sum() == 54
    made.tracked["1.batchnorm.mean"][...] = 5
    assert (made.params[1]["mean"] == 5).all()


def test_weights_depend_on_seed_and_position_not_on_the_other_layers():
    one = network()
    other = network((*LAYERS[:5], Dense(units=9), ReLU(), Dense(units=4, bias="none")))
    np.testing.assert_array_equal(one.params[0]["weight"], other.params[0]["weight"])
    again = network()
    assert again.vector.tobytes() == one.vector.tobytes()
    again.initialize(HeNormal(), 2)
    assert (again.params[0]["weight"] != one.params[0]["weight"]).all()
    assert not one.params[0]["bias"].any()
    assert (one.params[1]["scale"] == 1).all()
    assert (one.params[1]["var"] == 1).all()


def test_freezing_changes_the_layout_and_not_the_weights():
    plain, frozen = network(), network(frozen=[0, 5])
    for name, array in plain.named(plain.vector).items():
        np.testing.assert_array_equal(array, frozen.named(frozen.vector)[name])


# --- the order of the layers -----------------------------------------------------------------------------------


def test_max_pooling_goes_before_rising_activations_and_nothing_else_moves():
    assert plan((Conv(), ReLU(), MaxPool())) == [0, 2, 1]
    assert plan((Conv(), Tanh(), LeakyReLU(), MaxPool(), MaxPool())) == [0, 3, 4, 1, 2]
    assert plan((Conv(), Identity(), Sigmoid(), MaxPool())) == [0, 3, 1, 2]
    assert plan((Conv(), GELU(), MaxPool())) == [0, 1, 2]  # GELU falls left of -0.75
    assert plan((Conv(), Softmax(), MaxPool())) == [0, 1, 2]
    assert plan((Conv(), ReLU(), AvgPool())) == [0, 1, 2]  # the mean of a maximum is another number
    assert plan((Conv(), ReLU(), Dropout(), MaxPool())) == [0, 1, 2, 3]
    assert plan((Conv(), BatchNorm(), MaxPool())) == [0, 1, 2]  # a negative scale makes it fall
    assert plan(()) == []


@pytest.mark.parametrize("activation", [ReLU(), LeakyReLU(slope=0.3), Sigmoid(), Tanh(), Identity()], ids=str)
@pytest.mark.parametrize("pool", [MaxPool(size=2), MaxPool(size=3, stride=2), MaxPool(size=3)], ids=str)
def test_the_move_changes_neither_outputs_nor_gradients(activation, pool):
    layers = (Conv(channels=3), activation, pool, Flatten(), Dense(units=4))
    moved, kept = network(layers, (8, 7, 2), dtype=np.float64), network(layers, (8, 7, 2), dtype=np.float64)
    assert moved._runners != list(enumerate(layers))
    kept._runners = list(enumerate(layers))
    # where ReLU gives several zeros in a window, their gradients are 0 on both ways
    assert_same(moved, kept, StepRandomness(0, "t"))


def assert_same(one, other, randomness):
    """Both networks, for images (8, 7, 2) and four outputs, give the same outputs, gradients and tracked arrays."""
    rng = np.random.default_rng(2)
    x, up = rng.standard_normal((5, 8, 7, 2)), rng.standard_normal((5, 4))
    results = []
    for each in (one, other):
        through = Pass(each, randomness, wants_input_gradient=True)
        gradient = np.zeros_like(each.vector)
        y = each.forward(x, through).copy()
        each.backward(rng.standard_normal(up.shape), through, each.views(gradient))  # what it left must not matter
        dx = each.backward(up.copy(), through, each.views(gradient))
        results.append((y, dx.copy(), gradient, *each.tracked.values()))
    for a, b in zip(*results, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-12)


@pytest.mark.parametrize("pool", [MaxPool(size=2), MaxPool(size=3, stride=2), MaxPool(size=3)], ids=str)
@pytest.mark.parametrize("randomness", [StepRandomness(0, "t"), None], ids=["training", "evaluation"])
def test_normalization_runs_together_with_the_pooling_after_it_and_nothing_changes(pool, randomness):
    layers = (Conv(channels=3), BatchNorm(), ReLU(), pool, Flatten(), Dense(units=4))
    together, apart = network(layers, (8, 7, 2), dtype=np.float64), network(layers, (8, 7, 2), dtype=np.float64)
    assert [number for number, _ in together._runners] == [0, 1, 2, 4, 5]
    apart._runners = list(enumerate(layers))
    for each in (together, apart):
        each.params[1]["scale"][:] = (0.7, -1.3, 0.0)  # one falls, one is flat
        each.params[1]["shift"][:] = (0.1, 0.4, -0.2)
        each.params[1]["mean"][:] = (0.3, -0.1, 0.2)
        each.params[1]["var"][:] = (0.5, 2.0, 1.0)
    assert_same(together, apart, randomness)


# --- passes ----------------------------------------------------------------------------------------------------


def test_evaluation_is_the_same_every_time_and_leaves_the_statistics_alone():
    made = network((*LAYERS[:4], Dropout(), *LAYERS[4:]))
    x = np.random.default_rng(0).standard_normal((5, *SHAPE)).astype(np.float32)
    through = made.new_pass()
    first = made.forward(x, through).copy()
    np.testing.assert_array_equal(made.forward(x, through), first)
    assert not made.tracked["1.batchnorm.mean"].any()


def test_a_smaller_batch_in_between_changes_nothing():
    made = network()
    x = np.random.default_rng(0).standard_normal((7, *SHAPE)).astype(np.float32)
    through = made.new_pass()
    first = made.forward(x, through).copy()
    few = made.forward(x[:3], through).copy()
    np.testing.assert_allclose(few, first[:3], atol=1e-6)
    np.testing.assert_array_equal(made.forward(x, through), first)


def test_gradients_stop_at_the_first_layer_that_learns():
    made = network(frozen=[0, 1, 5])
    through = Pass(made, StepRandomness(0, "t"))
    gradient = np.full_like(made.vector, np.nan)
    made.forward(np.ones((2, *SHAPE), np.float32), through)
    assert made.backward(np.ones((2, 4), np.float32), through, made.views(gradient)) is None
    assert np.isfinite(gradient[: made.trained]).all()
    assert np.isnan(made.named(gradient)["0.conv.weight"]).all(), "nobody needs the gradients below"


def test_memory_is_kept_from_step_to_step():
    made = network()
    through = Pass(made, StepRandomness(0, "t"))
    gradient = np.zeros_like(made.vector)
    x = np.ones((4, *SHAPE), np.float32)

    def step(x):
        y = made.forward(x, through)
        made.backward(np.ones_like(y), through, made.views(gradient))
        return through.nbytes

    held = step(x)
    assert held > 0
    assert [step(x), step(x[:2]), step(x)] == [held] * 3


def test_dropout_draws_other_units_at_each_step_and_the_same_at_the_same_step():
    made = network((Flatten(), Dropout()), (10, 10, 1))
    randomness = StepRandomness(3, "layers")
    through = Pass(made, randomness)

    def kept(*counters):
        randomness.restart(*counters)
        return made.forward(np.ones((1, 10, 10, 1), np.float32), through).astype(bool).tolist()

    assert kept(0, 0) == kept(0, 0)
    assert kept(0, 0) != kept(1, 0)
    assert kept(0, 0) != kept(0, 1)


def test_a_frozen_layer_is_in_evaluation_while_others_train():
    made = network(frozen=[1])
    made.forward(np.ones((4, *SHAPE), np.float32), Pass(made, StepRandomness(0, "t")))
    assert not made.tracked["1.batchnorm.mean"].any()


# --- live changes ----------------------------------------------------------------------------------------------


def test_layers_with_the_same_arrays_can_be_put_in_place():
    made = network((Flatten(), Dropout(drop=0.1), Dense(units=4)))
    before = made.vector.copy()
    made.change_layers((Flatten(), Dropout(drop=0.6), Dense(units=4)))
    assert made.layers[1].drop == 0.6
    np.testing.assert_array_equal(made.vector, before)


def test_layers_with_other_arrays_cannot():
    made = network((Flatten(), Dense(units=4)))
    for layers in ((Flatten(), Dense(units=5)), (Flatten(), Dense(units=4, bias="none")), (Flatten(),)):
        with pytest.raises(ShapeError, match="start another run"):
            made.change_layers(layers)
    assert made.layers == (Flatten(), Dense(units=4))


# --- shapes ----------------------------------------------------------------------------------------------------


def test_shapes_of_the_lenet_by_hand():
    from engine.config import LENET

    shapes = infer_shapes(LENET, (28, 28, 1))
    # 28 - 4 = 24, / 2 = 12, 12 - 4 = 8, / 2 = 4, 4*4*16 = 256
    assert shapes == [(28, 28, 1), (24, 24, 8), (24, 24, 8), (12, 12, 8), (8, 8, 16), (8, 8, 16), (4, 4, 16), (256,),
                      (32,), (32,), (10,)]  # fmt: skip


def test_a_summary_counts_parameters_and_multiplications_by_hand():
    rows = summarize(LAYERS, SHAPE, frozenset([5]))
    # 54 + 3; 3 + 3; 27*5 + 5; 5*4
    assert [row.parameters for row in rows] == [57, 6, 0, 0, 0, 140, 0, 20]
    # 6*6 pixels, 3 channels, 3*3*2 products; 27*5; 5*4
    assert [row.macs for row in rows] == [1944, 0, 0, 0, 0, 135, 0, 20]
    assert [row.trained for row in rows] == [number != 5 for number in range(8)]
    assert rows[0].name == "0.conv"
    assert (rows[3].input_shape, rows[3].output_shape) == ((6, 6, 3), (3, 3, 3))


def test_a_summary_of_a_huge_network_allocates_nothing():
    layers = (Flatten(), *[Dense(units=4096) for _ in range(300)])
    assert sum(row.parameters for row in summarize(layers, (28, 28, 1))) > 5e9


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            (Conv(), Dense()),
            r"Layer 2 of 2: Dense needs flat input \(features,\); it got \(8, 8, 16\)\. Add Flatten before it",
        ),
        ((Flatten(), Conv()), r"Layer 2 of 2: Conv needs an image .*; it got \(64,\)\. Move it before Flatten"),
        ((Flatten(), MaxPool()), "Layer 2 of 2: MaxPool needs an image"),
        (
            (MaxPool(size=9),),
            "Layer 1 of 1: MaxPool has a window of 9x9, larger than its input of 8x8. Make the window",
        ),
        ((MaxPool(), MaxPool(), MaxPool(), MaxPool()), "Layer 4 of 4: MaxPool has a window of 2x2, larger .* 1x1"),
        ((Conv(kernel=9, padding="valid"),), "Conv has a window of 9x9"),
    ],
)
def test_a_stack_that_cannot_work_names_the_layer_and_the_cure(layers, message):
    with pytest.raises(ShapeError, match=message):
        infer_shapes(layers, (8, 8, 1))
    with pytest.raises(ShapeError, match=message):
        Network(layers, (8, 8, 1))


def test_streams_depend_on_every_argument_and_on_nothing_else():
    asked = [(1, "a", 0), (2, "a", 0), (1, "b", 0), (1, "a", 1), (1, "a", 0, 1), (1, "a", 1, 1)]
    assert len({stream(*arguments).integers(2**62) for arguments in asked}) == 6
    assert stream(1, "a", 5).integers(2**62) == stream(1, "a", 5).integers(2**62)
    assert stream(2**32 - 1, "a", 10**9) is not None
