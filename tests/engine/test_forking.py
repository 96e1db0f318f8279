"""A run that goes on from another one's snapshot: the same bits under the same settings, and its curves are whole."""

import dataclasses
import json

import numpy as np
import pytest

from engine import recording, worker
from engine.checkpoint import read_checkpoint
from engine.files import RunError
from engine.forking import fork
from engine.history import History
from engine.layers import ShapeError
from engine.optimizers import Optimizer
from engine.rundir import Control, RunFolder
from engine.snapshots import at_or_before, file_of, snapshots
from engine.spec import SettingError
from tests.engine.watching import append


def trained(root, config, run_id, control=None):
    """A run that a worker, in this process, has trained until it ended or paused."""
    run = RunFolder.create(root, config, run_id)
    return carried_on(run, control)


def carried_on(run, control=None):
    """Train in this process, with as much time for snapshots as it takes; leave it if it pauses."""
    run.claim()
    run.write_control(control or Control())
    session = worker.Session(run)
    recorder = session._recorder
    tell = recorder.lifecycle
    recorder.lifecycle = lambda name: (tell(name), session.leave.set())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording, "SAVE_GRACE", 1e9)
        for _ in session.events():
            pass
    return run


def history(run):
    found = History(run.events_file)
    found.update()
    return found


def snapshot(run, step):
    found = at_or_before(snapshots(run), step)
    assert found is not None
    assert found.step == step
    return found


def arrays(path):
    saved = read_checkpoint(path)
    groups = {"params": saved.params, "tracked": saved.tracked, "average": saved.average} | saved.slots
    return {f"{group}/{name}": array.tobytes() for group, named in groups.items() for name, array in named.items()}


@pytest.fixture(scope="module")
def parent(tiny, tmp_path_factory):
    """Three epochs of four steps, ended."""
    config = tiny.with_values({"epochs": 3, "optimizer": "Adam", "average": 0.9, "validate_every": 1})
    return trained(tmp_path_factory.mktemp("runs"), config, "parent")


@pytest.mark.parametrize("step", [0, 1, 4, 5, 8, 10])
def test_a_fork_with_the_same_settings_trains_to_the_same_bits(parent, tmp_path, step):
    child = fork(tmp_path, parent, snapshot(parent, step), parent.config())
    assert child.status().state == "queued"
    carried_on(child)
    assert arrays(child.final) == arrays(parent.final)
    assert arrays(file_of(child, 12)) == arrays(file_of(parent, 12))
    ours, theirs = history(child), history(parent)
    for table in ("batches", "validation", "epochs", "probes"):
        for name in set(getattr(ours, table).names) - {"seconds"}:
            np.testing.assert_array_equal(getattr(ours, table)[name], getattr(theirs, table)[name], table)
    assert ours.ended["test_loss"] == theirs.ended["test_loss"]
    assert ours.best == theirs.best


CASES = {
    "dropout and batch size": {"layers.2": "Dropout", "batch_size": 7},
    "batch normalization": {"layers.2": "BatchNorm"},
    "two parts": {"parts": 2, "batch_size": 35},
    "augmentation": {"augmentation": ["Shift", "Noise"]},
    "no average": {"average": 0.0},
} | {f"optimizer {name}": {"optimizer": name} for name in Optimizer.members()}


@pytest.mark.parametrize("case", CASES)
def test_of_any_kind_of_run(tiny, tmp_path, case):
    config = tiny.with_values({"average": 0.9, "validate_every": 3} | CASES[case])
    whole = trained(tmp_path, config, "whole")
    child = carried_on(fork(tmp_path, whole, snapshot(whole, 2), config))
    assert arrays(child.final) == arrays(whole.final)


def test_a_paused_or_interrupted_run_is_gone_on_from_as_well(tiny, tmp_path):
    """The first process is left at step 6, the second at 7, which goes on from latest.npz."""
    config = tiny.with_values({"epochs": 3})
    whole = trained(tmp_path, config, "whole")
    parent = trained(tmp_path, config, "parent", Control(until_step=6))
    carried_on(parent, Control(until_step=7))
    assert [each.step for each in snapshots(parent)][-2:] == [6, 7]
    child = carried_on(fork(tmp_path, parent, snapshot(parent, 6), config))
    assert arrays(child.final) == arrays(whole.final)
    np.testing.assert_array_equal(history(child).batches["loss"], history(whole).batches["loss"])
    assert history(child).batches["step"].tolist() == list(range(1, 13))


