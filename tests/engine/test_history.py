"""What the history makes of events: growing arrays, continued runs, and damaged lines."""

import json
import math

import numpy as np
import pytest

from engine.history import Table, sentence
from tests.engine.telling import batches, epoch_done, forked, probed, started


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


def test_an_event_between_two_steps_is_damaged_and_left_out(tell):
    tell(started(), batches(1, 10), epoch_done(1, 0.9, True, step=10.5))
    assert tell.history.best is None
    tell(epoch_done(1, 0.9, True))
    assert tell.history.best.step == 10
