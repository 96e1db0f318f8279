"""Workers that hang are told apart from those that are busy, and ended with all that they have forked."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.running import workers
from dashboard.running.processes import PROJECT, begin, kill
from dashboard.running.runs import Runs
from dashboard.running.workers import SILENT_SECONDS, STOP_SECONDS, Watch
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.liveness import start_of
from engine.rundir import Control, RunFolder, write_json
from tests.waiting import wait

SMALL = TrainingConfig(
    data=DataConfig(train_images=500, validation_images=100), layers=(Flatten(), Dense(units=10)), epochs=10_000
)
# Takes the run as a worker does, and then neither beats nor listens.
HANGS = """
import sys, time
from engine.rundir import RunFolder
from pathlib import Path
path = Path(sys.argv[1])
RunFolder.open(path.parent, path.name).claim()
time.sleep(600)
"""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = RunFolder.create(tmp_path, SMALL, "run")
    made.claim()
    return made


@pytest.fixture
def hanging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Runs]:
    """Runs whose workers hang, watched closely."""
    monkeypatch.setattr(workers, "WATCH_SECONDS", 0.05)
    made = Runs(tmp_path, most=1, worker=(sys.executable, "-c", HANGS))
    yield made
    for run in made.newest(9):
        made.command(run.id, wish="stopped")
    wait(lambda: not made._workers.at_work())


def test_a_worker_that_beats_does_not_hang(run: RunFolder) -> None:
    watch, now = Watch(run, 0.0), 0.0
    for beat in range(1, 6):
        now += 0.9 * SILENT_SECONDS
        os.utime(run.worker_file, (beat, beat))
        assert watch.complaint(now) == ""


def looked_at(watch: Watch, begin: float, end: float) -> str:
    """What the watch says at the end, if it looks once a second."""
    said = ""
    for second in range(round(end - begin)):
        said = watch.complaint(begin + second + 1)
    return said


def test_a_worker_that_falls_silent_hangs(run: RunFolder) -> None:
    watch = Watch(run, 0.0)
    assert looked_at(watch, 0, SILENT_SECONDS) == ""
    assert "no sign of life" in looked_at(watch, SILENT_SECONDS, SILENT_SECONDS + 2)


def test_time_in_which_the_server_itself_was_halted_does_not_count(run: RunFolder) -> None:
    watch = Watch(run, 0.0)
    assert looked_at(watch, 0, SILENT_SECONDS / 2) == ""
    assert watch.complaint(SILENT_SECONDS * 100) == ""  # the whole machine was frozen, the worker as well
    os.utime(run.worker_file, (5, 5))
    assert looked_at(watch, SILENT_SECONDS * 100, SILENT_SECONDS * 101) == ""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_worker_that_is_suspended_does_not_hang(run: RunFolder) -> None:
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    write_json(run.worker_file, {"pid": process.pid, "host": socket.gethostname(), "start": start_of(process.pid)})
    process.send_signal(signal.SIGSTOP)
    wait(run.worker_suspended)
    watch = Watch(run, 0.0)
    assert looked_at(watch, 0, 3 * SILENT_SECONDS) == ""
    process.send_signal(signal.SIGCONT)
    wait(lambda: not run.worker_suspended())
    assert "no sign of life" in looked_at(watch, 3 * SILENT_SECONDS, 4 * SILENT_SECONDS + 2)
    process.communicate()


def test_a_heartbeat_out_of_the_past_counts_as_one(run: RunFolder) -> None:
    watch = Watch(run, 0.0)
    watch.complaint(1.0)
    os.utime(run.worker_file, (5, 5))  # the clock was set back
    assert watch.complaint(SILENT_SECONDS + 2) == ""


def test_a_worker_that_should_have_stopped_hangs_sooner(run: RunFolder) -> None:
    watch = Watch(run, 0.0)
    run.write_control(Control("stopped"))
    assert looked_at(watch, 0, STOP_SECONDS) == ""
    assert "did not stop" in looked_at(watch, STOP_SECONDS, STOP_SECONDS + 3)
    run.write_control(Control("running"))
    assert looked_at(watch, STOP_SECONDS + 3, STOP_SECONDS + 4) == ""


def test_a_worker_that_hangs_is_ended_and_makes_room(hanging: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SILENT_SECONDS", 0.5)
    first, second = hanging.start(SMALL), hanging.start(SMALL)
    wait(lambda: hanging.status(first).state == "interrupted")
    assert "no sign of life" in hanging.failure(first)
    wait(lambda: hanging.status(second).state == "interrupted")
    assert hanging.queue() == []


def test_a_worker_that_does_not_stop_is_ended(hanging: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "STOP_SECONDS", 0.3)
    run = hanging.start(SMALL)
    wait(run.worker_file.exists)
    hanging.command(run.id, wish="stopped")
    wait(lambda: hanging.status(run).state == "interrupted")
    assert "did not stop" in hanging.failure(run)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_what_a_worker_has_forked_is_ended_with_it() -> None:
    program = "import os, time; child = os.fork(); child and print(child, flush=True); time.sleep(600)"
    process = begin((sys.executable, "-c", program), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as told:
        child = int(told.readline())
    kill(process)
    process.wait(10)
    assert process.stdin is not None
    process.stdin.close()
    wait(lambda: _state(child) in "XZ")


# A server with a run in training and a spare, that tells of both and dies.
SERVER = """
import os, signal, sys, time
from pathlib import Path
from dashboard.running.runs import Runs
from engine.rundir import RunFolder, read_json
from engine.presets import DEFAULT, PRESETS
runs = Runs(Path(sys.argv[1]))
run = runs.start(PRESETS[DEFAULT].config)
while runs.history(run).step < 1:
    time.sleep(0.02)
runs.keep_spare()
print(read_json(run.worker_file)["pid"], runs._workers._spares._spare._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_server_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    done = subprocess.run((sys.executable, "-c", SERVER, str(tmp_path)), cwd=PROJECT, stdout=subprocess.PIPE)
    worker, spare = (int(pid) for pid in done.stdout.split())
    wait(lambda: not _in_session(worker) and not _in_session(spare))


def _in_session(leader: int) -> list[int]:
    """Processes that a worker or a spare has left, itself included: it leads a session."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session, *_ = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(session) == leader and state not in "XZ":
            found.append(int(path.parent.name))
    return found


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"