def test_a_run_that_ended_learns_on_with_more_epochs(parent, tmp_path, tiny):
    longer = parent.config().with_values({"epochs": 5})
    child = carried_on(fork(tmp_path, parent, snapshot(parent, 12), longer))
    whole = trained(tmp_path, longer, "whole")
    assert arrays(child.final) == arrays(whole.final)
    assert history(child).ended["reason"] == "finished"


def test_what_is_set_otherwise_is_marked_where_it_begins(parent, tmp_path):
    config = parent.config().with_values({"optimizer": "SGD", "optimizer.learning_rate": 0.5, "batch_size": 10})
    child = fork(tmp_path, parent, snapshot(parent, 5), config)
    before = history(child)
    assert before.batches["step"].tolist() == [1, 2, 3, 4, 5]
    (change,) = before.changes
    assert (change.step, change.parent) == (5, "parent")
    assert change.epoch == pytest.approx(1 + 2 / 7, abs=1e-5)  # 20 of 70 images
    assert {path: new for path, (_, new) in change.changes.items()} == {
        "optimizer": {"kind": "SGD", "learning_rate": 0.5},
        "batch_size": 10,
    }
    carried_on(child)
    after = history(child)
    assert after.changes == before.changes
    assert after.batches["learning_rate"][4:6].tolist() == [0.001, 0.5]
    assert after.ended["reason"] == "finished"
    assert after.batches["step"].tolist() == list(range(1, len(after.batches) + 1))
    assert (after.total_epochs, after.total_steps) == (3, after.step)


def test_a_fork_without_changes_is_marked_too(parent, tmp_path):
    (mark,) = history(fork(tmp_path, parent, snapshot(parent, 5), parent.config())).changes
    assert (mark.step, mark.changes, mark.parent) == (5, {}, "parent")


@pytest.mark.parametrize(
    "line",
    [
        {"event": "Batches", "step": 5},
        {"event": "Batches", "step": [5]},
        {"event": "Batches", "step": [5], "epoch": [None]},
        {"event": "EpochDone", "step": [4], "epoch": 1, "best": True},
    ],
)
def test_damaged_lines_are_not_taken_along(parent, tmp_path, line):
    copy = RunFolder.create(tmp_path, parent.config(), "copy")
    copy.events_file.write_bytes(parent.events_file.read_bytes())
    append(copy, line)
    copy.snapshots.mkdir()
    file_of(copy, 5).write_bytes(file_of(parent, 5).read_bytes())
    child = fork(tmp_path, copy, snapshot(copy, 5), parent.config())
    assert history(child).batches["step"].tolist() == [1, 2, 3, 4, 5]


def test_a_fork_of_a_fork_shows_both(parent, tmp_path):
    first = fork(tmp_path, parent, snapshot(parent, 5), parent.config().with_values({"batch_size": 10}))
    carried_on(first)
    second = fork(tmp_path, first, snapshot(first, 10), first.config().with_values({"batch_size": 5}))
    assert [(mark.step, mark.parent) for mark in history(second).changes] == [(5, "parent"), (10, first.id)]
    earlier = fork(tmp_path, first, snapshot(first, 2), first.config())
    assert [(mark.step, list(mark.changes)) for mark in history(earlier).changes] == [(2, ["batch_size"])]


def test_dropout_and_other_layers_without_weights_may_come_and_go(parent, tmp_path):
    layers = [
        "Flatten",
        {"kind": "Dropout", "drop": 0.2},
        {"kind": "Dense", "units": 12},
        "GELU",
        {"kind": "Dense", "units": 10},
    ]
    child = fork(tmp_path, parent, snapshot(parent, 8), parent.config().with_values({"layers": layers}))
    saved, theirs = read_checkpoint(child.latest), read_checkpoint(file_of(parent, 8))
    np.testing.assert_array_equal(saved.params["2.dense.weight"], theirs.params["1.dense.weight"])
    np.testing.assert_array_equal(saved.slots["v"]["4.dense.bias"], theirs.slots["v"]["3.dense.bias"])
    carried_on(child)
    assert history(child).ended["reason"] == "finished"
    again = fork(tmp_path, child, snapshot(child, 2), parent.config())  # of before the fork: without dropout
    assert arrays(carried_on(again).final) == arrays(parent.final)


def test_the_optimizer_takes_over_the_vectors_it_knows_and_begins_others_at_0(parent, tmp_path):
    child = fork(tmp_path, parent, snapshot(parent, 8), parent.config().with_values({"optimizer": "AdamW"}))
    assert arrays(child.latest) == arrays(file_of(parent, 8))
    child = fork(tmp_path, parent, snapshot(parent, 8), parent.config().with_values({"optimizer": "Momentum"}))
    slots = read_checkpoint(child.latest).slots
    assert list(slots) == ["velocity"]
    assert not any(array.any() for array in slots["velocity"].values())


