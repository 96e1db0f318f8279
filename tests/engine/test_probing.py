"""Norms and dead units: right figures, for several parts as well, and training that does not notice."""

import dataclasses
import math

import numpy as np
import pytest

from engine.arrays import Buffers
from engine.layers import BatchNorm, Conv, Dense, Flatten, LeakyReLU, MaxPool, ReLU, Sigmoid, Tanh
from engine.layers.base import Mode
from engine.network import Network
from engine.pacing import Pacing, is_round
from engine.parallel import make_crew
from engine.probing import ALIVE, NormProbe, UnitWatch
from engine.trainer import Trainer
from tests.engine.watching import batches, kinds, train


def probes(events):
    return [event for event in events if kinds([event]) == ["Probed"]]


def watch(network, images, parts=1):
    """Dead units as an evaluator finds them, each part with its share of the images, two at a time."""
    crew = make_crew(parts, False)
    units = UnitWatch(network, crew)
    for index, piece in enumerate(np.array_split(images, parts)):
        through = network.new_pass()
        units.restart(index)
        for start in range(0, len(piece), 2):
            network.forward(piece[start : start + 2], through)
            units.take(index, through.caches)
    return units.dead()


def dense(activation, biases):
    """A network that passes two inputs on, plus a bias for each of its units."""
    network = Network((Flatten(), Dense(units=len(biases)), activation, Dense(units=10)), (1, 2, 1))
    weight = network.params[1]["weight"]
    weight.fill(0)
    weight[0, :] = 1
    network.params[1]["bias"][:] = biases
    return network


X = np.array([[-1.0], [0.0], [1.0], [2.0]], np.float32).repeat(2, axis=1).reshape(4, 1, 2, 1)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_rectified_unit_is_dead_if_no_image_lifts_it_above_0(parts):
    # the largest input is 2: biases of -2 and -3 leave nothing positive
    network = dense(ReLU(), [0, -1, -2, -3])
    assert watch(network, X, parts) == ({"2.relu": 0.5}, 0.5)


@pytest.mark.parametrize(("activation", "far"), [(Sigmoid(), 10), (Tanh(), 5)])
def test_a_squeezing_unit_is_dead_at_either_end(activation, far):
    network = dense(activation, [0, far, -far, 1])
    name = f"2.{type(activation).__name__.lower()}"
    assert watch(network, X) == ({name: 0.5}, 0.5)


def test_a_unit_that_jumps_from_end_to_end_is_alive():
    network = dense(Tanh(), [0.0])
    network.params[1]["weight"][0] = 100
    assert watch(network, X[[0, 2]]) == ({"2.tanh": 0.0}, 0.0)


def test_a_channel_is_one_unit_and_layers_that_cannot_die_are_left_out():
    layers = (
        Conv(channels=4, kernel=3),
        ReLU(),
        MaxPool(size=2),
        Conv(channels=2, kernel=3),
        LeakyReLU(),
        Flatten(),
        Dense(units=3),
        ReLU(),
        Dense(units=10),
    )
    network = Network(layers, (8, 8, 1))
    network.vector[:] = np.random.default_rng(0).normal(size=network.vector.size)
    network.params[0]["bias"][1] = -1e6
    network.params[6]["bias"][:] = -1e6
    x = np.random.default_rng(1).normal(size=(6, 8, 8, 1)).astype(np.float32)
    layers, share = watch(network, x)
    assert layers == {"1.relu": 0.25, "7.relu": 1.0}
    assert share == 4 / 7  # 1 of 4 channels, 3 of 3 units


def test_in_whatever_order_layers_run_the_units_are_those_of_the_stack():
    """Pooling goes before activations, and together with batch normalization; here one layer after the other."""
    layers = (
        Conv(channels=6, kernel=3),
        BatchNorm(),
        ReLU(),
        MaxPool(size=2),
        Conv(channels=5, kernel=3),
        Tanh(),
        MaxPool(size=2),
        Flatten(),
        Dense(units=10),
    )
    network = Network(layers, (8, 8, 1))
    network.vector[:] = np.random.default_rng(3).normal(size=network.vector.size)
    network.params[1]["shift"][:3] = -50
    network.params[4]["bias"][:2] = 500
    x = np.random.default_rng(4).normal(size=(6, 8, 8, 1)).astype(np.float32)
    wanted, y = {}, x
    for number, layer in enumerate(layers):
        y, _ = layer.forward(network.params[number], y, Mode(Buffers(np.float32)))
        if type(layer) in ALIVE:
            low, high = ALIVE[type(layer)]
            rows = y.reshape(-1, y.shape[-1])
            dead = (rows <= low).all(axis=0) | (rows > high).all(axis=0)
            wanted[f"{number}.{type(layer).__name__.lower()}"] = dead.mean()
    assert watch(network, x)[0] == wanted
    assert 0 < wanted["2.relu"] < 1
    assert 0 < wanted["5.tanh"] < 1


