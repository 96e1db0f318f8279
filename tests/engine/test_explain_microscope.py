"""The optimizer under the microscope: the step that is shown is the one that training makes."""

import math

import numpy as np
import pytest

from engine.augment import Shift
from engine.checkpoint import CheckpointError
from engine.config import Penalty
from engine.events import BatchDone, EpochDone
from engine.explain.microscope import next_step, rate_after, step_of
from engine.explain.microscope_weight import pick_weight, weight_step
from engine.layers import BatchNorm, Dense, Dropout, Flatten, ReLU
from engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, RMSProp
from engine.schedules import Cosine
from engine.trainer import Trainer

OPTIMIZERS = (
    SGD(learning_rate=0.05),
    Momentum(learning_rate=0.02, momentum=0.8),
    Nesterov(learning_rate=0.02, momentum=0.8),
    RMSProp(),
    Adam(),
    AdamW(weight_decay=0.3),
)


def trained(config, digits, steps):
    """A trainer after so many steps."""
    trainer = Trainer(config, digits)
    events = trainer.run()
    while trainer.position.step < steps:
        next(events)
    return trainer, events


def one_more(events):
    return next(event for event in events if isinstance(event, BatchDone))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("regularized", [False, True])
def test_the_step_is_the_one_that_training_makes_next(tiny, digits, optimizer, regularized):
    config = tiny.with_values({"optimizer": optimizer.to_json(), "schedule": Cosine(warmup=3).to_json()})
    if regularized:
        config = config.with_values({"penalty": Penalty(0.01, 0.02, 0.1).to_json(), "clip_norm": 0.05})
    trainer, events = trained(config, digits, 3)
    found = next_step(trainer.checkpoint(), digits)
    change = found.change
    assert np.array_equal(change.before, trainer.network.vector)
    done = one_more(events)
    assert np.array_equal(change.after, trainer.network.vector)  # bit by bit
    assert not np.array_equal(change.after, change.before)
    for name, slot in change.slots_after.items():
        named = trainer.checkpoint().slots[name]
        assert all(np.array_equal(array, named[key]) for key, array in change.network.named(slot).items())
    assert (found.step, found.loss, found.images, change.norm, change.rate) == (
        done.step,
        done.loss,
        done.images,
        done.gradient_norm,
        done.learning_rate,
    )
    for array in change.network.slots:
        for place in ("gradient", "step", "weight"):
            weight = weight_step(change, *pick_weight(change, place, array.name))
            assert weight.name == array.name
            assert weight.by_formula == pytest.approx(weight.after, rel=1e-4, abs=1e-7)
            assert (weight.l2 > 0) == (regularized and array.name.endswith("weight"))
            assert (abs(weight.clipped) < abs(weight.gradient)) == (regularized and change.norm > 0.05)
            assert weight.before - weight.after != 0


