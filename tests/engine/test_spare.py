"""The spare: a worker that was made ready before there was a run; the same bits as one that was not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.checkpoint import read_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Dropout, Flatten, ReLU
from engine.rundir import RunFolder, Status

ROOT = Path(__file__).resolve().parents[2]
SMALL = TrainingConfig(
    data=DataConfig(train_images=300, validation_images=50),
    layers=(Flatten(), Dense(units=12), ReLU(), Dropout(drop=0.2), Dense(units=10)), batch_size=50, epochs=2,
)  # fmt: skip
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts modules of the engine, and makes sure that none is left."""
    processes = []

    def begin(*arguments: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", *arguments]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe)
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def curves(run: RunFolder) -> list[list[float]]:
    """What was told of the batches, times left out."""
    lines = [json.loads(line) for line in run.events_file.read_text().splitlines() if line]
    batches = [line for line in lines if line["event"] == "Batches"]
    return [[value for line in batches for value in line[name]] for name in ("step", "loss", "gradient_norm")]


def test_a_spare_trains_a_run_to_the_same_bits_as_a_worker(start: Start, tmp_path: Path) -> None:
    fresh, spared = (RunFolder.create(tmp_path, SMALL, name) for name in ("fresh", "spared"))
    assert start("engine.worker", str(fresh.path)).wait(60) == 0
    spare = start("engine.spare")
    assert spare.stdin is not None
    assert spare.stdout is not None
    assert spare.stdout.readline() == b"ready\n"
    spare.stdin.write(os.fsencode(spared.path) + b"\n")
    spare.stdin.flush()
    assert spare.wait(60) == 0
    assert spared.status() == Status("ended", "finished")
    assert curves(spared) == curves(fresh)
    ours, theirs = (read_checkpoint(run.newest or run.latest) for run in (spared, fresh))
    assert ours.params.keys() == theirs.params.keys()
    assert all(np.array_equal(ours.params[name], theirs.params[name]) for name in ours.params)


def test_a_spare_that_nobody_needs_ends_with_its_standard_input(start: Start) -> None:
    spare = start("engine.spare")
    spare.communicate(timeout=60)
    assert spare.returncode == 0


def test_a_path_without_an_end_is_no_run(start: Start, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SMALL, "run")
    spare = start("engine.spare")
    spare.communicate(os.fsencode(run.path), timeout=60)
    assert spare.returncode == 0
    assert not run.worker_file.exists()


def test_a_spare_leaves_its_run_when_the_server_goes(start: Start, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SMALL, "run")
    run.write_control(type(run.control())(wish="paused"))
    spare = start("engine.spare")
    spare.communicate(os.fsencode(run.path) + b"\n", timeout=60)
    assert spare.returncode == 0
    assert run.status() == Status("interrupted")


def test_what_a_spare_complains_of_is_in_the_log_of_its_run(start: Start, tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, SMALL, "run")
    run.config_file.write_text("{")
    spare = start("engine.spare")
    spare.communicate(os.fsencode(run.path) + b"\n", timeout=60)
    assert spare.returncode == 1
    assert "config.json of run run is damaged" in run.log_file.read_text()


def test_a_run_that_was_deleted_meanwhile_ends_the_spare_in_order(start: Start, tmp_path: Path) -> None:
    spare = start("engine.spare")
    _, complaint = spare.communicate(os.fsencode(tmp_path / "gone") + b"\n", timeout=60)
    assert spare.returncode == 1
    assert b"there is no run gone" in complaint
