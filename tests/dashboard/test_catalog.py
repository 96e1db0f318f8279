"""The table of runs: its figures, that it sees every change, and that it reads nothing twice."""

import json
import os
import time
from pathlib import Path

import pytest

from dashboard.comparing import catalog as catalog_module
from dashboard.comparing import gist as gist_module
from dashboard.comparing.catalog import Catalog, Summary
from dashboard.comparing.gist import TRAIL, Gist
from dashboard.running.runs import Runs
from engine import rundir
from engine.about import About, write_about
from engine.config import TrainingConfig
from engine.liveness import Heartbeats
from engine.rundir import Control, RunFolder, write_json

STARTED = {"event": "RunStarted", "step": 0, "epoch": 0.0, "seconds": 0.0, "parameters": 9466}
STARTED |= {"steps_per_epoch": 10, "total_steps": 30, "train_images": 640, "validation_images": 1000}


def batches(step, seconds=None):
    columns = {name: [1.0] for name in ("loss", "accuracy", "learning_rate", "gradient_norm")}
    place = {"step": [step], "epoch": [step / 10], "seconds": seconds or step / 10}
    return {"event": "Batches"} | columns | place


def epoch(step, accuracy, best=True):
    place = {"step": step, "epoch": step / 10, "seconds": step / 10}
    others = {"train_loss": 1.0, "train_accuracy": 0.5, "validation_loss": 1.0}
    return {"event": "EpochDone", "validation_accuracy": accuracy, "best": best} | others | place


def look(step, accuracy):
    return {"event": "Validated", "accuracy": accuracy, "step": step, "epoch": step / 10, "seconds": step / 10}


def ended(step, test):
    place = {"step": step, "epoch": step / 10, "seconds": step / 10}
    return {"event": "RunEnded", "reason": "finished", "test_accuracy": test} | place


def append(run: RunFolder, *events: dict) -> None:
    with run.events_file.open("a") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)


def write_whole(run: RunFolder) -> None:
    """A run of three epochs that has ended."""
    write_json(run.worker_file, {"pid": 1, "host": "another", "start": "1"})
    append(run, STARTED, batches(5), look(5, 0.5), batches(10), epoch(10, 0.9), batches(20), epoch(20, 0.95))
    append(run, batches(30), epoch(30, 0.94, best=False), ended(30, 0.93))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path)


def one(catalog: Catalog) -> Summary:
    (summary,), unread = catalog.look()
    assert unread == 0
    return summary


def test_a_run_that_has_ended_in_figures(runs: Runs) -> None:
    run = RunFolder.create(runs.root, TrainingConfig(), "whole")
    write_whole(run)
    found = one(Catalog(runs))
    assert (found.id, found.name, found.words) == ("whole", "whole", "lenet · Adam 0.001 · batch 64")
    assert (found.state, found.outcome, found.going) == ("ended", "finished", False)
    assert (found.step, found.epoch, found.epochs_done, found.seconds) == (30, 3.0, 3, 3.0)
    assert (found.best, found.newest, found.test, found.parameters) == (0.95, 0.94, 0.93, 9466)
    assert found.trail == (0.9, 0.95, 0.94)


def test_a_run_that_nobody_took_knows_its_parameters_and_settings(runs: Runs) -> None:
    RunFolder.create(runs.root, TrainingConfig(), "new")
    found = one(Catalog(runs))
    assert found.parameters == 11_978
    assert found.state == "interrupted"  # it is in nobody's queue
    assert found.best is found.test is None