@pytest.mark.parametrize("change", ["optimizer", "thawed"])
def test_the_first_step_of_vectors_that_begin_anew_is_no_longer_than_adams_rate(tiny, tmp_path, change):
    """Adam corrects for the start from 0 by the steps since then, not by those of the whole run."""
    before = {"optimizer": "Momentum"} if change == "optimizer" else {"optimizer": "Adam", "frozen": [1]}
    config = tiny.with_values({"epochs": 20, "validate_every": 100})
    parent = trained(tmp_path, config.with_values(before), "parent", Control(until_step=60))
    after = config.with_values({"optimizer": "Adam"})
    child = fork(tmp_path, parent, snapshot(parent, 60), after)
    start = read_checkpoint(child.latest)
    assert start.slots_began == 60
    carried_on(child, Control(until_step=61))
    saved = read_checkpoint(child.latest)
    moved = saved.params["1.dense.weight"] - start.params["1.dense.weight"]
    assert 0.9 * 0.001 < np.abs(moved).max() <= 0.001 * (1 + 1e-3)
    assert saved.slots_began == 60
    whole = carried_on(fork(tmp_path, parent, snapshot(parent, 60), after))
    assert arrays(carried_on(child).final) == arrays(whole.final)  # also where it goes on from a file


def test_the_optimizer_with_other_factors_takes_over_as_it_would_live(tiny, tmp_path):
    """Adam keeps its vectors without factors that depend on its settings."""
    config = tiny.with_values({"epochs": 4, "optimizer": "Adam"})
    values = {"optimizer.momentum": 0.5, "optimizer.decay": 0.9}
    parent = trained(tmp_path, config, "parent", Control(until_step=6))
    child = carried_on(fork(tmp_path, parent, snapshot(parent, 6), config.with_values(values)))
    carried_on(parent, Control(settings=values))
    assert arrays(child.final) == arrays(parent.final)


def test_a_mean_of_the_weights_begins_with_the_weights(tiny, tmp_path):
    parent = trained(tmp_path, tiny, "parent")
    child = fork(tmp_path, parent, snapshot(parent, 4), tiny.with_values({"average": 0.9}))
    saved = read_checkpoint(child.latest)
    assert saved.average.keys() == saved.params.keys()
    assert all((saved.average[name] == array).all() for name, array in saved.params.items())
    assert history(carried_on(child)).ended["reason"] == "finished"


# --- the best epoch ----------------------------------------------------------------------------------------------


def test_the_best_weights_so_far_are_taken_along(tiny, tmp_path):
    """A rate that ruins all that was learned: the child ends with the parent's best epoch."""
    parent = trained(tmp_path, tiny.with_values({"epochs": 3}), "parent")
    ruin = tiny.with_values({"epochs": 5, "optimizer.learning_rate": 1.5})
    child = carried_on(fork(tmp_path, parent, snapshot(parent, 12), ruin))
    best = history(parent).best
    assert history(child).ended["best_epoch"] == best.number
    assert arrays(child.final) == arrays(parent.best)


def test_without_the_best_weights_the_best_of_what_comes_counts(parent, tmp_path):
    """They are of a later epoch than the snapshot, and the snapshot of the earlier best was thinned."""
    best = history(parent).best
    assert best.number == 3
    copy = RunFolder.create(tmp_path, parent.config(), "copy")
    copy.events_file.write_bytes(parent.events_file.read_bytes())
    copy.best.write_bytes(parent.best.read_bytes())
    copy.snapshots.mkdir()
    file_of(copy, 5).write_bytes(file_of(parent, 5).read_bytes())
    child = fork(tmp_path, copy, snapshot(copy, 5), parent.config().with_values({"epochs": 2}))
    record = read_checkpoint(child.latest).record
    assert (record["best_epoch"], record["best_accuracy"]) == (0, -1.0)
    assert not child.best.exists()
    assert history(carried_on(child)).ended["best_epoch"] == 2


