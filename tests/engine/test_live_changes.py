"""Settings that change while a run trains: from the next batch on, told in the events, with the same bits again."""

import math

import pytest

from engine.schedules import Cosine
from engine.spec import SettingError
from engine.trainer import Trainer
from tests.engine.watching import batches, kinds, train


def test_live_changes_apply_from_the_next_batch_and_are_told_with_their_step(tiny, digits):
    trainer, events = Trainer(tiny, digits), []
    for event in trainer.run():
        events.append(event)
        if event.step == 3 and kinds([event]) == ["BatchDone"]:
            trainer.change(tiny.with_values({"optimizer.learning_rate": 0.01, "optimizer.momentum": 0.5}))
    told = next(event for event in events if kinds([event]) == ["SettingsChanged"])
    assert told.step == 3
    assert told.changes == {"optimizer.learning_rate": [0.02, 0.01], "optimizer.momentum": [0.9, 0.5]}
    assert [event.learning_rate for event in batches(events)] == [0.02] * 3 + [0.01] * 5


def test_the_same_change_at_the_same_step_gives_the_same_bits_and_matters(tiny, digits):
    with_dropout = tiny.with_values(
        {"layers": [{"kind": "Flatten"}, {"kind": "Dropout", "drop": 0.1}, {"kind": "Dense", "units": 10}]}
    )
    later = with_dropout.with_values(
        {
            "layers.1.drop": 0.4,
            "augmentation": ["Shift"],
            "loss.label_smoothing": 0.1,
            "penalty.l2": 0.01,
            "clip_norm": 0.5,
        }
    )

    def run(change_at):
        trainer = Trainer(with_dropout, digits)
        events = []
        for event in trainer.run():
            events.append(event)
            if event.step == change_at:
                trainer.change(later)
        return trainer.network.vector.tobytes(), events

    assert run(3) == run(3)
    assert run(3)[0] != run(4)[0]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("optimizer.momentum", 0.1),
        ("penalty.l1", 0.1),
        ("penalty.l2", 0.1),
        ("penalty.decoupled", 0.1),
        ("clip_norm", 0.01),
        ("loss.label_smoothing", 0.3),
        ("augmentation", ["Shift"]),
        ("batch_size", 11),
    ],
)
def test_every_live_change_reaches_the_weights(tiny, digits, path, value):
    plain, _ = train(tiny, digits)
    trainer = Trainer(tiny, digits)
    for event in trainer.run():
        if event.step == 3:
            trainer.change(tiny.with_values({path: value}))
    assert trainer.network.vector.tobytes() != plain.network.vector.tobytes()


def test_a_change_back_before_the_next_batch_is_no_change(tiny, digits):
    trainer, told = Trainer(tiny, digits), []
    for event in trainer.run():
        told.append(event)
        if event.step == 2:
            trainer.change(tiny.with_values({"clip_norm": 1.0}))
            trainer.change(tiny)
    assert "SettingsChanged" not in kinds(told)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("seed", 6),
        ("layers.1.units", 13),
        ("optimizer", "SGD"),
        ("data.train_images", 60),
        ("frozen", [1]),
        ("parts", 1),
    ],
)
def test_what_is_not_live_is_refused_and_changes_nothing(tiny, digits, path, value):
    trainer = Trainer(tiny, digits)
    with pytest.raises(SettingError, match="start another run") as error:
        trainer.change(tiny.with_values({path: value}))
    assert error.value.path.startswith(path.split(".")[0])
    assert trainer.config == tiny
    assert "SettingsChanged" not in kinds(trainer.run())


@pytest.mark.parametrize("size", [5, 35, 1, 4096])
def test_a_new_batch_size_in_mid_epoch_still_uses_every_image_once(tiny, digits, size):
    trainer, events = Trainer(tiny, digits), []
    for event in trainer.run():
        events.append(event)
        if event.step == 2:
            trainer.change(tiny.with_values({"batch_size": size}))
    left = math.ceil(30 / size)  # 40 of 70 images were used
    assert [event.images for event in batches(events)][:2] == [20, 20]
    assert sum(event.images for event in batches(events)) == 140
    assert len(batches(events)) == 2 + left + math.ceil(70 / size)
    assert events[-1].epoch == 2.0


def test_a_schedule_reaches_its_end_after_the_batch_size_changed(tiny, digits):
    config = tiny.with_values({"schedule": "Cosine"})
    assert isinstance(config.schedule, Cosine)
    trainer, rates = Trainer(config, digits), []
    for event in trainer.run():
        if kinds([event]) == ["BatchDone"]:
            rates.append(event.learning_rate)
        if event.step == 2:
            trainer.change(config.with_values({"batch_size": 70}))
    assert len(rates) == 4  # 2, then the rest of the epoch, then one epoch
    assert all(rate > 0 for rate in rates)
    assert rates[-1] == pytest.approx(0.02 * (1 + math.cos(math.pi * 3 / 4)) / 2)


def test_fewer_epochs_than_were_done_end_the_run_at_once(tiny, digits):
    trainer, events = Trainer(tiny.with_values({"epochs": 5}), digits), []
    for event in trainer.run():
        events.append(event)
        if event.step == 6:
            trainer.change(tiny.with_values({"epochs": 1}))
    assert (events[-1].reason, events[-1].step) == ("finished", 6)


def test_more_epochs_may_be_asked_for_until_the_very_last_event(tiny, digits):
    trainer, events = Trainer(tiny, digits), []
    for event in trainer.run():
        events.append(event)
        if event.step == 8 and kinds([event]) == ["EpochDone"]:
            trainer.change(tiny.with_values({"epochs": 3}))
    assert (events[-1].reason, events[-1].step) == ("finished", 12)