def test_every_change_is_seen(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunFolder.create(runs.root, TrainingConfig(), "seen")
    catalog = Catalog(runs)
    assert one(catalog).name == "seen"
    write_about(run, About(name="mine", starred=True, note="good"))
    assert one(catalog).about == About(name="mine", starred=True, note="good")
    run.write_control(Control(settings={"batch_size": 128}))
    assert one(catalog).words == "lenet · Adam 0.001 · batch 128"
    write_json(run.worker_file, {"pid": 1, "host": "another", "start": "1"})
    append(run, STARTED, batches(7))
    assert (one(catalog).state, one(catalog).step) == ("running", 7)  # its host was heard of a moment ago
    monkeypatch.setattr(rundir, "BEATS", Heartbeats())
    os.utime(run.worker_file, (1, 1))
    assert one(catalog).state == "interrupted"
    append(run, ended(8, 0.9))
    assert one(catalog).outcome == "finished"
    runs.delete("seen")
    assert catalog.look() == ([], 0)


def test_the_newest_comes_first(runs: Runs) -> None:
    for number, name in enumerate(("b", "a", "c")):
        os.utime(RunFolder.create(runs.root, TrainingConfig(), name).config_file, (number, number + 1))
    assert [each.id for each in Catalog(runs).look()[0]] == ["c", "a", "b"]


def test_what_has_ended_is_never_read_again(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        write_whole(RunFolder.create(runs.root, TrainingConfig(), name))
    catalog = Catalog(runs)
    before = catalog.look()
    monkeypatch.setattr(Gist, "update", lambda *_: pytest.fail("read again"))
    monkeypatch.setattr(catalog_module, "read_about", lambda *_: pytest.fail("read again"))
    assert catalog.look() == before


def test_many_runs_are_read_in_several_looks_and_none_is_lost(runs: Runs) -> None:
    for number in range(5):
        write_whole(RunFolder.create(runs.root, TrainingConfig(), f"run{number}"))
    catalog = Catalog(runs)
    assert catalog.look(patience=-1.0) == ([], 5)
    found, unread = catalog.look()
    assert (len(found), unread) == (5, 0)


def test_a_long_file_is_read_in_several_goes(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(RunFolder.create(runs.root, TrainingConfig(), "long"))
    whole = one(Catalog(runs))
    monkeypatch.setattr(gist_module, "MOST_BYTES", 300)
    catalog = Catalog(runs)
    looks = 1
    while catalog.look()[1]:
        looks += 1
        assert looks < 50
    assert looks > 3
    assert one(catalog) == whole


def test_500_runs_that_have_ended_cost_next_to_nothing(runs: Runs) -> None:
    for number in range(500):
        run = RunFolder(runs.root / f"run{number}")
        run.path.mkdir()
        run.config_file.write_text("{}")
        append(run, STARTED, ended(1, 0.5))
        run.worker_file.write_text("{}")
    catalog = Catalog(runs)
    while catalog.look()[1]:
        pass
    start = time.perf_counter()
    assert len(catalog.look()[0]) == 500
    assert time.perf_counter() - start < 0.5  # measured 0.005: no file is opened


@pytest.mark.parametrize("text", ["{", "[]", '{"optimizer": "Magic"}'])
def test_a_damaged_run_is_listed_with_what_is_wrong(runs: Runs, text: str) -> None:
    run = RunFolder.create(runs.root, TrainingConfig(), "damaged")
    run.config_file.write_text(text)
    run.events_file.write_bytes(b'{"event": "Batches"\n{"event": [1]}\n\xff\n{"event": "EpochDone", "step": "x"}\n[]\n')
    found = one(Catalog(runs))
    assert found.config is None
    assert "config.json" in found.words


def test_other_things_in_the_folder_are_no_runs(runs: Runs) -> None:
    (runs.root / "empty").mkdir()
    (runs.root / ".hidden").mkdir()
    (runs.root / "file").write_text("x")
    assert Catalog(runs).look() == ([], 0)
    assert Catalog(Runs(runs.root / "nowhere")).look() == ([], 0)


def test_what_was_told_beyond_the_step_of_a_new_start_is_void(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    lines = [
        STARTED,
        epoch(10, 0.9),
        epoch(20, 0.99),
        batches(25),
        STARTED | {"step": 10, "epoch": 1.0, "seconds": 1.0},
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    gist = Gist()
    gist.update(file)
    assert (gist.step, gist.epoch, gist.seconds, gist.best, gist.epochs_done) == (10, 1.0, 1.0, 0.9, 1)


def test_half_a_line_waits_for_the_other_half(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    text = json.dumps(STARTED) + "\n" + json.dumps(epoch(10, 0.9)) + "\n"
    gist = Gist()
    for length in (0, 10, len(text) - 5, len(text)):
        file.write_text(text[:length])
        gist.update(file)
        assert gist.best == (0.9 if length == len(text) else None)


def test_the_small_curve_has_few_points_and_ends_with_the_newest(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("".join(json.dumps(epoch(10 * number, number / 1000)) + "\n" for number in range(1, 300)))
    gist = Gist()
    gist.update(file)
    assert len(gist.trail) == TRAIL
    assert gist.trail[-1] == 0.299
    assert list(gist.trail) == sorted(gist.trail)
