"""The loop: its events, its ends, fine-tuning. Stopping and going on is in test_resume.py."""

import json
import math

import numpy as np
import pytest

from engine.checkpoint import Model
from engine.config import check_network
from engine.layers import BatchNorm, Dense, Dropout, Flatten, ReLU, ShapeError
from engine.optimizers import Optimizer
from engine.presets import PRESETS
from engine.spec import SettingError
from engine.trainer import Trainer
from tests.engine.watching import batches, kinds, train


def test_the_loss_falls_and_the_made_up_digits_are_learned(tiny, digits):
    _, events = train(tiny.with_values({"epochs": 15}), digits)
    losses = [event.loss for event in batches(events)]
    assert losses[0] > 2.0  # ln 10 = 2.30 for a network that knows nothing
    assert losses[-1] < 0.1
    assert events[-1].validation_accuracy > 0.9
    assert events[-1].test_accuracy > 0.9


def test_events_come_in_order_and_count_steps_and_epochs(tiny, digits):
    _, events = train(tiny, digits)
    epoch = ["BatchDone", "BatchDone", "Validated", "BatchDone", "BatchDone", "EpochDone"]
    assert [kind for kind in kinds(events) if kind != "Probed"] == ["RunStarted", *epoch, *epoch, "RunEnded"]
    assert [event.step for event in batches(events)] == list(range(1, 9))
    # 20 of 70 images a batch, the last one 10
    np.testing.assert_allclose([e.epoch for e in batches(events)[:5]], [2 / 7, 4 / 7, 6 / 7, 1, 9 / 7])
    assert [event.images for event in batches(events)] == [20, 20, 20, 10] * 2
    assert (events[0].steps_per_epoch, events[0].total_steps, events[0].epochs) == (4, 8, 2)
    assert (events[-1].reason, events[-1].step, events[-1].epoch) == ("finished", 8, 2.0)


def test_validation_is_ten_times_an_epoch_unless_asked_otherwise(tiny, digits):
    _, events = train(tiny.with_values({"validate_every": 0, "batch_size": 1, "epochs": 1}), digits)
    assert kinds(events).count("Validated") == 9  # the tenth look is the epoch's own
    _, events = train(tiny.with_values({"validate_every": 1, "epochs": 1}), digits)
    told = [kind for kind in kinds(events) if kind != "Probed"]
    assert told[1:-1] == ["BatchDone", "Validated"] * 3 + ["BatchDone", "EpochDone"]


def test_an_epoch_uses_every_image_once_in_an_order_of_its_own(tiny, digits, monkeypatch):
    from engine.stepping import Stepper

    seen = []
    step = Stepper.step
    monkeypatch.setattr(
        Stepper, "step", lambda self, n, chosen, *more: seen.append(chosen) or step(self, n, chosen, *more)
    )
    train(tiny, digits)
    first, second = np.concatenate(seen[:4]), np.concatenate(seen[4:])
    assert sorted(first) == sorted(second) == list(range(70))
    assert list(first) != list(second)


def test_the_train_figures_of_an_epoch_are_means_over_images_not_batches(tiny, digits):
    _, events = train(tiny.with_values({"epochs": 1}), digits)
    done = batches(events)
    mean = sum(event.loss * event.images for event in done) / 70
    epoch = next(event for event in events if kinds([event]) == ["EpochDone"])
    assert epoch.train_loss == pytest.approx(mean)
    assert epoch.train_accuracy == pytest.approx(sum(event.accuracy * event.images for event in done) / 70)


def test_the_same_config_gives_the_same_bits_and_another_seed_others(tiny, digits):
    first, events = train(tiny, digits)
    again, same = train(tiny, digits)
    other, _ = train(tiny.with_values({"seed": 6}), digits)
    assert events == same
    assert first.network.vector.tobytes() == again.network.vector.tobytes()
    assert first.network.vector.tobytes() != other.network.vector.tobytes()


def test_max_steps_ends_a_run_in_mid_epoch(tiny, digits):
    _, events = train(tiny.with_values({"max_steps": 6}), digits)
    assert (events[-1].reason, events[-1].step) == ("finished", 6)
    assert (events[0].total_steps, events[0].epochs) == (6, pytest.approx(1 + 40 / 70))


