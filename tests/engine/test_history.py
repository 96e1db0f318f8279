"""What the history makes of events: growing arrays, continued runs, damaged lines, and the sentence about it all."""

import json
import math

import numpy as np
import pytest

from engine.history import History, Table, sentence


@pytest.fixture
def tell(tmp_path):
    """A history, and a function that appends events to its file and reads them in."""
    history = History(tmp_path / "events.jsonl")

    def append(*events):
        with (tmp_path / "events.jsonl").open("a") as file:
            file.writelines(json.dumps(event) + "\n" for event in events)
        return history.update()

    append.history = history
    append.file = tmp_path / "events.jsonl"
    return append


def started(step=0, **more):
    epoch = step / 10
    counts = {"total_steps": 100, "steps_per_epoch": 10, "train_images": 640, "validation_images": 100}
    return {"event": "RunStarted", "step": step, "epoch": epoch, "seconds": step / 10} | counts | more


def batches(first, last, losses=None, **more):
    steps = list(range(first, last + 1))
    columns = {
        "step": steps,
        "epoch": [step / 10 for step in steps],
        "loss": list(losses) if losses is not None else [2 / step for step in steps],
        "accuracy": [0.5] * len(steps),
        "learning_rate": [0.1] * len(steps),
        "gradient_norm": [1.0] * len(steps),
    }
    return {"event": "Batches", "seconds": last / 10, "images_per_second": 640.0} | columns | more


def epoch_done(number, accuracy, best, train_loss=0.1, loss=0.2, **more):
    figures = {
        "train_loss": train_loss,
        "train_accuracy": 0.99,
        "validation_loss": loss,
        "validation_accuracy": accuracy,
    }
    place = {"step": 10 * number, "epoch": float(number), "seconds": float(number)}
    return {"event": "EpochDone", "best": best} | place | figures | more


def probed(step, update=0.01, weights=10.0, dead=None, dead_share=None):
    place = {"step": step, "epoch": step / 10, "seconds": step / 10}
    norms = {"update_norm": update, "weight_norm": weights}
    return {"event": "Probed", "dead": dead or {}, "dead_share": dead_share} | place | norms


def forked(step, **changes):
    place = {"step": step, "epoch": step / 10, "seconds": step / 10}
    return {"event": "Forked", "parent": "first", "changes": changes} | place


def test_batches_become_columns_with_a_time_for_every_step(tell):
    assert tell(started(), batches(1, 4), batches(5, 6, seconds=1.4))
    # 4 steps end at 0.4 s, so they take 0.1 s each; the next two end at 1.4 s and take 0.5 s each
    assert tell.history.batches["seconds"] == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.9, 1.4])
    assert tell.history.batches["loss"] == pytest.approx([2, 1, 2 / 3, 0.5, 0.4, 1 / 3])
    assert (tell.history.step, tell.history.epoch, tell.history.seconds) == (6, 0.6, 1.4)
    assert tell.history.images_per_second == 640
    assert not tell.history.update()


def test_columns_cannot_be_written(tell):
    tell(started(), batches(1, 4))
    with pytest.raises(ValueError, match="read-only"):
        tell.history.batches["loss"][0] = 0


def test_half_a_line_waits_for_its_other_half(tell):
    line = json.dumps(batches(1, 4)) + "\n"
    with tell.file.open("w") as file:
        file.write(line[:50])
        file.flush()
        assert not tell.history.update()
        file.write(line[50:])
    assert tell.history.update()
    assert len(tell.history.batches) == 4


def test_loss_that_is_null_becomes_nan(tell):
    tell(started(), batches(1, 2, [1.0, None]))
    assert math.isnan(tell.history.batches["loss"][1])


def test_continued_run_voids_what_lies_beyond_its_step(tell):
    tell(started(), batches(1, 20), epoch_done(1, 0.9, True), epoch_done(2, 0.95, True))
    tell({"event": "SettingsChanged", "step": 15, "epoch": 1.5, "seconds": 1.5, "changes": {"epochs": [10, 5]}})
    tell({"event": "RunEnded", "reason": "stopped", "step": 20, "epoch": 2.0, "seconds": 2.0})
    tell(started(12), batches(13, 14, [9.0, 9.0]))
    history = tell.history
    assert history.batches["step"].tolist() == list(range(1, 15))
    assert history.batches["loss"][-2:].tolist() == [9, 9]
    assert history.epochs["step"].tolist() == [10]
    assert history.changes == []
    assert history.ended is None
    assert history.step == 14


