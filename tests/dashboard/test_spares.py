"""A spare worker makes a run begin sooner, is replaced after use, and is never left behind."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.running import spares, workers
from dashboard.running.runs import Runs
from dashboard.running.spares import Spare, Spares
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder, read_json
from tests.waiting import wait

SMALL = TrainingConfig(
    data=DataConfig(train_images=500, validation_images=100), layers=(Flatten(), Dense(units=10)), batch_size=50,
    epochs=10_000,
)  # fmt: skip


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Spare]]:
    """All spares that were made, the next one soon after use; none may be left at the end."""
    found: list[Spare] = []

    class Noted(Spare):
        def __init__(self, gently: bool) -> None:
            super().__init__(gently)
            found.append(self)

    monkeypatch.setattr(spares, "Spare", Noted)
    monkeypatch.setattr(spares, "RENEW_SECONDS", 0.2)
    yield found
    wait(lambda: not any(spare.alive for spare in found))


@pytest.fixture
def runs(tmp_path: Path, made: list[Spare]) -> Iterator[Runs]:
    kept = Runs(tmp_path, most=2)
    kept.keep_spare()
    yield kept
    kept.close()


def pid(spare: Spare) -> int:
    return spare._process.pid


def worker_of(run: RunFolder) -> int:
    wait(run.worker_file.exists)
    return int(read_json(run.worker_file)["pid"])


def test_the_next_run_is_the_spares_and_another_takes_its_place(runs: Runs, made: list[Spare]) -> None:
    wait(lambda: made[0].ready)
    run = runs.start(SMALL)
    assert worker_of(run) == pid(made[0])
    wait(lambda: len(made) == 2)
    assert runs.status(run).state in ("starting", "running")
    runs.command(run.id, wish="stopped")
    wait(lambda: runs.status(run).state == "ended")


def test_who_asks_for_the_curves_right_after_the_start_gets_the_first_batch(
    runs: Runs, made: list[Spare], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PROMPT_SECONDS", 30.0)
    wait(lambda: made[0].ready)
    run = runs.start(SMALL)
    assert runs.history(run).step > 0
    runs.command(run.id, wish="stopped")


def test_a_run_that_is_to_pause_at_its_start_is_not_waited_for(
    runs: Runs, made: list[Spare], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "PROMPT_SECONDS", 3600.0)
    wait(lambda: made[0].ready)
    run = runs.start(SMALL, until_step=0)
    assert runs.history(run).paused


def test_a_spare_that_is_still_loading_is_given_only_where_nothing_else_trains(made: list[Spare]) -> None:
    kept, folder = Spares(), RunFolder(Path("nowhere"))
    kept.keep()
    made[0]._ready.clear()
    assert kept.give(folder, alone=False) is None
    assert kept.give(folder, alone=True) is made[0]._process
    kept.close()
    made[0].close()


def test_a_spare_that_has_died_is_no_loss(runs: Runs, made: list[Spare]) -> None:
    made[0]._process.kill()
    wait(lambda: not made[0].alive)
    run = runs.start(SMALL)
    assert worker_of(run) != pid(made[0])
    wait(lambda: len(made) == 2)


def test_without_a_wish_for_one_there_is_none(tmp_path: Path, made: list[Spare]) -> None:
    plain = Runs(tmp_path)
    run = plain.start(SMALL)
    worker_of(run)
    plain.close()
    assert made == []


def test_after_closing_none_is_made(tmp_path: Path, made: list[Spare]) -> None:
    short = Runs(tmp_path)
    short.keep_spare()
    run = short.start(SMALL)
    worker_of(run)
    short.close()
    count = len(made)
    time.sleep(0.4)
    assert len(made) == count
    assert short.status(run).state == "interrupted"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="looks into /proc")
def test_a_spare_has_ended_when_closing_returns(tmp_path: Path, made: list[Spare]) -> None:
    short = Runs(tmp_path)
    short.keep_spare()
    short.close()
    assert not Path(f"/proc/{pid(made[0])}").exists()