def test_patience_ends_a_run_that_many_epochs_after_the_best(tiny, digits):
    restless = {"optimizer.learning_rate": 0.5, "epochs": 50, "stopping.patience": 3}
    _, events = train(tiny.with_values(restless), digits)
    epochs = [event for event in events if kinds([event]) == ["EpochDone"]]
    last_best = max(number for number, event in enumerate(epochs) if event.best)
    assert events[-1].reason == "patience"
    assert len(epochs) == last_best + 1 + 3


def test_target_accuracy_ends_a_run_at_the_first_epoch_that_reaches_it(tiny, digits):
    _, events = train(tiny.with_values({"epochs": 50, "stopping.target_accuracy": 0.8}), digits)
    reached = [event.validation_accuracy >= 0.8 for event in events if kinds([event]) == ["EpochDone"]]
    assert events[-1].reason == "target"
    assert reached == [False] * (len(reached) - 1) + [True]


@pytest.mark.parametrize("keep", ["best", "last"])
def test_the_run_ends_with_the_weights_that_it_was_asked_to_keep(tiny, digits, keep):
    # a step so large that accuracy goes up and down
    config = tiny.with_values({"optimizer.learning_rate": 0.5, "epochs": 8, "stopping.keep": keep})
    trainer, events = train(config, digits)
    epochs = [event for event in events if kinds([event]) == ["EpochDone"]]
    best = max(epochs, key=lambda event: (event.validation_accuracy, -event.validation_loss))
    assert not epochs[-1].best, "the last epoch must not be the best one, or this test shows nothing"
    wanted = best if keep == "best" else epochs[-1]
    assert events[-1].validation_accuracy == wanted.validation_accuracy
    assert events[-1].validation_loss == wanted.validation_loss
    assert events[-1].best_epoch == best.epoch
    model = Model(trainer.kept)
    right = (model.predict(digits.validation_images).argmax(axis=1) == digits.validation_labels).mean()
    assert right == pytest.approx(wanted.validation_accuracy)


def test_the_average_of_weights_is_what_is_validated_and_kept(tiny, digits):
    trainer = Trainer(tiny.with_values({"average": 0.9, "epochs": 1, "max_steps": 2}), digits)
    vectors = [trainer.network.vector.copy()]
    for event in trainer.run():
        if kinds([event]) == ["BatchDone"]:
            vectors.append(trainer.network.vector.copy())
    # shares kept: min(0.9, 1 / 10) = 0.1, then min(0.9, 2 / 11)
    first = 0.1 * vectors[0] + 0.9 * vectors[1]
    second = 2 / 11 * first + 9 / 11 * vectors[2]
    kept = trainer.kept
    np.testing.assert_allclose(np.concatenate([a.ravel() for a in kept.average.values()]), second, rtol=1e-5, atol=1e-7)
    right = (Model(kept).predict(digits.validation_images).argmax(axis=1) == digits.validation_labels).mean()
    assert event.validation_accuracy == pytest.approx(right)


def test_the_average_is_only_looked_at_and_training_goes_on_without_it(tiny, digits):
    _, without = train(tiny, digits)
    _, with_average = train(tiny.with_values({"average": 0.9}), digits)
    assert batches(with_average) == batches(without)


def test_no_two_steps_or_threads_draw_the_same_random_numbers(tiny, digits, monkeypatch):
    from engine import stepping
    from engine.streams import StepRandomness

    asked = []
    stream, restart = stepping.stream, StepRandomness.restart
    monkeypatch.setattr(stepping, "stream", lambda *words: asked.append(words) or stream(*words))
    monkeypatch.setattr(StepRandomness, "restart", lambda self, *w: asked.append(("layers", *w)) or restart(self, *w))
    train(tiny.with_values({"parts": 2, "augmentation": ["Shift"]}), digits)
    assert len(asked) == len(set(asked)) == 8 * 2 * 2  # steps, threads, augmentation and layers