def test_time_goes_on_where_a_new_process_counts_from_zero(tell):
    tell(started(), batches(1, 10), started(10, seconds=0.0), batches(11, 20, seconds=0.5))
    assert tell.history.seconds == pytest.approx(1.5)  # 1.0 of the first process, 0.5 of the second
    assert (np.diff(tell.history.batches["seconds"]) > 0).all()


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "[1, 2]",
        '"RunStarted"',
        "{}",
        '{"event": ["Batches"]}',
        '{"event": "Batches"}',
        json.dumps(batches(5, 6) | {"loss": [1.0]}),
        json.dumps(batches(5, 6) | {"loss": ["a", "b"]}),
        json.dumps(batches(5, 6) | {"step": [6, 5]}),
        json.dumps(batches(5, 6) | {"step": [5, 10**400]}),
        json.dumps(batches(5, 6) | {"step": [True, False]}),
        json.dumps(batches(5, 6) | {"epoch": [[1], [2]]}),
        json.dumps(batches(5, 6) | {"seconds": "soon"}),
        json.dumps(batches(2, 3)),
        json.dumps(epoch_done(1, 0.9, "yes")),
        json.dumps(epoch_done(1, 0.9, True) | {"step": None}),
        '{"event": "EpochDone", "step": 10, "epoch": 1.0, "seconds": 1.0, "best": true}',
        '{"event": "SettingsChanged", "step": 5, "epoch": 0.5, "seconds": 1, "changes": [1]}',
        '{"event": "SettingsChanged", "step": 5, "epoch": 0.5, "seconds": 1, "changes": {"epochs": 4}}',
        '{"event": "RunEnded", "reason": 7}',
        json.dumps(started(-3)),
        json.dumps(started() | {"step": "0"}),
    ],
)
def test_damaged_line_is_passed_over(tell, line):
    tell(started(), batches(1, 4))
    with tell.file.open("a") as file:
        file.write(line + "\n")
    assert not tell.history.update()
    assert len(tell.history.batches) == 4
    assert tell(batches(5, 6))
    assert sentence(tell.history)


def test_hostile_values_never_raise(tell):
    """Any kind of value in any field of any event: nothing raises, also not in what is derived."""
    rng = np.random.default_rng(0)
    values = [
        None,
        True,
        -1,
        0,
        1e300,
        10**400,
        "x",
        [],
        [None],
        {},
        [10**400],
        {"a": [1, 2]},
        {"epochs": [0, 10**400]},
    ]
    events = [started(), batches(5, 6), epoch_done(1, 0.9, True), {"event": "RunEnded", "reason": "diverged"}]
    events += [probed(8, dead={"1.relu": 0.5}, dead_share=0.5), forked(4)]
    events += [{"event": "SettingsChanged", "step": 3, "epoch": 0.3, "seconds": 1, "changes": {"epochs": [10, 5]}}]
    for _ in range(400):
        event = dict(events[rng.integers(len(events))])
        event[list(event)[rng.integers(1, len(event))]] = values[rng.integers(len(values))]
        tell(event)
        history = tell.history
        assert sentence(history)
        assert history.total_steps >= 0
        assert history.time_left is None or history.time_left >= 0
        assert history.best is None or history.best.number >= 0


def test_best_epoch_is_the_trainers(tell):
    tell(started(), epoch_done(1, 0.9, True), epoch_done(2, 0.95, True, loss=0.15), epoch_done(3, 0.94, False))
    best = tell.history.best
    assert (best.number, best.step, best.accuracy, best.loss) == (2, 20, 0.95, 0.15)


