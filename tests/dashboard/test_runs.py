"""Runs start, wait for a core, are commanded, end, and are found again, through their folders alone."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.runs import Runs
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.optimizers import SGD
from engine.rundir import RunError, RunFolder, Status

SMALL = TrainingConfig(
    data=DataConfig(train_images=500, validation_images=100), layers=(Flatten(), Dense(units=10)),
    optimizer=SGD(learning_rate=0.01), batch_size=50, epochs=10_000,
)  # fmt: skip


def wait(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return when it is so; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def state(runs: Runs, run: RunFolder) -> str:
    return runs.status(run).state


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    made = Runs(tmp_path, most=1)
    yield made
    made.close()


def test_a_run_trains_pauses_goes_on_and_is_stopped(runs: Runs) -> None:
    run = runs.start(SMALL)
    wait(lambda: state(runs, run) == "running")
    runs.command(run.id, wish="paused")
    wait(lambda: state(runs, run) == "paused")
    step = runs.history(run).step
    runs.command(run.id, wish="running", until_step=step + 1)
    wait(lambda: runs.history(run).step == step + 1)
    wait(lambda: state(runs, run) == "paused")
    runs.command(run.id, wish="running", until_step=None)
    wait(lambda: runs.history(run).step > step + 1)
    runs.command(run.id, wish="stopped")
    wait(lambda: runs.status(run) == Status("ended", "stopped"))
    assert run.newest is not None


def test_a_live_change_arrives_and_keeps_the_earlier_ones(runs: Runs) -> None:
    run = runs.start(SMALL)
    wait(lambda: runs.history(run).step > 0)
    runs.change(run.id, {"optimizer.learning_rate": 0.02})
    runs.change(run.id, {"batch_size": 25})
    wait(lambda: {path for change in runs.history(run).changes for path in change.changes} == {
        "optimizer.learning_rate", "batch_size",
    })  # fmt: skip
    assert run.control().settings == {"optimizer.learning_rate": 0.02, "batch_size": 25}


def test_one_step_starts_a_run_that_pauses_after_it(runs: Runs) -> None:
    run = runs.start(SMALL, until_step=1)
    wait(lambda: state(runs, run) == "paused")
    assert runs.history(run).step == 1


def test_more_runs_than_cores_wait_and_follow_when_one_ends_or_pauses(runs: Runs) -> None:
    first, second, third = runs.start(SMALL), runs.start(SMALL), runs.start(SMALL)
    assert [state(runs, run) for run in (second, third)] == ["queued", "queued"]
    assert runs.place_in_queue(third.id) == 1
    runs.command(first.id, wish="stopped")
    wait(lambda: state(runs, second) == "running")
    runs.command(third.id, wish="stopped")
    assert runs.status(third) == Status("ended", "stopped")
    fourth = runs.start(SMALL)
    assert state(runs, fourth) == "queued"
    runs.command(second.id, wish="paused")
    wait(lambda: state(runs, fourth) == "running")


def test_when_the_server_goes_the_run_can_be_continued_by_the_next(runs: Runs, tmp_path: Path) -> None:
    run = runs.start(SMALL)
    wait(lambda: runs.history(run).step > 20)
    runs.close()
    later = Runs(tmp_path)
    found = later.open(run.id)
    assert later.status(found).state == "interrupted"
    step = later.history(found).step
    later.resume(run.id)
    with pytest.raises(RunError, match="trained already"):
        later.resume(run.id)
    wait(lambda: later.history(found).step > step)
    later.close()
    assert later.status(found).state == "interrupted"


def test_a_worker_that_fails_says_why(runs: Runs) -> None:
    run = runs.start(replace(SMALL, data=DataConfig(source="nowhere.npz")))
    wait(lambda: runs.status(run) == Status("ended", "failed"))
    assert "no data under 'nowhere.npz'" in runs.failure(run)


def test_a_worker_that_crashes_is_told_apart_from_one_that_was_interrupted(tmp_path: Path) -> None:
    program = "raise SystemExit('Segmentation fault')"
    runs = Runs(tmp_path, worker=(sys.executable, "-c", program))
    run = runs.start(SMALL)
    wait(lambda: state(runs, run) == "interrupted")
    assert "Segmentation fault" in runs.failure(run)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks for zombies in /proc")
def test_ended_workers_leave_no_zombies(runs: Runs) -> None:
    run = runs.start(replace(SMALL, epochs=1))
    wait(lambda: state(runs, run) == "ended")
    wait(lambda: not _children())


def _children() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text().rpartition(")")
        except OSError:
            continue
        if rest.split()[1] == str(os.getpid()) and rest.split()[0] == "Z":
            found.append(name)
    return found


def test_runs_of_a_shell_are_listed_newest_first(runs: Runs, tmp_path: Path) -> None:
    first = RunFolder.create(tmp_path, SMALL, "first")
    os.utime(first.config_file, (1, 1))
    RunFolder.create(tmp_path, SMALL, "second")
    assert [run.id for run in runs.newest(5)] == ["second", "first"]
    assert [run.id for run in runs.newest(1)] == ["second"]


@pytest.mark.parametrize("name", ["../etc", "", "a b", "no-such-run", "x" * 100, "a/b", "..\\x"])
def test_a_name_out_of_a_link_is_not_trusted(runs: Runs, name: str) -> None:
    with pytest.raises(RunError):
        runs.open(name)


def test_a_folder_that_cannot_be_written_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="no run can be written"):
        Runs(tmp_path / "file").start(SMALL)
