"""The worker as a process: it follows the wishes in control.json, and its run survives whatever ends it."""

import contextlib
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.checkpoint import read_checkpoint
from engine.rundir import Control, EventReader, RunFolder
from tests.engine.working import PATIENCE, kinds, lines, same_weights, train_alone

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start():
    """Starts workers, and makes sure that none is left."""
    processes = []

    def begin(run, *options):
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.worker", str(run.path), *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def wait_for(run, kind, count=1):
    """The event of that kind, as a page would wait for it."""
    deadline, reader, found = time.monotonic() + PATIENCE, EventReader(run.events_file), []
    while time.monotonic() < deadline:
        found += [event for event in reader.read() if event["event"] == kind]
        if len(found) >= count:
            return found[count - 1]
        time.sleep(0.01)
    raise AssertionError(f"no {kind} in {PATIENCE} s; there are {kinds(run)}")


def leave_in_order(process):
    out, error = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, error) == (0, "", "")


def test_a_worker_trains_a_run_to_its_end(tiny, tmp_path, start):
    run = RunFolder.create(tmp_path, tiny)
    leave_in_order(start(run))
    kept, events = train_alone(tiny)
    assert (run.status().state, run.status().reason) == ("ended", "finished")
    assert run.newest == run.final
    assert same_weights(run.final, kept)
    told = [event for event in lines(run) if event["event"] != "Batches"]
    plain = [event.to_json() for event in events if type(event).__name__ != "BatchDone"]
    assert [{k: v for k, v in event.items() if k not in ("time", "seconds")} for event in told] == plain
    batches = [event for event in lines(run) if event["event"] == "Batches"]
    assert [step for event in batches for step in event["step"]] == list(range(1, 9))
    losses = [loss for event in batches for loss in event["loss"]]
    wanted = [event.loss for event in events if type(event).__name__ == "BatchDone"]
    assert losses == pytest.approx(wanted, rel=1e-5)  # six digits are written
    for event in batches:
        assert len({len(event[name]) for name in ("step", "epoch", "loss", "accuracy", "learning_rate")}) == 1
        assert event["images_per_second"] > 0


def test_wishes_are_followed_while_it_trains(tiny, tmp_path, start):
    """Step by step to 5, a live change, to 9, then stopped: one process, so that it takes one start."""
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 1000}))
    run.write_control(Control(until_step=5))
    process = start(run)
    assert wait_for(run, "Paused")["step"] == 5
    assert run.status().state == "paused"
    assert read_checkpoint(run.latest).position.step == 5

    run.write_control(Control(settings={"optimizer.learning_rate": 0.01}, until_step=9))
    assert wait_for(run, "Paused", 2)["step"] == 9
    assert wait_for(run, "Resumed")["step"] == 5
    changed = wait_for(run, "SettingsChanged")
    assert (changed["step"], changed["changes"]) == (5, {"optimizer.learning_rate": [0.02, 0.01]})

    run.write_control(Control("running", {"optimizer.learning_rate": 0.01, "batch_size": -3}))
    wait_for(run, "Resumed", 2)  # nonsense is passed over, with a word in the log, and training goes on
    wait_for(run, "EpochDone", 4)
    run.write_control(Control("paused", {"optimizer.learning_rate": 0.01}))
    paused = wait_for(run, "Paused", 3)
    time.sleep(0.05)
    assert lines(run)[-1]["event"] == "Paused", "nothing happens in a pause"

    run.write_control(Control("stopped", {"optimizer.learning_rate": 0.01}))
    ended = wait_for(run, "RunEnded")
    assert (ended["reason"], ended["step"]) == ("stopped", paused["step"])
    assert ended["seconds"] < paused["seconds"] + 0.02, "the clock stands still in a pause"
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert "ignored: batch_size: must be from 1 to 4096; got -3" in error
    assert "Traceback" not in error
    assert (run.status().state, run.status().reason) == ("ended", "stopped")
    assert read_checkpoint(run.latest).position.step == ended["step"]