def test_time_left_follows_the_recent_pace(tell):
    tell(started(), batches(1, 20, seconds=100.0), batches(21, 40, seconds=110.0), batches(41, 60, seconds=120.0))
    # lately 2 epochs in 10 s; 4 of 10 epochs are left: 20 s, though the first two took 100
    assert tell.history.time_left == pytest.approx(20, rel=0.05)
    tell({"event": "RunEnded", "reason": "finished"})
    assert tell.history.time_left is None


def test_live_changes_move_the_end(tell):
    tell(started(), batches(1, 20))
    assert tell.history.total_steps == 100
    place = {"step": 20, "epoch": 2.0, "seconds": 2.0}
    tell({"event": "SettingsChanged", "changes": {"epochs": [10, 5], "batch_size": [64, 32]}} | place)
    # 3 epochs are left, now of 640 / 32 = 20 steps each
    assert tell.history.total_steps == 20 + 3 * 20


def test_the_epochs_of_a_run_that_went_on_with_another_batch_size_are_those_it_told(tell):
    # 20 steps of 64 images each, then 8 epochs of 5 steps of 128: 60 steps are 10 epochs, not 60 / 5
    tell(started(), batches(1, 20))
    tell(started(20, total_steps=60, steps_per_epoch=5, epochs=10.0))
    assert (tell.history.total_epochs, tell.history.total_steps) == (10, 60)


def test_probes_become_columns_and_the_newest_dead_units_are_known_by_layer(tell):
    tell(started(), probed(1), probed(10, dead={"1.relu": 0.5, "3.relu": 0.0}, dead_share=0.25), probed(11, 0.02))
    probes = tell.history.probes
    assert probes["step"].tolist() == [1, 10, 11]
    assert probes["update_norm"].tolist() == [0.01, 0.01, 0.02]
    np.testing.assert_array_equal(probes["dead"], [math.nan, 0.25, math.nan])
    assert tell.history.dead_by_layer == {"1.relu": 0.5, "3.relu": 0.0}


def test_probes_beyond_the_step_of_a_continued_run_are_void(tell):
    tell(started(), batches(1, 9), probed(5), probed(9), started(5))
    assert tell.history.probes["step"].tolist() == [5]
    tell(batches(6, 9), probed(9, 0.5))
    assert tell.history.probes["update_norm"].tolist() == [0.01, 0.5]


@pytest.mark.parametrize(
    "damage",
    [
        {"dead": None},
        {"dead": [0.5]},
        {"dead": {"1.relu": 2}},
        {"dead": {"1.relu": "x"}},
        {"step": None},
        {"epoch": -1},
        {"update_norm": ...},
    ],
)
def test_damaged_probes_are_passed_over(tell, damage):
    event = {name: value for name, value in (probed(3) | damage).items() if value is not ...}
    tell(started(), event, probed(4))
    assert tell.history.probes["step"].tolist() == [4]


def test_a_fork_is_a_change_with_a_parent(tell):
    tell(started(), batches(1, 5), forked(5, optimizer=[{"kind": "SGD"}, {"kind": "Adam"}]), started(5))
    (mark,) = tell.history.changes
    assert (mark.step, mark.parent, list(mark.changes)) == (5, "first", ["optimizer"])
    tell(batches(6, 8), forked(8), {"event": "Forked", "parent": 3, "step": 9, "epoch": 1, "seconds": 1, "changes": {}})
    assert [(mark.step, mark.changes) for mark in tell.history.changes[1:]] == [(8, {})]


def test_table_keeps_its_rows_while_it_grows():
    table = Table("a", "b")
    for number in range(1000):
        table.extend({"a": [number, number], "b": 2.0})
    assert len(table) == 2000
    assert table["a"].tolist() == [n for n in range(1000) for _ in "xy"]
    table.keep(3)
    assert table["a"].tolist() == [0, 0, 1]


def test_sentence_before_and_at_the_start(tell):
    assert sentence(tell.history) == "Waiting for training to start."
    tell(started())
    assert sentence(tell.history) == "Starting: no batch is done yet."


def test_sentence_within_the_first_epoch(tell):
    tell(started(), batches(1, 4))
    assert sentence(tell.history) == "Epoch 1 of 10: training accuracy 50.0 %."
    look = {"event": "Validated", "step": 4, "epoch": 0.4, "seconds": 0.4, "loss": 1.0, "accuracy": 0.6, "images": 9}
    tell(look, look | {"step": 5, "accuracy": 0.7})
    assert sentence(tell.history) == "Epoch 1 of 10: validation accuracy 70.0 %, rising."