@pytest.mark.parametrize("name", Optimizer.members())
def test_a_run_that_diverges_says_so_and_ends_with_finite_weights(tiny, digits, name):
    wild = {"optimizer": {"kind": name, "learning_rate": 10.0}, "loss": "MeanSquaredError", "epochs": 40}
    config = tiny.with_values(wild | {"penalty.l2": 1.0, "stopping.keep": "last"})
    trainer, events = train(config, digits)
    if name in ("SGD", "Momentum", "Nesterov"):
        assert events[-1].reason == "diverged"
    assert np.isfinite(trainer.network.vector).all()
    json.dumps([event.to_json() for event in events], allow_nan=False)
    json.dumps(trainer.record.to_json(), allow_nan=False)


@pytest.mark.parametrize("l2", [0.0, 1.0])
def test_a_run_with_batch_normalization_that_diverges_keeps_finite_weights_and_statistics(tiny, digits, l2):
    layers = (Flatten(), Dense(units=12), BatchNorm(), ReLU(), Dense(units=10))
    wild = {"optimizer.learning_rate": 10.0, "optimizer.momentum": 0.999, "loss": "MeanSquaredError", "epochs": 60}
    config = tiny.with_values(wild | {"penalty.l2": l2, "stopping.keep": "last"}).to_json()
    config["layers"] = [layer.to_json() for layer in layers]
    trainer, before = Trainer(type(tiny).from_json(config), digits), {}
    for event in trainer.run():
        if kinds([event]) == ["BatchDone"] and math.isfinite(event.loss):
            before = {name: array.copy() for name, array in trainer.network.tracked.items()}
    assert event.reason == "diverged"
    assert np.isfinite(trainer.network.vector).all()
    for name, array in trainer.network.tracked.items():
        np.testing.assert_array_equal(array, before[name], "the batch that diverged has left no trace")


def test_weights_that_overflowed_in_the_last_update_do_not_spoil_the_file(tiny, digits):
    config = tiny.with_values({"average": 0.9, "stopping.keep": "last"})
    trainer = Trainer(config, digits)
    for event in trainer.run():
        if event.step == 3:
            trainer.network.vector[:5] = np.inf
            trainer._state.average.named()["1.dense.weight"].flat[5:9] = np.nan
    assert event.reason == "diverged"
    kept = trainer.kept
    assert all(np.isfinite(array).all() for array in (*kept.params.values(), *kept.average.values()))


def test_fine_tuning_starts_from_given_weights_and_changes_the_last_layer_only(tiny, digits):
    first, _ = train(tiny, digits)
    config = tiny.with_values({"frozen": [0, 1, 2], "seed": 77})
    second = Trainer(config, digits, start=first.kept)
    before = {name: array.copy() for name, array in second.network.named(second.network.vector).items()}
    for name, array in before.items():
        np.testing.assert_array_equal(array, first.kept.params[name])
    list(second.run())
    changed = {n for n, array in second.network.named(second.network.vector).items() if (array != before[n]).any()}
    assert changed == {"3.dense.weight", "3.dense.bias"}


def test_fine_tuning_starts_from_the_average_where_there_is_one(tiny, digits):
    first, _ = train(tiny.with_values({"average": 0.9}), digits)
    second = Trainer(tiny, digits, start=first.kept)
    for name, array in second.network.named(second.network.vector).items():
        np.testing.assert_array_equal(array, first.kept.average[name])


def test_starting_from_other_layers_is_refused_in_words(tiny, digits):
    first, _ = train(tiny.with_values({"max_steps": 1}), digits)
    with pytest.raises(ValueError, match=r"1\.dense\.weight should be \(64, 13\); it is \(64, 12\)"):
        Trainer(tiny.with_values({"layers.1.units": 13}), digits, start=first.kept)


def test_penalties_and_decay_act_on_weights_and_not_on_biases(tiny, digits):
    shrink = {"penalty.decoupled": 0.5, "optimizer": {"kind": "SGD", "learning_rate": 0.1}, "max_steps": 1}
    plain, _ = train(tiny.with_values(shrink | {"penalty.decoupled": 0.0}), digits)
    trainer, _ = train(tiny.with_values(shrink), digits)
    start = Trainer(tiny, digits).network
    for name, array in trainer.network.named(trainer.network.vector).items():
        # w - 0.1 g - 0.1 * 0.5 w
        off = 0.05 * start.named(start.vector)[name] if name.endswith("weight") else 0
        np.testing.assert_allclose(array, plain.network.named(plain.network.vector)[name] - off, atol=1e-7)


