"""What is wrong with a run is said in plain words, and what exceeds a limit is refused with its name."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.running import room, troubles
from dashboard.running.runs import Runs
from dashboard.running.troubles import interruption, notes
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import Control, RunError, RunFolder, Status
from engine.snapshots import file_of

SMALL = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=500, validation_images=100),
    layers=(Flatten(), Dense(units=10)),
    epochs=10_000,
)
RUNNING = Status("running")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, SMALL, "run")


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Runs]:
    """Runs of which none ever begins to train: there are no workers."""
    made = Runs(tmp_path, most=1, worker=("/nonexistent",))
    made._queue._most = 0
    yield made
    made.close()


def test_all_is_well(run: RunFolder) -> None:
    run.log_file.write_text("")
    assert troubles.troubles(run, RUNNING) == []
    assert notes(run) == []


def test_a_full_disk(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(troubles, "free_bytes", lambda _: 4096)
    assert troubles.troubles(run, RUNNING) == [
        "The disk is full: less than 1 MB is free where the runs lie. It trains on, and writes what it has learned as "
        "soon as there is room. Delete runs that you no longer need."
    ]
    (said,) = troubles.troubles(run, Status("interrupted"))
    assert "What was saved before is safe." in said
    assert troubles.troubles(run, Status("ended", "finished")) == []


def test_a_folder_that_can_only_be_read(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    (said,) = troubles.troubles(run, RUNNING)
    assert "can only be read" in said


def test_a_worker_that_is_silent_or_suspended(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RunFolder, "silence", lambda _: 14.4)
    assert troubles.troubles(run, RUNNING) == ["It has given no sign of life for 14 s."]
    assert troubles.troubles(run, Status("interrupted")) == []
    monkeypatch.setattr(RunFolder, "worker_suspended", lambda _: True)
    (said,) = troubles.troubles(run, RUNNING)
    assert "suspended from outside" in said


def test_what_the_worker_says_in_its_log(run: RunFolder) -> None:
    run.log_file.write_text(
        "warning: snapshots cannot be kept, so the run cannot be rewound: Permission denied.\n"
        "warning: events cannot be written: No space left on device.\nover: events cannot be written.\n"
        "note: config.json of run x is damaged.\nsomething else\n"
    )
    (said,) = troubles.troubles(run, RUNNING)
    assert said == "Snapshots cannot be kept, so the run cannot be rewound: Permission denied."
    assert notes(run) == ["Config.json of run x is damaged."]


@pytest.mark.parametrize("line", ["note: mended.", "warning: full.", "over: full.", "ignored: batch_size", "", None])
def test_what_a_worker_said_while_it_worked_is_not_why_it_ended(run: RunFolder, line: str | None) -> None:
    if line is not None:
        run.log_file.write_text(f"{line}\n")
    assert troubles.last_words(run) == ""


def test_why_a_worker_ended(run: RunFolder) -> None:
    run.log_file.write_text("note: mended.\nerror: the data are gone.\n")
    assert troubles.last_words(run) == "the data are gone."
    run.log_file.write_text("Traceback\nKeyError: 'x'\n")
    assert troubles.last_words(run).startswith("The worker ended unexpectedly (KeyError: 'x').")


def test_from_where_an_interrupted_run_goes_on(run: RunFolder) -> None:
    assert interruption(run, "") == "Interrupted: its worker is gone. Continue begins it; nothing was saved before."
    run.latest.write_bytes(b"weights")
    assert interruption(run, "It was killed.").startswith("It was killed. Continue goes on from its newest weights")
    run.snapshots.mkdir()
    for step in (10, 1200):
        file_of(run, step).write_bytes(b"weights")
    assert interruption(run, "").endswith("Continue goes on from step 1,200, with the same result.")


# --- limits ------------------------------------------------------------------------------------------------------


def test_a_queue_that_is_full_takes_no_more(full: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_QUEUE", "2")
    full.start(SMALL)
    full.start(SMALL)
    with pytest.raises(
        RunError, match=r"3 runs would wait for a core or rest at .*; 2 are the most here \(limit INKLING_QUEUE\)"
    ):
        full.start(SMALL)
    assert len(list(full.root.iterdir())) == 2


def test_runs_count_with_all_that_they_may_come_to_take(full: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    short = replace(SMALL, epochs=10)
    most = room.largest_bytes(short)
    assert 1e6 < most < 1e8
    monkeypatch.setenv("INKLING_RUNS_BYTES", str(2 * most + 1000))
    full.start(short)
    full.start(short)
    with pytest.raises(RunError, match=r"All runs, with what this one may come to take.*\(limit INKLING_RUNS_BYTES\)"):
        full.start(short)
    assert len(list(full.root.iterdir())) == 2


def test_no_more_train_at_once_than_may(full: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_WORKERS", "3")
    with pytest.raises(RunError, match=r"4 runs would train .* 3 are the most here \(limit INKLING_WORKERS\)"):
        full.most = 4
    assert Runs(full.root).most == 3


def test_damaged_commands_do_not_keep_a_person_from_commanding(full: Runs) -> None:
    run = full.start(SMALL)
    run.control_file.write_text("{no json")
    full.command(run.id, wish="stopped")
    assert run.control() == Control("stopped", plan_lost=True)
    run.control_file.write_text("")
    full.change(run.id, {"optimizer.learning_rate": 0.01})
    assert run.control().settings == {"optimizer.learning_rate": 0.01}


def test_a_command_that_cannot_be_written_is_said(full: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    run = full.start(SMALL)
    monkeypatch.setattr(RunFolder, "put_control", refuse)
    with pytest.raises(RunError, match=r"cannot be commanded: Read-only file system\."):
        full.command(run.id, wish="paused")