def test_sentence_while_it_gets_better_and_after(tell):
    tell(started(), batches(1, 10), epoch_done(1, 0.97, True))
    assert sentence(tell.history) == "Epoch 1 of 10: validation accuracy 97.0 %, the best so far."
    tell(batches(11, 25), epoch_done(2, 0.981, True))
    assert sentence(tell.history) == "Epoch 3 of 10: validation accuracy 98.1 %, still rising."
    tell(batches(26, 30), epoch_done(3, 0.98, False))
    assert sentence(tell.history) == "Epoch 3 of 10: validation accuracy 98.0 %; the best was 98.1 % at epoch 2."


def test_sentence_names_memorising(tell):
    tell(started(), batches(1, 50), epoch_done(1, 0.97, True, train_loss=0.3, loss=0.10))
    for number in (2, 3, 4):
        tell(epoch_done(number, 0.96, False, train_loss=0.3 / number, loss=0.10 + number / 100))
    assert sentence(tell.history).startswith(
        "Validation stopped improving at epoch 1 (97.0 %) while the training loss still falls: it is memorising."
    )


def test_sentence_on_a_rate_that_is_too_high_or_too_low(tell):
    tell(started(), batches(1, 60, [2.3] * 30 + [4.6] * 30))
    assert sentence(tell.history) == "The loss has risen from 2.3 to 4.6: the learning rate is too high; try 0.01."
    tell(started(), batches(1, 300, [2.3] * 300, learning_rate=[0.0003] * 300))
    assert sentence(tell.history) == "The loss has hardly moved from 2.3: the learning rate is too low; try 0.003."


def test_a_rate_that_was_raised_is_to_go_back_to_what_it_was(tell):
    change = {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.05, 0.4]}}
    tell(started(), batches(1, 30, [2.3] * 30), change | {"step": 30, "epoch": 3.0, "seconds": 3})
    tell(batches(31, 60, [4.6] * 30))
    assert sentence(tell.history) == (
        "The loss has risen from 2.3 to 4.6: the learning rate is too high; go back to 0.05, as before step 30."
    )


def test_sentence_on_pause_and_ends(tell):
    tell(started(), batches(1, 25), {"event": "Paused", "step": 25, "epoch": 2.5, "seconds": 1})
    assert sentence(tell.history) == "Paused in epoch 3 of 10."
    tell({"event": "Resumed", "step": 25, "epoch": 2.5, "seconds": 1}, {"event": "RunEnded", "reason": "diverged"})
    assert sentence(tell.history) == "The loss became infinite at step 25: the learning rate is too high; try 0.01."
    tell({"event": "RunEnded", "reason": "stopped", "validation_accuracy": 0.9, "test_accuracy": None})
    assert sentence(tell.history) == "Stopped at step 25, after 2.5 epochs: validation accuracy 90.0 %."
    tell({"event": "RunEnded", "reason": "finished", "test_accuracy": 0.99996})
    assert "reads 99.99 % of the test images" in sentence(tell.history)


def diverged(step):
    """Told by the trainer as the step that was not made; here with the batches before it."""
    last = batches(1, step, [2.3] * (step - 1) + [None])
    return [started(steps_per_epoch=1000, total_steps=10000), last, {"event": "RunEnded", "reason": "diverged"}]


def test_sentence_on_divergence_says_where_and_what_to_try(tell):
    tell(*diverged(412))
    assert sentence(tell.history) == "The loss became infinite at step 412: the learning rate is too high; try 0.01."


@pytest.mark.parametrize(
    "change",
    [
        {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.01, 1.0]}},
        {"event": "Forked", "parent": "first", "changes": {"optimizer.learning_rate": [0.01, 1.0]}},
        {
            "event": "Forked",
            "parent": "first",
            "changes": {"optimizer": [{"kind": "SGD", "learning_rate": 0.01}, {"kind": "Adam", "learning_rate": 1.0}]},
        },
    ],
)
def test_sentence_on_divergence_names_the_change_that_led_to_it(tell, change):
    first, *rest = diverged(412)
    tell(first, change | {"step": 400, "epoch": 0.4, "seconds": 40}, *rest)
    assert sentence(tell.history) == (
        "The loss became infinite at step 412, 12 steps after the learning rate was raised from 0.01 to 1: that is too "
        "high; go back to 0.01."
    )


