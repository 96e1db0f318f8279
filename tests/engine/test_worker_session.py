"""What a worker does with a run, looked at in this process: how it ends, pauses, and what it refuses."""

import contextlib
import shutil
import threading
import time

import numpy as np
import pytest

from engine import wishes, worker
from engine.checkpoint import read_checkpoint
from engine.datasets import load_split
from engine.recording import Recorder
from engine.rundir import Control, RunFolder
from engine.trainer import Trainer
from tests.engine.working import PATIENCE, kinds, lines, same_weights, train_alone


@pytest.mark.parametrize("keep", ["best", "last"])
def test_a_run_that_diverges_ends_with_readable_weights_and_json(tiny, tmp_path, here, keep):
    wild = {"optimizer.learning_rate": 10.0, "loss": "MeanSquaredError", "epochs": 30, "stopping.keep": keep}
    run = RunFolder.create(tmp_path, tiny.with_values(wild))
    assert here(run) == 0
    assert (run.status().state, run.status().reason) == ("ended", "diverged")
    batches = [event for event in lines(run) if event["event"] == "Batches"]
    assert batches[-1]["loss"][-1] is None or batches[-1]["gradient_norm"][-1] is None
    assert all(np.isfinite(array).all() for array in read_checkpoint(run.final).params.values())


def failures():
    missing = {"data.source": "/nowhere/data.npz"}, "no data under '/nowhere/data.npz'"
    start_from = {"start_from": "/nowhere/weights.npz"}, "there is no checkpoint"
    shape = {"layers": ["Dense"]}, "Add Flatten before it"
    frozen = {"frozen": [17]}, "there is no layer 17"
    return {"data": missing, "start": start_from, "shape": shape, "frozen": frozen}


@pytest.mark.parametrize("case", failures())
def test_a_run_that_cannot_begin_ends_in_words(tiny, tmp_path, here, capsys, case):
    values, message = failures()[case]
    run = RunFolder.create(tmp_path, tiny.with_values(values))
    assert here(run) == 1
    assert message in capsys.readouterr().err
    (ended,) = lines(run)
    assert (ended["event"], ended["reason"]) == ("RunEnded", "failed")
    assert message in ended["message"]
    assert (run.status().state, run.status().reason) == ("ended", "failed")


def test_a_run_whose_weights_are_all_damaged_is_left_as_it_is_and_that_is_said(tiny, tmp_path, here, capsys):
    run = RunFolder.create(tmp_path, tiny)
    run.latest.write_bytes(b"PK damaged")
    assert here(run) == 1
    assert (lines(run), run.latest.read_bytes()) == ([], b"PK damaged")
    said = capsys.readouterr().err
    assert "none of its weights can be read (the only file is damaged): latest.npz is not a readable checkpoint" in said


def test_a_folder_that_is_no_run_is_named(tmp_path, capsys):
    assert worker.main([str(tmp_path / "nothing")]) == 1
    assert "there is no run nothing" in capsys.readouterr().err


def test_a_queued_run_that_was_stopped_ends_at_once(tiny, tmp_path, here):
    run = RunFolder.create(tmp_path, tiny)
    run.write_control(Control("stopped"))
    assert here(run) == 0
    assert kinds(run) == ["RunStarted", "RunEnded"]
    assert lines(run)[-1]["reason"] == "stopped"


def test_a_live_change_that_is_not_live_is_passed_over(tiny, tmp_path, here, capsys):
    run = RunFolder.create(tmp_path, tiny)
    run.write_control(Control(settings={"seed": 9}))
    assert here(run) == 0
    assert "ignored: seed: cannot change from 5 to 9" in capsys.readouterr().err
    assert run.status().reason == "finished"


def test_weights_are_there_before_the_end_is_told(tiny, tmp_path):
    """Who reads that a run has ended may open its final weights at once."""
    run = RunFolder.create(tmp_path, tiny)
    trainer = Trainer(tiny, load_split(tiny.data, tiny.seed))
    seen = []
    with Recorder(run, trainer) as recorder:
        write = recorder._events.write
        recorder._events.write = lambda data: (seen.append((data["event"], run.final.exists())), write(data))
        for event in trainer.run():
            recorder.record(event)
    assert seen[-1] == ("RunEnded", True)
    assert not any(there for _, there in seen[:-1])


def test_batches_are_written_even_if_training_crashes(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny)
    trainer = Trainer(tiny, load_split(tiny.data, tiny.seed))
    with contextlib.suppress(KeyboardInterrupt), Recorder(run, trainer) as recorder:
        for event in trainer.run():
            recorder.record(event)
            if event.step == 1:
                raise KeyboardInterrupt
    assert kinds(run) == ["RunStarted", "Batches"]


