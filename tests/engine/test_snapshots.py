"""Snapshots: when they are kept, which go first, and that training does not depend on them."""

import itertools
import os

import pytest

from engine import worker
from engine.checkpoint import read_checkpoint
from engine.rundir import Control, RunFolder
from engine.snapshots import Keeper, Snapshot, at_or_before, file_of, most_bytes, snapshots, surplus
from tests.engine.snapshotting import steps, train


def made_up(steps, size=10):
    return [Snapshot(step, f"{step}.npz", size) for step in steps]


def left(found, best, most=10**9, count=10**9):
    gone = surplus(found, best, most, count)
    return [each.step for each in found if each not in gone]


# --- which are found ---------------------------------------------------------------------------------------------


def test_snapshots_are_listed_by_step_and_nothing_else_is(run):
    assert snapshots(run) == []
    run.snapshots.mkdir()
    for name in ("000000010.npz", "000000002.npz", "1000000000.npz", "1.npz", "000000003.npz.7-7.tmp", "x.npz"):
        (run.snapshots / name).write_bytes(b"abc")
    found = snapshots(run)
    assert [each.step for each in found] == [2, 10, 10**9]
    assert {each.bytes for each in found} == {3}
    assert found[1].path == file_of(run, 10)


def test_the_newest_snapshot_up_to_a_step(run):
    found = made_up([0, 5, 10])
    assert [at_or_before(found, step).step for step in (0, 4, 5, 9, 10, 99)] == [0, 0, 5, 5, 10, 10]
    assert at_or_before(found[1:], 4) is None
    assert at_or_before([], 4) is None


# --- which go first ----------------------------------------------------------------------------------------------


def test_the_newest_then_the_best_then_the_first_stay_to_the_last():
    found = made_up(range(0, 100, 10))
    assert left(found, 40, count=3) == [0, 40, 90]
    assert left(found, 40, count=2) == [40, 90]
    assert left(found, 40, count=1) == [90]
    assert left(found, 40, most=29) == [40, 90]
    assert left(found, 40, most=9) == []
    assert left(found, None, count=2) == [0, 90]


def test_what_is_left_is_spread_over_the_whole_run():
    """Kept as a run would: one after the other, each time thinned to 20."""
    found = []
    for step in range(0, 10_001, 10):
        found = [*found, Snapshot(step, f"{step}.npz", 1)]
        gone = surplus(found, 0, 10**9, 20)
        found = [each for each in found if each not in gone]
    roots = [each.step**0.5 for each in found]
    gaps = [b - a for a, b in itertools.pairwise(roots)]
    assert (len(found), found[0].step, found[-1].step) == (20, 0, 10_000)
    assert max(gaps) < 4 * 100 / 19  # evenly, each would be 100 / 19
    assert found[1].step < 400  # there is something to see of its beginning


def test_the_bound_is_what_the_environment_says(monkeypatch):
    monkeypatch.setenv("INKLING_SNAPSHOT_BYTES", "3M")
    assert most_bytes() == 3 * 2**20


# --- during a run ------------------------------------------------------------------------------------------------


def test_a_run_keeps_its_beginning_its_first_steps_its_looks_and_its_end(tiny, tmp_path):
    run = train(RunFolder.create(tmp_path, tiny.with_values({"epochs": 6, "validate_every": 7})))
    # round numbers, each 7th step, the end of each epoch of 4 steps
    assert steps(run) == [0, 1, 2, 4, 5, 7, 8, 10, 12, 14, 16, 20, 21, 24]
    for each in snapshots(run):
        saved = read_checkpoint(each.path)
        assert saved.position.step == each.step
        assert saved.slots.keys() == {"velocity"}
    assert read_checkpoint(file_of(run, 0)).position.epoch == 0
    assert list(run.snapshots.glob("*.tmp")) == []


def test_a_run_that_ends_in_mid_epoch_keeps_its_last_step(tiny, tmp_path):
    run = train(RunFolder.create(tmp_path, tiny.with_values({"max_steps": 7, "validate_every": 100})))
    assert steps(run)[-1] == 7


def test_pauses_and_live_changes_are_kept(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 6, "validate_every": 100}))
    train(run, Control(until_step=3))
    train(run, Control(settings={"batch_size": 10}, until_step=9))
    assert {3, 9} <= set(steps(run))
    assert read_checkpoint(file_of(run, 3)).config.batch_size == 10  # the change came before the next step


def test_snapshots_share_their_content_with_the_newest_weights(tiny, tmp_path):
    run = train(RunFolder.create(tmp_path, tiny))
    assert os.path.samefile(run.latest, file_of(run, 8))


def test_without_second_names_snapshots_are_copies(tiny, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    run = train(RunFolder.create(tmp_path, tiny))
    assert not os.path.samefile(run.latest, file_of(run, 8))
    assert run.latest.read_bytes() == file_of(run, 8).read_bytes()


def test_what_lies_beyond_the_step_from_which_a_run_goes_on_is_removed(tiny, tmp_path):
    """Killed after snapshots that latest.npz does not know of, as after a restored backup."""
    run = train(RunFolder.create(tmp_path, tiny), Control(until_step=5))
    early = run.latest.read_bytes()
    train(run, Control(until_step=7))
    assert steps(run)[-1] == 7
    run.latest.unlink()
    run.latest.write_bytes(early)
    worker.Session(run)._recorder._events.close()
    assert steps(run)[-1] == 5


def test_thinning_keeps_the_run_under_its_bound(tiny, tmp_path, monkeypatch):
    size = snapshots(train(RunFolder.create(tmp_path, tiny, "measure")))[-1].bytes
    most = 5 * size + size // 2
    monkeypatch.setenv("INKLING_SNAPSHOT_BYTES", str(most))
    seen = []
    keep = Keeper.keep
    monkeypatch.setattr(
        Keeper, "keep", lambda self, *at: (keep(self, *at), seen.append(sum(s.bytes for s in snapshots(self._run))))
    )
    config = tiny.with_values({"epochs": 6, "optimizer.learning_rate": 0.3, "validate_every": 1})
    run = train(RunFolder.create(tmp_path, config))
    assert max(seen) <= most
    best = read_checkpoint(run.best).position.step
    assert {0, best, 24} <= set(steps(run))
    assert len(steps(run)) == 5


@pytest.mark.parametrize(("fit", "kept"), [(0, []), (1, [24]), (2, ["best", 24])])
def test_of_a_large_network_few_are_kept_and_that_is_said(tiny, tmp_path, monkeypatch, capsys, fit, kept):
    config = tiny.with_values({"epochs": 6, "optimizer.learning_rate": 0.3})
    size = snapshots(train(RunFolder.create(tmp_path, config, "measure")))[-1].bytes
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("INKLING_SNAPSHOT_BYTES", str(fit * size + size // 2))
    run = train(RunFolder.create(tmp_path, config))
    best = read_checkpoint(run.best).position.step
    assert best < 24
    assert steps(run) == [best if step == "best" else step for step in kept]
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"note: few snapshots are kept: {fit} of ")
    assert run.status().reason == "finished"


def test_weights_that_overflowed_are_not_kept(tiny, tmp_path):
    wild = {"optimizer.learning_rate": 10.0, "loss": "MeanSquaredError", "epochs": 30, "validate_every": 1}
    run = train(RunFolder.create(tmp_path, tiny.with_values(wild)))
    assert run.status().reason == "diverged"
    found = snapshots(run)
    assert found
    for each in found:
        read_checkpoint(each.path)  # which refuses what is not finite