@pytest.mark.parametrize("steps", [0, 4])
def test_a_step_that_begins_an_epoch_takes_its_first_batch(tiny, digits, steps):
    trainer, events = trained(tiny, digits, steps)
    saved = trainer.checkpoint()
    found = next_step(saved, digits)
    while not isinstance(event := next(events), BatchDone):
        assert steps == 4 or not isinstance(event, EpochDone)
    assert (found.epoch, found.images, found.loss) == (steps // 4, 20, event.loss)
    assert np.array_equal(found.change.after, trainer.network.vector)


def test_with_dropout_augmentation_batch_norm_and_two_hands_the_bits_are_those_of_training(tiny, digits):
    layers = (Flatten(), Dense(units=12), BatchNorm(), ReLU(), Dropout(drop=0.3), Dense(units=10))
    config = tiny.with_values(
        {
            "layers": [each.to_json() for each in layers],
            "augmentation": [Shift(pixels=1.0).to_json()],
            "parts": 2,
            "optimizer": "Adam",
            "average": 0.9,
        }
    )
    trainer, events = trained(config, digits, 2)
    saved = trainer.checkpoint()
    assert saved.parts == 2
    found = next_step(saved, digits)
    done = one_more(events)
    assert np.array_equal(found.change.after, trainer.network.vector)
    assert found.change.norm == done.gradient_norm
    assert float(np.linalg.norm(found.change.gradient)) == pytest.approx(done.gradient_norm, rel=1e-5)
    trainer.close()


def test_the_gradient_is_that_of_finite_differences(tiny, digits):
    trainer, _ = trained(tiny, digits, 2)
    saved = trainer.checkpoint()
    found = next_step(saved, digits)
    name, index = pick_weight(found.change, "gradient")
    losses = []
    for sign in (1, -1):
        saved.params[name][index] += sign * 1e-2
        losses.append(next_step(saved, digits).loss)
        saved.params[name][index] -= sign * 1e-2
    assert weight_step(found.change, name, index).gradient == pytest.approx((losses[0] - losses[1]) / 2e-2, rel=1e-2)


def test_adam_by_hand(tiny, digits):
    """m and v are those of the paper, though the engine keeps them without their factors."""
    config = tiny.with_values({"optimizer": Adam(learning_rate=0.01).to_json()})
    trainer, _ = trained(config, digits, 0)
    change = next_step(trainer.checkpoint(), digits).change
    weight = weight_step(change, *pick_weight(change, "gradient"))
    # the first step: m = 0.1 g, v = 0.001 g^2; corrected they are g and g^2, so the step is the rate, against g
    assert weight.count == 1
    assert weight.slots_before == {"m": 0.0, "v": 0.0}
    assert weight.slots_after["m"] == pytest.approx(0.1 * weight.gradient)
    assert weight.slots_after["v"] == pytest.approx(0.001 * weight.gradient**2)
    assert weight.m_hat == pytest.approx(weight.gradient)
    assert weight.direction == pytest.approx(math.copysign(1, weight.gradient), rel=1e-5)
    assert weight.after - weight.before == pytest.approx(-math.copysign(0.01, weight.gradient), rel=1e-3)


def test_a_file_without_the_optimizers_memory_says_that_it_begins_anew(tiny, digits):
    trainer, _ = trained(tiny, digits, 3)
    bare = trainer.checkpoint(arrays_only=True)
    change = next_step(bare, digits).change
    assert change.began_anew
    assert change.count == 1
    weight = weight_step(change, *pick_weight(change, "step"))
    assert weight.slots_before == {"velocity": 0.0}
    assert weight.slots_after["velocity"] == weight.gradient
    assert not next_step(trainer.checkpoint(), digits).change.began_anew


def test_a_layer_that_is_frozen_makes_no_step(tiny, digits):
    trainer, _ = trained(tiny.with_values({"frozen": [1]}), digits, 2)
    change = next_step(trainer.checkpoint(), digits).change
    weight = weight_step(change, "1.dense.weight", (3, 2))
    assert weight.frozen
    assert weight.by_formula == weight.after == weight.before
    assert pick_weight(change, "gradient")[0].startswith("3.dense")


def test_a_step_that_would_diverge_is_not_made(tiny, digits):
    trainer, _ = trained(tiny, digits, 2)
    saved = trainer.checkpoint()
    saved.params["3.dense.weight"][...] = 1e38
    change = next_step(saved, digits).change
    assert change.diverged
    assert np.array_equal(change.after, change.before)
    assert (
        weight_step(change, "3.dense.weight", (0, 0)).by_formula == weight_step(change, "3.dense.weight", (0, 0)).after
    )


def test_the_step_of_another_gradient_is_by_the_same_rule(tiny, digits):
    trainer, _ = trained(tiny.with_values({"optimizer": "Adam", "clip_norm": 0.1}), digits, 3)
    saved = trainer.checkpoint()
    found = next_step(saved, digits).change
    same = step_of(saved, found.gradient, found.rate)
    np.testing.assert_allclose(same.after, found.after, rtol=0, atol=1e-7)
    assert same.count == found.count == 4
    assert rate_after(saved, len(digits.train_images)) == found.rate


def test_a_gradient_that_is_not_finite_makes_no_step(tiny, digits):
    trainer, _ = trained(tiny, digits, 1)
    change = step_of(trainer.checkpoint(), np.full_like(trainer.network.vector, np.nan), 0.1)
    assert change.diverged
    assert np.array_equal(change.after, trainer.network.vector)


def test_other_data_is_refused(tiny, digits):
    trainer, _ = trained(tiny, digits, 1)
    saved = trainer.checkpoint()
    object.__setattr__(saved, "data", "1+2 00000000 00000000")
    with pytest.raises(CheckpointError, match="has changed"):
        next_step(saved, digits)


def test_what_there_is_not_is_refused(tiny, digits):
    trainer, _ = trained(tiny, digits, 1)
    change = next_step(trainer.checkpoint(), digits).change
    with pytest.raises(ValueError, match=r"there are 1\.dense\.weight"):
        weight_step(change, "9.conv.weight", (0,))
    with pytest.raises(ValueError, match="lies within"):
        weight_step(change, "1.dense.bias", (12,))
    with pytest.raises(ValueError, match="picked by one of"):
        pick_weight(change, "smallest")