# --- what may not differ -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "error", "match"),
    [
        ({"seed": 9}, SettingError, r"seed: cannot change from 5 to 9 .* which images are held back"),
        (
            {"data.train_images": 60},
            SettingError,
            r"data\.train_images: cannot change from 70 to 60 .* start a new",
        ),
        ({"data.label_noise": 0.5}, SettingError, r"data\.label_noise"),
        ({"initializer": "GlorotUniform"}, SettingError, "the weights are those of the snapshot"),
        ({"start_from": "weights.npz"}, SettingError, "the weights are those of the snapshot"),
        ({"layers.1.units": 13}, SettingError, r"Dense has weights of shape \(64, 12\) .* got \(64, 13\)"),
        ({"layers.1.bias": "none"}, SettingError, "must keep its bias"),
        ({"layers.2": "BatchNorm"}, SettingError, "must be Dense, Dense, as .* got Dense, BatchNorm, Dense"),
        ({"layers.3.units": 9}, ShapeError, "one output for each of the 10"),
        ({"epochs": 1}, SettingError, "epochs: must be more than the 1 that are complete; got 1"),
        ({"max_steps": 5}, SettingError, "max_steps: must be 0 or more than the 5 made; got 5"),
    ],
)
def test_settings_that_make_another_run_are_refused_before_anything_is_created(parent, tmp_path, values, error, match):
    with pytest.raises(error, match=match):
        fork(tmp_path / "new", parent, snapshot(parent, 5), parent.config().with_values(values))
    assert not (tmp_path / "new").exists()


def test_a_snapshot_that_is_gone_or_damaged_is_told(parent, tmp_path):
    there = snapshot(parent, 5)
    gone = dataclasses.replace(there, path=there.path.with_name("000000099.npz"), step=99)
    with pytest.raises(RunError, match=r"run parent cannot go on from step 99: there is no checkpoint"):
        fork(tmp_path / "new", parent, gone, parent.config())
    broken = tmp_path / "000000005.npz"
    broken.write_bytes(there.path.read_bytes()[:-100])
    with pytest.raises(RunError, match="is not a readable checkpoint"):
        fork(tmp_path / "new", parent, dataclasses.replace(there, path=broken), parent.config())
    assert not (tmp_path / "new").exists()


def test_a_fork_that_cannot_be_written_leaves_nothing(parent, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.forking.write_checkpoint", full)
    with pytest.raises(RunError, match="No space left on device"):
        fork(tmp_path, parent, snapshot(parent, 5), parent.config())
    assert list(tmp_path.iterdir()) == []


# --- what was told -----------------------------------------------------------------------------------------------


def test_damaged_and_foreign_events_are_passed_over(parent, tmp_path):
    copy = RunFolder.create(tmp_path, parent.config(), "copy")
    copy.events_file.write_bytes(b'{"event": "Batches"}\n[1]\nnonsense\n' + parent.events_file.read_bytes())
    append(
        copy,
        {"event": "Batches", "step": [99, None]},
        {"event": ["x"], "step": 1},
        {"event": "SettingsChanged", "step": 5, "changes": {"epochs": 3}},
        {"event": "RunStarted", "step": "five"},
    )
    with copy.events_file.open("ab") as file:
        file.write(b'{"event": "Batches", "step": [1')
    child = fork(tmp_path, copy, snapshot(parent, 5), parent.config())
    assert history(child).batches["step"].tolist() == [1, 2, 3, 4, 5]


def test_a_live_change_at_the_very_step_is_told_once_and_only_if_it_was_in_force(tiny, tmp_path):
    parent = trained(tmp_path, tiny.with_values({"epochs": 4}), "parent", Control(until_step=6))
    carried_on(parent, Control(settings={"optimizer.learning_rate": 0.01}, until_step=9))
    changed = parent.config().with_values({"optimizer.learning_rate": 0.01})
    assert read_checkpoint(file_of(parent, 6)).config == changed
    told = [(mark.step, mark.parent, mark.changes) for mark in history(parent).changes]
    assert told == [(6, "", {"optimizer.learning_rate": [0.02, 0.01]})]
    same = fork(tmp_path, parent, snapshot(parent, 6), changed)
    assert [(mark.step, mark.parent) for mark in history(same).changes] == [(6, ""), (6, "parent")]
    undone = fork(tmp_path, parent, snapshot(parent, 5), parent.config())
    assert [(mark.step, mark.changes) for mark in history(undone).changes] == [(5, {})]


def test_events_of_the_child_are_strict_json_with_time_and_seconds(parent, tmp_path):
    child = fork(tmp_path, parent, snapshot(parent, 8), parent.config())
    lines = [json.loads(line) for line in child.events_file.read_text().splitlines()]
    assert lines[-1]["event"] == "Forked"
    assert all("seconds" in line and "time" in line for line in lines)
    assert (
        max(line["seconds"] for line in lines)
        == lines[-1]["seconds"]
        == read_checkpoint(child.latest).record["seconds"]
    )
