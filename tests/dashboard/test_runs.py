"""Runs start, wait for a core, are commanded, end, and are found again, through their folders alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.running import trash
from dashboard.running.runs import PROJECT, Runs
from engine.about import About, read_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.optimizers import SGD
from engine.rundir import RunError, RunFolder, Status
from tests.waiting import wait

SMALL = TrainingConfig(
    data=DataConfig(train_images=500, validation_images=100), layers=(Flatten(), Dense(units=10)),
    optimizer=SGD(learning_rate=0.01), batch_size=50, epochs=10_000,
)  # fmt: skip


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


def test_more_room_lets_waiting_runs_begin_at_once_and_less_stops_none(runs: Runs) -> None:
    first, second, third = runs.start(SMALL), runs.start(SMALL), runs.start(SMALL)
    assert runs.queue() == [second.id, third.id]
    runs.most = 2
    assert runs.queue() == [third.id]
    wait(lambda: state(runs, second) == "running")
    runs.most = 1
    wait(lambda: state(runs, first) == "running" and state(runs, second) == "running")
    assert state(runs, third) == "queued"
    with pytest.raises(RunError, match="at least 1"):
        runs.most = 0


def test_a_paused_run_waits_in_the_queue_when_there_is_no_room_to_go_on(runs: Runs) -> None:
    first = runs.start(SMALL)
    wait(lambda: runs.history(first).step > 0)
    runs.command(first.id, wish="paused")
    second = runs.start(SMALL)
    third = runs.start(SMALL)
    wait(lambda: state(runs, second) == "running")
    runs.command(first.id, wish="running", until_step=None)
    assert runs.queue() == [third.id, first.id]
    assert (state(runs, first), runs.place_in_queue(first.id)) == ("queued", 1)
    runs.command(first.id, wish="running", until_step=None)  # once more: it keeps its place, and still waits
    assert runs.queue() == [third.id, first.id]
    assert first.control().wish == "paused"
    runs.command(third.id, wish="stopped")
    step = runs.history(first).step
    runs.command(second.id, wish="stopped")
    wait(lambda: runs.history(first).step > step)
    assert state(runs, first) == "running"
    assert runs.queue() == []


def test_a_waiting_paused_run_that_is_paused_again_or_stopped_leaves_the_queue(runs: Runs) -> None:
    first = runs.start(SMALL)
    wait(lambda: runs.history(first).step > 0)
    runs.command(first.id, wish="paused")
    second = runs.start(SMALL)
    runs.command(first.id, wish="running")
    assert runs.queue() == [first.id]
    runs.command(first.id, wish="paused")
    assert runs.queue() == []
    wait(lambda: state(runs, first) == "paused")
    runs.command(first.id, wish="running")
    runs.command(first.id, wish="stopped")
    assert runs.queue() == []
    wait(lambda: state(runs, first) == "ended")
    runs.command(second.id, wish="stopped")


def test_a_step_by_hand_needs_no_room(runs: Runs) -> None:
    first = runs.start(SMALL, until_step=1)
    wait(lambda: state(runs, first) == "paused")
    second = runs.start(SMALL)
    wait(lambda: state(runs, second) == "running")
    runs.command(first.id, wish="running", until_step=2)
    wait(lambda: runs.history(first).step == 2)


def test_a_run_that_pauses_by_itself_makes_room(runs: Runs) -> None:
    first = runs.start(SMALL)
    wait(lambda: runs.history(first).step > 0)
    runs.command(first.id, wish="paused")
    second = runs.start(SMALL)
    wait(lambda: state(runs, second) == "running")
    third = runs.start(SMALL)
    assert state(runs, third) == "queued"
    runs.command(second.id, wish="running", until_step=1)  # reached long ago: it pauses at the next batch
    wait(lambda: state(runs, third) == "running")
    assert state(runs, second) == "paused"


def test_a_worker_that_cannot_be_started_does_not_hold_up_the_others(runs: Runs) -> None:
    first, second, third = runs.start(SMALL), runs.start(SMALL), runs.start(SMALL)
    second.log_file.mkdir()  # so that it cannot be written
    runs.command(first.id, wish="stopped")
    wait(lambda: state(runs, third) == "running")
    assert state(runs, second) == "interrupted"
    assert "could not be started" in runs.failure(second)


def test_a_deleted_run_is_gone_with_its_files_and_its_place_in_the_queue(runs: Runs, tmp_path: Path) -> None:
    first, second = runs.start(SMALL), runs.start(SMALL)
    wait(lambda: runs.history(first).step > 0)
    with pytest.raises(RunError, match="stop it first"):
        runs.delete(first.id)
    runs.delete(second.id)
    assert runs.queue() == []
    runs.command(first.id, wish="paused")
    wait(lambda: state(runs, first) == "paused")
    with pytest.raises(RunError, match="stop it first"):
        runs.delete(first.id)
    runs.command(first.id, wish="stopped")
    wait(lambda: state(runs, first) == "ended")
    wait(lambda: not runs._workers.at_work())
    runs.delete(first.id)
    assert list(tmp_path.iterdir()) == []
    assert runs.newest(5) == []
    with pytest.raises(RunError, match="may have been deleted"):
        runs.delete(first.id)


def test_a_run_of_the_same_name_as_a_deleted_one_begins_with_empty_curves(runs: Runs, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SMALL, "again")
    run.events_file.write_text('{"event": "RunEnded", "reason": "stopped"}\n')
    assert runs.history(run).ended is not None
    runs.delete("again")
    assert runs.history(RunFolder.create(tmp_path, SMALL, "again")).ended is None


def test_what_a_deletion_could_not_remove_is_not_listed_and_goes_with_the_next(runs: Runs, tmp_path: Path) -> None:
    left = tmp_path / trash.NAME / "old-1234"
    left.mkdir(parents=True)
    (left / "config.json").write_text("{}")
    RunFolder.create(tmp_path, SMALL, "another")
    assert [run.id for run in runs.newest(5)] == ["another"]
    runs.delete("another")
    assert not left.exists()


def test_a_run_in_a_shell_cannot_be_deleted(runs: Runs, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SMALL, "shell")
    command = [sys.executable, "-m", "engine.worker", str(run.path), "--watch-stdin"]
    worker = subprocess.Popen(command, cwd=PROJECT, stdin=subprocess.PIPE)
    wait(lambda: state(runs, run) == "running")
    with pytest.raises(RunError, match="stop it first"):
        runs.delete("shell")
    worker.communicate(timeout=20)


def test_what_is_said_of_a_run_is_there_from_its_start(runs: Runs) -> None:
    about = About(name="with momentum", group="race-1", kind="race")
    assert read_about(runs.start(SMALL, about=about)) == about


def test_a_fork_goes_on_from_a_snapshot_under_other_settings_and_names_its_parent(runs: Runs) -> None:
    parent = runs.start(SMALL)
    wait(lambda: runs.history(parent).step > 20)
    runs.command(parent.id, wish="stopped")
    wait(lambda: state(runs, parent) == "ended")
    other = replace(SMALL, optimizer=SGD(learning_rate=0.02))
    child = runs.fork(parent.id, 20, other)
    kept = read_about(child).parent_step
    assert read_about(child).parent == parent.id
    assert kept is not None
    assert 0 < kept <= 20
    wait(lambda: runs.history(child).step > kept)
    assert child.config() == other
    assert runs.history(child).batches["step"][0] == 1


def test_without_a_snapshot_there_is_no_fork(runs: Runs, tmp_path: Path) -> None:
    RunFolder.create(tmp_path, SMALL, "empty")
    with pytest.raises(RunError, match="kept no weights"):
        runs.fork("empty", 5, SMALL)


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