def test_the_best_weights_of_a_later_time_are_not_those_of_an_earlier_one(tiny, tmp_path, here):
    """Killed between best.npz and latest.npz, the run goes on from latest and makes its best anew."""
    config = tiny.with_values({"optimizer.learning_rate": 0.3, "max_steps": 5})
    run = RunFolder.create(tmp_path, config)
    trainer = Trainer(config, load_split(config.data, config.seed))
    recorder = Recorder(run, trainer)
    for event in trainer.run():
        recorder.record(event)
        if event.step == 3 and type(event).__name__ == "BatchDone":
            recorder.save()
            early = run.latest.read_bytes()
        if type(event).__name__ == "EpochDone":
            break
    recorder._events.close()
    run.latest.write_bytes(early)
    assert run.best.exists()
    session = worker.Session(run)
    session._recorder._events.close()
    assert session._trainer.best is None
    assert here(run) == 0
    assert same_weights(run.final, train_alone(config)[0])


def paused_at(run, *controls):
    """Steps and epochs at which one worker pauses, given one control after the other."""
    run.claim()
    run.write_control(controls[0])
    session, waiting = worker.Session(run), list(controls[1:])
    told = session._recorder.lifecycle

    def lifecycle(name):
        told(name)
        if name == "Paused" and waiting:
            run.write_control(waiting.pop(0))
        elif name == "Paused":
            session.leave.set()

    session._recorder.lifecycle = lifecycle
    patience = threading.Timer(PATIENCE, session.leave.set)  # a pause that nobody ends must not hold up the tests
    patience.start()
    for _ in session.events():
        pass
    patience.cancel()
    return [(event["step"], event["epoch"]) for event in lines(run) if event["event"] == "Paused"]


def test_a_very_slow_run_that_is_made_fast_does_not_wait_for_the_old_time(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny)
    run.claim()
    run.write_control(Control(steps_per_second=0.05))  # the first step comes at once, the next after 20 s
    session = worker.Session(run)
    begun = time.perf_counter()
    for event in session.events():
        if event.step == 1:
            run.write_control(Control(steps_per_second=1000.0))
    assert time.perf_counter() - begun < 10


def test_one_epoch_is_told_to_its_end_before_the_pause(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 3, "validate_every": 1}))
    assert paused_at(run, Control(until_epoch=1), Control(until_epoch=2.0)) == [(4, 1.0), (8, 2.0)]
    assert kinds(run)[-2:] == ["EpochDone", "Paused"]
    assert read_checkpoint(run.latest).position.epoch == 2


def test_a_part_of_an_epoch_ends_at_the_first_batch_beyond_it(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 3}))
    # batches end at 2/7, 4/7, 6/7 and 1
    assert paused_at(run, Control(until_epoch=4 / 7), Control(until_epoch=1.1)) == [
        (2, pytest.approx(4 / 7)),
        (5, pytest.approx(9 / 7)),
    ]


def test_after_the_last_epoch_a_run_ends_instead_of_pausing(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny)
    assert paused_at(run, Control(until_epoch=2.0)) == []
    assert run.status().reason == "finished"


def test_a_worker_whose_run_was_deleted_ends(tiny, tmp_path, here, capsys, monkeypatch):
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000}))
    monkeypatch.setattr(wishes, "HEARTBEAT_SECONDS", 0.0)
    beat = RunFolder.beat

    def delete_first(self):
        if self.latest.exists():
            shutil.rmtree(self.path, ignore_errors=True)
        beat(self)

    monkeypatch.setattr(RunFolder, "beat", delete_first)
    assert here(run) == 1
    assert f"the folder of run {run.id} is gone" in capsys.readouterr().err


def test_the_best_weights_are_found_among_the_snapshots_where_best_npz_is_of_a_later_epoch(tiny, tmp_path):
    """Killed after a new best was written and before latest.npz: what was best before is not forgotten."""
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 3}))
    assert paused_at(run, Control(until_epoch=1), Control(until_epoch=2)) == [(4, 1.0), (8, 2.0)]
    assert read_checkpoint(run.best).position.epoch == 2
    (run.snapshots / "000000004.npz").replace(run.latest)
    shutil.copyfile(run.latest, run.snapshots / "000000004.npz")
    session = worker.Session(run)
    session._recorder._events.close()
    assert session._trainer.best.position.epoch == 1


def test_a_run_that_has_trained_as_long_as_it_may_is_stopped_and_that_is_said(
    tiny, tmp_path, here, monkeypatch, capsys
):
    monkeypatch.setenv("INKLING_RUN_SECONDS", "1")
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000}))
    assert here(run) == 0
    assert (run.status().state, run.status().reason) == ("ended", "stopped")
    assert "after 1 s of training: no run may train longer here (limit INKLING_RUN_SECONDS)" in capsys.readouterr().err
    assert lines(run)[-1]["seconds"] >= 1
    assert run.latest.exists()


def test_a_live_change_that_would_take_too_much_memory_is_not_made(tiny, tmp_path, here, monkeypatch, capsys):
    monkeypatch.setenv("INKLING_MEMORY_BYTES", "200K")
    run = RunFolder.create(tmp_path, tiny)
    run.write_control(Control(settings={"batch_size": 4096}))
    assert here(run) == 0
    assert "ignored: Training this network needs about" in capsys.readouterr().err
    assert "SettingsChanged" not in kinds(run)
