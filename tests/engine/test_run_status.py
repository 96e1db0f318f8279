"""What can be told of a run from its files alone: who trains it, and whether that process still lives."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine import rundir
from engine.config import TrainingConfig
from engine.liveness import Heartbeats, start_of
from engine.rundir import SILENT_SECONDS, RunError, RunFolder, read_json, runs, write_json
from tests.engine.watching import append


def claimed_by(run, pid, host=None, start=None):
    started = start_of(pid) if start is None else start
    write_json(run.worker_file, {"pid": pid, "host": host or socket.gethostname(), "start": started})


@pytest.fixture
def sleeper():
    """Some process that lives."""
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "starting"),
        (["RunStarted"], "running"),
        (["RunStarted", "Batches"], "running"),
        (["RunStarted", "Batches", "EpochDone"], "running"),
        (["RunStarted", "Paused"], "paused"),
        (["RunStarted", "Paused", "Resumed"], "running"),
        (["RunStarted", "Paused", "RunStarted"], "running"),
    ],
)
def test_a_living_workers_state_is_its_last_event(run, sleeper, events, state):
    claimed_by(run, sleeper.pid)
    append(run, *({"event": name} for name in events))
    assert run.status().state == state
    assert run.status().busy
    sleeper.kill()
    sleeper.wait()
    assert run.status().state == "interrupted"
    assert not run.status().busy


def test_an_ended_run_has_its_reason_whoever_lives(run, sleeper):
    claimed_by(run, sleeper.pid)
    append(run, {"event": "RunStarted"}, {"event": "RunEnded", "reason": "patience"})
    assert (run.status().state, run.status().reason) == ("ended", "patience")


def test_another_process_with_the_same_number_is_not_taken_for_the_worker(run, sleeper):
    claimed_by(run, sleeper.pid, start="1")
    assert run.status().state == "interrupted"


def test_a_worker_on_another_host_lives_as_long_as_its_heart_beats(run, monkeypatch):
    clock = Clock(monkeypatch)
    claimed_by(run, 1, host="elsewhere", start="1")
    assert run.status().state == "starting"
    clock.now += 0.9 * SILENT_SECONDS
    os.utime(run.worker_file)
    assert run.worker_alive()
    clock.now += 0.9 * SILENT_SECONDS
    assert run.worker_alive()
    clock.now += 0.2 * SILENT_SECONDS
    assert run.status().state == "interrupted"


@pytest.mark.parametrize("hours", [-24, -0.1, 0.1, 24, 24 * 365])
def test_a_clock_that_is_put_right_neither_ends_a_worker_on_another_host_nor_keeps_it_alive(run, monkeypatch, hours):
    clock = Clock(monkeypatch)
    claimed_by(run, 1, host="elsewhere", start="1")
    assert run.worker_alive()
    clock.wall += 3600 * hours  # here; what is in the file is of the clock that it had there
    assert run.worker_alive()
    clock.now += 2 * SILENT_SECONDS
    assert not run.worker_alive()
    os.utime(run.worker_file, (5, 5))  # it beats again, by another clock
    assert run.worker_alive()


@pytest.mark.parametrize("hours", [-24, 24])
def test_the_first_look_at_a_file_with_a_strange_time_takes_its_worker_for_dead_until_it_beats(run, monkeypatch, hours):
    Clock(monkeypatch)
    claimed_by(run, 1, host="elsewhere", start="1")
    strange = time.time() + 3600 * hours
    os.utime(run.worker_file, (strange, strange))
    assert not run.worker_alive()
    os.utime(run.worker_file, (strange + 1, strange + 1))
    assert run.worker_alive()


def test_a_worker_elsewhere_whose_clock_is_wrong_keeps_its_run_if_it_beats_meanwhile(run, monkeypatch):
    Clock(monkeypatch)
    claimed_by(run, 1, host="elsewhere", start="1")
    ahead = time.time() + 3600
    os.utime(run.worker_file, (ahead, ahead))
    monkeypatch.setattr(rundir.time, "sleep", lambda _: os.utime(run.worker_file, (ahead + 1, ahead + 1)))
    with pytest.raises(RunError, match="trained by another process already"):
        run.claim()
    assert read_json(run.worker_file)["host"] == "elsewhere"


def test_a_worker_elsewhere_that_has_not_beaten_meanwhile_loses_its_run(run, monkeypatch):
    Clock(monkeypatch)
    claimed_by(run, 1, host="elsewhere", start="1")
    os.utime(run.worker_file, (5, 5))
    monkeypatch.setattr(rundir.time, "sleep", lambda seconds: waited.append(seconds))
    waited: list[float] = []
    run.claim()
    assert read_json(run.worker_file)["pid"] == os.getpid()
    assert len(waited) == 1
    assert waited[0] > rundir.HEARTBEAT_SECONDS


class Clock:
    """Both clocks that signs of life are measured by, in our hands."""

    def __init__(self, monkeypatch):
        self.now, self.wall = 1000.0, time.time()
        monkeypatch.setattr(rundir, "BEATS", Heartbeats(lambda: self.now, lambda: self.wall))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_worker_that_was_halted_from_outside_is_told_from_one_that_works(run, sleeper):
    claimed_by(run, sleeper.pid)
    assert not run.worker_suspended()
    sleeper.send_signal(signal.SIGSTOP)
    deadline = time.monotonic() + 20
    while not run.worker_suspended():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert run.worker_alive()
    sleeper.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("text", ["", "{}", '{"pid": 1, "host": "x", "start": "1"}', None])
def test_a_worker_whose_file_was_damaged_writes_it_anew(run, text):
    run.claim()
    whole = run.worker_file.read_text()
    if text is None:
        run.worker_file.unlink()
    else:
        run.worker_file.write_text(text)
        os.utime(run.worker_file, (5, 5))
    run.beat()
    assert run.worker_file.read_text() == whole


def test_a_worker_whose_run_another_one_trains_gives_it_up(run, sleeper):
    run.claim()
    claimed_by(run, sleeper.pid)
    with pytest.raises(RunError, match="by another process now"):
        run.beat()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '"x"', '{"host": "HERE", "pid": "x", "start": "1"}',
     '{"host": "HERE", "pid": 1e999, "start": "1"}', '{"host": "HERE", "pid": null, "start": "1"}',
     '{"host": "HERE", "pid": -1, "start": "1"}', '{"host": "HERE", "pid": 99999999999999999999, "start": ""}'],
)  # fmt: skip
def test_a_damaged_worker_file_means_that_no_worker_lives(run, text):
    run.worker_file.write_text(text.replace("HERE", socket.gethostname()))
    assert not run.worker_alive()
    assert run.status().state == "interrupted"


def test_a_run_that_another_living_process_trains_cannot_be_claimed(run, sleeper):
    claimed_by(run, sleeper.pid)
    with pytest.raises(RunError, match="by another process already"):
        run.claim()
    sleeper.kill()
    sleeper.wait()
    run.claim()
    assert read_json(run.worker_file)["pid"] == os.getpid()


def test_a_run_that_is_deleted_while_they_are_listed_does_not_hide_the_others(tmp_path, run, monkeypatch):
    going = RunFolder.create(tmp_path, TrainingConfig(), "going")
    whole = Path.stat

    def stat(path, **options):
        found = whole(path, **options)
        if path == going.config_file:  # it goes as soon as it was looked at
            shutil.rmtree(going.path, ignore_errors=True)
        return found

    monkeypatch.setattr(Path, "stat", stat)
    assert run.id in [each.id for each in runs(tmp_path)]