def test_clipping_shortens_long_gradients_only(tiny, digits):
    base = tiny.with_values({"optimizer": {"kind": "SGD", "learning_rate": 1.0}, "max_steps": 1})
    start = Trainer(base, digits).network.vector
    plain, events = train(base, digits)
    norm = batches(events)[0].gradient_norm
    assert np.linalg.norm(plain.network.vector - start) == pytest.approx(norm, rel=1e-4)
    clipped, _ = train(base.with_values({"clip_norm": norm / 4}), digits)
    assert np.linalg.norm(clipped.network.vector - start) == pytest.approx(norm / 4, rel=1e-4)
    loose, _ = train(base.with_values({"clip_norm": norm * 2}), digits)
    assert loose.network.vector.tobytes() == plain.network.vector.tobytes()


@pytest.mark.parametrize("parts", [2, 3])
def test_two_threads_change_nothing_but_rounding(tiny, digits, parts):
    config = tiny.with_values({"layers.2": "BatchNorm", "batch_size": 23, "epochs": 1})  # 23 + 23 + 23 + 1
    one, events = train(config.with_values({"parts": 1}), digits)
    more, others = train(config.with_values({"parts": parts}), digits)
    for a, b in zip(batches(events), batches(others), strict=True):
        assert a.loss == pytest.approx(b.loss, rel=1e-4)
    np.testing.assert_allclose(more.network.vector, one.network.vector, atol=1e-4)


@pytest.mark.parametrize("parts", [2, 3])
def test_a_last_batch_smaller_than_the_threads_is_no_problem(tiny, digits, parts):
    every = ["Shift", "Elastic", "Noise", "Erase"]
    config = tiny.with_values({"batch_size": 69, "parts": parts, "epochs": 1, "augmentation": every})
    layers = [{"kind": k} for k in ("Conv", "MaxPool", "BatchNorm", "Flatten", "Dropout")]
    _, events = train(config.with_values({"layers": [*layers, {"kind": "Dense", "units": 10}]}), digits)
    assert [event.images for event in batches(events)] == [69, 1]


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((), "no layers"),
        ((Flatten(), Dense(units=7)), r"gives \(7,\).*Dense\(units=10\)"),
        ((Flatten(), Dense(units=9, bias="unit")), None),
        ((Dense(units=10),), "Layer 1 of 1.*Add Flatten before it"),
        ((Flatten(), Dropout()), "must give one output for each of the 10"),
    ],
)
def test_networks_that_cannot_be_trained_are_named_before_training(tiny, layers, message):
    config = type(tiny)(layers=layers)
    if message is None:
        check_network(config, (8, 8, 1))
        return
    with pytest.raises(ShapeError, match=message):
        check_network(config, (8, 8, 1))


def test_frozen_layers_that_do_not_exist_or_leave_nothing_to_learn_are_refused(tiny):
    with pytest.raises(SettingError, match="there is no layer 9"):
        check_network(tiny.with_values({"frozen": [9]}), (8, 8, 1))
    with pytest.raises(ShapeError, match="No layer has weights to learn"):
        check_network(tiny.with_values({"frozen": [1, 3]}), (8, 8, 1))


def test_a_network_that_would_fill_the_memory_is_refused_before_it_is_built(tiny):
    # 28 * 28 * 64 * 4096 + 4096 = 205,524,992 in the first dense layer
    layers = ["Conv", "Flatten", {"kind": "Dense", "units": 4096}, {"kind": "Dense", "units": 10}]
    config = tiny.with_values({"layers": layers}).with_values({"layers.0.channels": 64})
    with pytest.raises(ShapeError, match=r"2.dense has 205,524,992 of them: make it smaller"):
        check_network(config, (28, 28, 1))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_presets_fit_their_data_and_survive_json(preset):
    from engine.datasets import image_shape

    check_network(preset.config, image_shape(preset.config.data.source))
    assert type(preset.config).from_json(json.loads(json.dumps(preset.config.to_json()))) == preset.config
    assert preset.teaches.endswith(".")
