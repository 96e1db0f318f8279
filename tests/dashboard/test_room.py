"""Whatever lets a run write again asks first whether there is room: each door, each limit, and the disk itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.running import room
from dashboard.running.ownership import digest, new_secret
from dashboard.running.runs import Runs
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import Control, RunError, RunFolder
from engine.snapshots import file_of
from engine.travel import TravelError, pack
from engine.worker import main as worker

SMALL = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=500, validation_images=100),
    layers=(Flatten(), Dense(units=10)),
    epochs=2,
)
Door = Callable[[Runs], object]


class Somebody:
    """One visitor, to whom every run belongs."""

    def __init__(self) -> None:
        self._owner = digest(new_secret())

    def owner(self) -> str:
        return self._owner

    def sees(self, run: RunFolder) -> bool:
        return True

    def may_open(self, run: RunFolder) -> bool:
        return True


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    """With a run "left" that was interrupted, a run "done" that has ended; no worker ever begins."""
    made = Runs(tmp_path / "runs", most=1, worker=("/nonexistent",), visitor=Somebody())
    made._queue._most = 0
    done = RunFolder.create(made.root, SMALL, "done")
    assert worker([str(done.path)]) == 0
    RunFolder.create(made.root, SMALL, "left")
    pack(done, tmp_path / "run.zip")
    yield made
    made.close()


def new(runs: Runs) -> object:
    return runs.start(SMALL)


def go_on(runs: Runs) -> object:
    return runs.resume("left")


def fork(runs: Runs) -> object:
    return runs.fork("done", 5, replace(SMALL, epochs=3))


def bring_in(runs: Runs) -> object:
    return runs.receiver()(runs.root.parent / "run.zip", "run.zip", "")


ALL: tuple[Door, ...] = (new, go_on, fork, bring_in)
TRAINING: tuple[Door, ...] = (new, go_on, fork)


def refused(runs: Runs, door: Door, said: str) -> None:
    """It is, in words, and nothing has changed."""
    before, control = sorted(runs.root.iterdir()), (runs.root / "left" / "control.json").read_bytes()
    waiting = runs.queue()
    with pytest.raises((RunError, TravelError), match=said):
        door(runs)
    assert sorted(runs.root.iterdir()) == before
    assert (runs.root / "left" / "control.json").read_bytes() == control
    assert runs.queue() == waiting


@pytest.mark.parametrize("door", ALL)
def test_where_there_is_room_every_door_is_open(runs: Runs, door: Door) -> None:
    door(runs)
    assert len(runs.queue()) == (0 if door is bring_in else 1)


@pytest.mark.parametrize("door", ALL)
def test_a_full_disk_closes_every_door(runs: Runs, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "free_bytes", lambda _: 300_000)
    refused(runs, door, r"has 0\.286 MB left; saving this run takes .* MB\. Delete runs that you no longer need\.")


@pytest.mark.parametrize("door", ALL)
def test_what_all_runs_may_take_closes_every_door(runs: Runs, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_RUNS_BYTES", "100K")
    refused(runs, door, r"All runs.* would take .*\(limit INKLING_RUNS_BYTES\)")


@pytest.mark.parametrize("door", TRAINING)
def test_a_full_queue_closes_every_door_to_training(runs: Runs, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.start(SMALL)
    monkeypatch.setenv("INKLING_QUEUE", "1")
    refused(runs, door, r"2 runs would wait for a core or rest at a pause; 1 is the most here \(limit INKLING_QUEUE\)")


def test_a_person_has_so_many_runs_however_they_begin(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INKLING_RUNS_EACH", "1")
    run = runs.start(SMALL)
    for door in (new, fork):
        refused(runs, door, r"2 runs of yours would train or wait.*\(limit INKLING_RUNS_EACH\)")
    runs.resume("left")  # it belongs to nobody
    runs.command(run.id, wish="stopped")
    again = runs.start(SMALL)
    with pytest.raises(RunError, match="INKLING_RUNS_EACH"):
        runs.resume(run.id)
    assert runs.queue() == ["left", again.id]


@pytest.mark.parametrize("door", TRAINING)
def test_networks_that_are_too_large_here_are_not_begun(
    runs: Runs, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_PARAMETERS", "1000")
    refused(runs, door, r"The network has 2,570 parameters; 1,000 are the most here \(limit INKLING_PARAMETERS\)")


def test_a_run_counts_once_when_it_is_continued(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = sum(path.stat().st_size for path in (runs.root / "done").rglob("*") if path.is_file())
    monkeypatch.setenv("INKLING_RUNS_BYTES", str(room.largest_bytes(SMALL) + taken + 1000))
    runs.resume("left")
    assert runs.queue() == ["left"]


def test_snapshots_give_way_to_the_newest_weights(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    free = room.FEWEST_BYTES + 100
    monkeypatch.setattr(room, "free_bytes", lambda _: free)
    refused(runs, go_on, "saving this run takes")
    left = runs.open("left")
    left.snapshots.mkdir()
    file_of(left, 3).write_bytes(bytes(room.largest_bytes(SMALL)))
    runs.resume("left")


def test_a_run_whose_settings_are_damaged_is_continued(runs: Runs) -> None:
    (runs.root / "left" / "config.json").write_text("{")
    runs.resume("left")
    assert runs.queue() == ["left"]


def test_changes_while_it_trains_are_held_against_the_limits(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.start(replace(SMALL, batch_size=8))
    monkeypatch.setenv("INKLING_RUNS_BYTES", str(room.largest_bytes(SMALL) * 4))
    monkeypatch.setenv("INKLING_MEMORY_BYTES", "1M")
    for change, limit in (({"epochs": 9_999}, "INKLING_RUNS_BYTES"), ({"batch_size": 4096}, "INKLING_MEMORY_BYTES")):
        with pytest.raises(RunError, match=rf"\(limit {limit}\)"):
            runs.change(run.id, change)
    assert run.control() == Control()
    runs.change(run.id, {"epochs": 1})
    assert run.control().settings == {"epochs": 1}


def test_changed_settings_count_for_those_that_come_later(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = runs.start(SMALL)
    runs.change(run.id, {"epochs": 9_999})
    monkeypatch.setenv("INKLING_RUNS_BYTES", str(room.largest_bytes(SMALL) * 3))
    refused(runs, new, "INKLING_RUNS_BYTES")