def test_a_network_whose_units_cannot_die_has_no_share():
    layers, share = watch(dense(LeakyReLU(), [0, -9]), X)
    assert layers == {}
    assert math.isnan(share)


@pytest.mark.parametrize("activation", ALIVE)
def test_an_activation_keeps_its_answer_first(activation):
    """UnitWatch reads it there."""
    network = dense(activation(), [0, 1])
    through = network.new_pass()
    seen = network.forward(X, through, [*network.params])
    y = through.caches[2][0]
    np.testing.assert_array_equal(seen, y @ network.params[3]["weight"] + network.params[3]["bias"])


def test_norms_are_lengths_of_the_trained_parameters():
    network = Network((Flatten(), Dense(units=2), Dense(units=10)), (1, 2, 1), frozen=frozenset([1]))
    network.vector[:] = 2
    norms = NormProbe(network)
    norms.remember()
    network.vector[: network.trained] += 3
    network.vector[network.trained :] += 100
    assert network.trained == 30  # 2 x 10 weights and 10 biases
    assert norms.update_norm() == pytest.approx(3 * math.sqrt(30))
    assert norms.weight_norm() == pytest.approx(5 * math.sqrt(30))


# --- in a run ----------------------------------------------------------------------------------------------------


def test_probes_come_at_first_steps_at_looks_and_evenly(tiny, digits):
    _, events = train(tiny.with_values({"batch_size": 1, "epochs": 2, "validate_every": 50}), digits)
    wanted = {1, 2, 5, 10, 20, 50, 100} | {32, 64, 96, 128} | {70, 140}
    assert [event.step for event in probes(events)] == sorted(wanted)
    assert [event.step for event in probes(events) if event.dead] == [50, 70, 100, 140]


def test_a_probe_tells_what_the_step_before_it_did(tiny, digits):
    config = tiny.with_values({"optimizer": "SGD", "optimizer.learning_rate": 0.02, "validate_every": 1})
    trainer = Trainer(config, digits)
    before, gradient_norm = trainer.network.vector.copy(), 0.0
    for event in trainer.run():
        if kinds([event]) == ["BatchDone"]:
            gradient_norm = event.gradient_norm
        elif kinds([event]) == ["Probed"]:
            now = trainer.network.vector
            assert event.weight_norm == pytest.approx(np.linalg.norm(now))
            assert event.update_norm == pytest.approx(np.linalg.norm(now - before), rel=1e-5)
            # of gradient descent, it is the rate times the gradient's length
            assert event.update_norm == pytest.approx(0.02 * gradient_norm, rel=1e-3)
            before = now.copy()
    trainer.close()


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize("processes", [False, True])
def test_all_parts_together_find_the_dead_units_that_one_would(tiny, digits, parts, processes):
    config = tiny.with_values({"parts": parts, "batch_size": 35, "validate_every": 1, "optimizer.learning_rate": 1.0})
    trainer = Trainer(config, digits, processes=processes)
    seen = 0
    for event in trainer.run():
        if kinds([event]) == ["Probed"] and event.dead:
            shape = digits.validation_images.shape
            x = digits.scaling.apply(digits.validation_images, np.empty((*shape, 1), np.float32))
            layers, share = watch(trainer.network, x)
            assert (event.dead, event.dead_share) == (layers, share)
            seen += 1
    trainer.close()
    assert seen == 4


@pytest.mark.parametrize("parts", [1, 2])
def test_probing_does_not_change_a_bit_of_the_training(tiny, digits, monkeypatch, parts):
    config = tiny.with_values({"parts": parts, "batch_size": 35, "average": 0.9, "validate_every": 1})
    trainer, events = train(config, digits)
    assert probes(events)
    monkeypatch.setattr(Pacing, "probe_is_due", lambda self, position: False)
    other, without = train(config, digits)
    assert not probes(without)
    assert [event for event in events if kinds([event]) != ["Probed"]] == without
    assert trainer.network.vector.tobytes() == other.network.vector.tobytes()


def test_a_batch_that_diverges_is_told_once_as_the_step_it_would_have_been(tiny, digits):
    config = tiny.with_values({"optimizer.learning_rate": 10.0, "loss": "MeanSquaredError", "epochs": 30})
    trainer, events = train(config, digits)
    *_, last = batches(events)
    assert not (math.isfinite(last.loss) and math.isfinite(last.gradient_norm))
    assert [event.step for event in batches(events)] == list(range(1, len(batches(events)) + 1))
    assert (events[-1].reason, events[-1].step) == ("diverged", last.step - 1)
    assert kinds(events)[-2:] == ["BatchDone", "RunEnded"]
    saved = dataclasses.replace(trainer.checkpoint(), position=trainer.position)
    again = Trainer(config, digits, resume=saved)
    assert kinds(again.run()) == ["RunStarted", "RunEnded"]
    again.close()


def test_round_steps_are_even_in_their_logarithm():
    assert [step for step in range(1, 1001) if is_round(step)] == [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