def test_killed_at_any_moment_it_goes_on_with_the_same_bits(tiny, tmp_path, start):
    config = tiny.with_values({"epochs": 6, "average": 0.9, "optimizer": "Adam"})
    run = RunFolder.create(tmp_path, config)
    run.write_control(Control(until_step=7))
    process = start(run)
    wait_for(run, "Paused")
    run.write_control(Control(steps_per_second=40))
    wait_for(run, "Validated", 3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert run.status().state == "interrupted"

    saved = read_checkpoint(run.latest).position.step
    assert saved >= 7
    with run.events_file.open("a") as file:
        file.write('{"event": "Batches", "st')  # as a crash in mid-line leaves it
    run.write_control(Control())
    leave_in_order(start(run))
    kept, events = train_alone(config)
    assert same_weights(run.final, kept)
    reader = EventReader(run.events_file)
    again = [event for event in reader.read() if event["event"] == "RunStarted"]
    assert [event["step"] for event in again] == [0, saved]
    ended = lines_of_whole_events(run)[-1]
    assert (ended["reason"], ended["test_loss"]) == ("finished", events[-1].test_loss)


def lines_of_whole_events(run):
    return EventReader(run.events_file).read()


def test_when_its_standard_input_ends_it_saves_and_leaves_the_run_to_be_continued(tiny, tmp_path, start):
    config = tiny.with_values({"epochs": 3})
    run = RunFolder.create(tmp_path, config)
    run.write_control(Control(steps_per_second=20))
    process = start(run, "--watch-stdin")
    wait_for(run, "Validated")
    process.stdin.close()
    process.stdin = None
    leave_in_order(process)
    assert run.status().state == "interrupted"
    assert "RunEnded" not in kinds(run)
    assert read_checkpoint(run.latest).position.step >= 2
    run.write_control(Control())
    process = start(run, "--watch-stdin")  # its standard input stays open until after its end
    assert process.wait(PATIENCE) == 0
    assert process.stderr.read() == ""
    assert same_weights(run.final, train_alone(config)[0])


@pytest.mark.parametrize("wish", [Control(steps_per_second=20), Control(until_step=2)], ids=["running", "paused"])
def test_at_sigterm_it_saves_and_leaves(tiny, tmp_path, start, wish):
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 100}))
    run.write_control(wish)
    process = start(run)
    wait_for(run, "Validated" if wish.steps_per_second else "Paused")
    process.terminate()
    leave_in_order(process)
    assert run.status().state == "interrupted"
    told = [step for event in lines(run) if event["event"] == "Batches" for step in event["step"]]
    assert read_checkpoint(run.latest).position.step == told[-1]


def test_a_run_cannot_have_two_workers(tiny, tmp_path, start, here, capsys):
    run = RunFolder.create(tmp_path, tiny)
    run.write_control(Control(until_step=1))
    start(run)
    wait_for(run, "Paused")
    assert here(run) == 1
    assert "is being trained by another process already" in capsys.readouterr().err
    assert run.status().state == "paused", "the first worker's run is left alone"


@pytest.mark.parametrize("text", ["", "{}", "not json", None])
def test_commands_that_are_damaged_are_written_anew_as_they_were(tiny, tmp_path, start, text):
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000}))
    run.write_control(Control(settings={"optimizer.learning_rate": 0.01}, until_step=40))
    process = start(run)
    wait_for(run, "Paused")
    if text is None:
        run.control_file.unlink()
    else:
        run.control_file.write_text(text)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(ValueError):
            if run.control() == Control(settings={"optimizer.learning_rate": 0.01}, until_step=40):
                break
        time.sleep(0.02)
    run.write_control(replace(run.control(), wish="stopped"))
    process.communicate(timeout=PATIENCE)
    assert kinds(run).count("SettingsChanged") == 1
    assert run.status().reason == "stopped"