@pytest.mark.parametrize("pair", [[1.0, 0.01], [None, 1.0], ["a", "b"], [0.0, 1.0]])
def test_a_change_that_did_not_raise_the_rate_is_not_blamed(tell, pair):
    place = {"step": 400, "epoch": 0.4, "seconds": 40}
    first, *rest = diverged(412)
    tell(first, {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": pair}} | place, *rest)
    assert sentence(tell.history).endswith("the learning rate is too high; try 0.01.")


def test_sentence_on_divergence_tells_of_dead_units(tell):
    first, middle, last = diverged(412)
    tell(first, middle, probed(400, dead={"1.relu": 0.7}, dead_share=0.7), last)
    assert sentence(tell.history).endswith("try 0.01. By then 70.0 % of the units were dead.")


def test_sentence_on_a_layer_that_is_dead(tell):
    tell(started(), batches(1, 30), probed(30, dead={"1.relu": 0.0, "4.relu": 1.0}, dead_share=0.4))
    wanted = (
        "All units of layer 5 (ReLU) are dead: they answer every image alike, and nothing before them can learn. Start "
        "again with a smaller learning rate such as 0.01, or LeakyReLU instead of ReLU."
    )
    assert sentence(tell.history) == wanted
    tell({"event": "RunEnded", "reason": "finished", "test_accuracy": 0.1})
    assert sentence(tell.history).endswith(f"correctly. {wanted}")


def test_sentence_on_a_layer_that_died_of_a_raised_rate_names_the_one_before(tell):
    change = {"event": "SettingsChanged", "changes": {"optimizer.learning_rate": [0.05, 9.0]}}
    tell(started(), batches(1, 20), change | {"step": 20, "epoch": 2.0, "seconds": 2}, batches(21, 30))
    tell(probed(30, dead={"4.tanh": 1.0}, dead_share=1.0))
    assert sentence(tell.history).endswith("Start again with a smaller learning rate such as 0.05 (as before step 20).")


def test_sentence_on_many_dead_units_is_said_beside_the_progress(tell):
    tell(started(), batches(1, 30), probed(30, dead={"1.tanh": 0.8, "4.tanh": 0.2}, dead_share=0.6))
    assert sentence(tell.history) == (
        "Epoch 3 of 10: training accuracy 50.0 %. 60.0 % of the units are dead, most of them in layer 2 (Tanh): they "
        "answer every image alike and cannot learn. A smaller learning rate such as 0.01 keeps them alive."
    )
    tell(probed(31, dead={"1.tanh": 0.4, "4.tanh": 0.2}, dead_share=0.3) | {"epoch": 3.0})
    assert sentence(tell.history) == "Epoch 3 of 10: training accuracy 50.0 %."


def test_a_loss_that_does_not_move_under_large_steps_needs_a_smaller_rate(tell):
    tell(started(), batches(1, 300, [2.3] * 300), probed(300, update=1.0, weights=10.0))
    assert sentence(tell.history) == (
        "The loss has hardly moved from 2.3, though each step changes the weights by 10.0 %: the learning rate is too "
        "high; try 0.01."
    )


@pytest.mark.parametrize("name", ["", ".", "relu", "x.relu", "12345678.relu", "²." + "relu", "3."])
def test_strange_layer_names_are_shown_as_they_are(tell, name):
    tell(started(), batches(1, 30), probed(30, dead={name: 1.0}, dead_share=1.0))
    assert "dead" in sentence(tell.history)


def test_an_event_between_two_steps_is_damaged_and_left_out(tell):
    tell(started(), batches(1, 10), epoch_done(1, 0.9, True, step=10.5))
    assert tell.history.best is None
    tell(epoch_done(1, 0.9, True))
    assert tell.history.best.step == 10
