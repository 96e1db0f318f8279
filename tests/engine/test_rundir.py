"""The run folder: names, whole files, and what can be told from the files alone."""

import os
import sys
import threading
import time

import pytest

from engine import rundir
from engine.config import TrainingConfig
from engine.files import NOTE, Attempts, locked, told_in
from engine.rundir import (
    Control,
    RunError,
    RunFolder,
    Status,
    read_json,
    replace_file,
    runs,
    write_json,
)


def test_a_new_run_holds_its_config_and_waits_for_a_worker(run):
    assert run.config() == TrainingConfig(seed=7)
    assert run.control() == Control("running")
    assert run.status().state == "queued"
    assert not run.status().busy
    assert run.newest is None
    assert sorted(path.name for path in run.path.iterdir()) == ["config.json", "control.json"]


@pytest.mark.parametrize(
    ("state", "trains", "busy", "going"),
    [
        ("queued", False, False, True),
        ("starting", True, True, True),
        ("running", True, True, True),
        ("paused", False, True, True),
        ("interrupted", False, False, False),
        ("ended", False, False, False),
    ],
)
def test_a_status_says_whether_weights_change_whether_a_worker_is_at_it_and_whether_it_goes_on(
    state, trains, busy, going
):
    status = Status(state)
    assert (status.trains, status.busy, status.going) == (trains, busy, going)


def test_names_are_made_up_where_none_is_given_and_never_taken_twice(tmp_path, run):
    first, second = (RunFolder.create(tmp_path, TrainingConfig()) for _ in range(2))
    assert first.id != second.id
    with pytest.raises(RunError, match="first exists already"):
        RunFolder.create(tmp_path, TrainingConfig(), "first")


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "a/b",
        "../a",
        "/etc",
        "a\\b",
        "a b",
        "-a",
        "_a",
        "a.b",
        "a\n",
        "a\0",
        "é",
        "a" * 81,
        "%2e%2e",
        "~",
        "C:",
    ],
)
def test_names_that_could_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(RunError, match="letters, digits, - and _"):
        RunFolder.create(tmp_path / "runs", TrainingConfig(), name)
    with pytest.raises(RunError, match="letters, digits, - and _"):
        RunFolder.open(tmp_path / "runs", name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", None, 3, ["a"]])
def test_what_is_no_name_at_all_is_refused_from_a_link(tmp_path, name):
    with pytest.raises(RunError, match="no run's name"):
        RunFolder.open(tmp_path, name)


def test_a_run_that_cannot_be_filled_leaves_no_folder(tmp_path):
    def fail(run):
        run.latest.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        RunFolder.create(tmp_path, TrainingConfig(), "half", fail)
    assert list(tmp_path.iterdir()) == []


def test_opening_a_run_that_is_not_there_says_so(tmp_path, run):
    assert RunFolder.open(tmp_path, "first").config() == run.config()
    with pytest.raises(RunError, match="there is no run gone"):
        RunFolder.open(tmp_path, "gone")
    (tmp_path / "half").mkdir()  # a folder whose config was not written yet
    with pytest.raises(RunError, match="there is no run half"):
        RunFolder.open(tmp_path, "half")


def test_runs_are_listed_newest_first_and_only_complete_ones(tmp_path, run):
    RunFolder.create(tmp_path, TrainingConfig(), "second")
    os.utime(run.config_file, (1, 1))
    (tmp_path / "half").mkdir()
    (tmp_path / "file").write_text("")
    assert [each.id for each in runs(tmp_path)] == ["second", "first"]
    assert runs(tmp_path / "nowhere") == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})

    def fail(temporary):
        temporary.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(path, fail)
    with pytest.raises(ValueError, match="JSON"):
        write_json(path, {"a": float("nan")})
    assert read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_threads_that_write_one_file_at_once_never_mix_or_fail(tmp_path):
    path, errors = tmp_path / "x.json", []

    def write(number):
        try:
            for _ in range(40):
                write_json(path, [number] * 2000)
                assert len(set(read_json(path))) == 1
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_damaged_json_is_told_as_such(run, text):
    run.config_file.write_text(text)
    with pytest.raises(RunError, match=r"config\.json of run first is damaged"):
        run.config()
    run.config_file.write_bytes(b"\xff\xfe")
    with pytest.raises(RunError, match="damaged"):
        run.config()
    run.config_file.unlink()
    with pytest.raises(RunError, match="cannot be read"):
        run.config()


def test_a_config_with_wrong_settings_names_the_setting(run):
    write_json(run.config_file, {"batch_size": 0})
    with pytest.raises(RunError, match=r"config\.json of run first: batch_size: must be from 1 to 4096; got 0"):
        run.config()


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ([], "wish"),
        ({}, "wish"),
        ({"wish": "dance"}, "one of running, paused, stopped; got"),
        ({"wish": ["running"]}, "wish"),
        ({"wish": "running", "settings": []}, "settings must be an object"),
        ({"wish": "running", "steps_per_second": -1}, "steps_per_second"),
        ({"wish": "running", "steps_per_second": True}, "steps_per_second"),
        ({"wish": "running", "steps_per_second": "2"}, "steps_per_second"),
        ({"wish": "running", "steps_per_second": float("nan")}, "steps_per_second"),
        ({"wish": "running", "steps_per_second": 10**400}, "steps_per_second"),
        ({"wish": "running", "until_step": 1.5}, "until_step"),
        ({"wish": "running", "until_step": False}, "until_step"),
        ({"wish": "running", "until_epoch": "1"}, "until_epoch must be a number from 0 or null; got '1'"),
        ({"wish": "running", "until_epoch": True}, "until_epoch"),
        ({"wish": "running", "until_epoch": -0.5}, "until_epoch"),
        ({"wish": "running", "until_epoch": float("nan")}, "until_epoch"),
        ({"wish": "running", "until_epoch": 10**400}, "until_epoch"),
    ],
)
def test_a_control_that_means_nothing_is_refused(data, match):
    with pytest.raises(RunError, match=match):
        Control.from_json(data)


def test_a_control_is_read_back_as_it_was_written(run):
    control = Control("paused", {"optimizer.learning_rate": 0.1}, 2.5, 40, 3.5)
    run.write_control(control)
    assert run.control() == control
    assert Control.from_json({"wish": "paused", "note": "unknown keys are left alone"}) == Control("paused")


def test_an_attempt_that_fails_is_said_once_for_each_kind(capsys):
    def fail():
        raise OSError(28, "No space left on device")

    attempts = Attempts()
    assert attempts("first", lambda: None)
    assert not attempts("first", fail)
    assert not attempts("first", fail)
    assert not attempts("second", fail)
    assert (
        capsys.readouterr().err
        == "warning: first: No space left on device.\nwarning: second: No space left on device.\n"
    )
    assert attempts("first", lambda: None)  # it works again
    assert attempts("first", lambda: None)
    assert not attempts("first", fail)
    assert capsys.readouterr().err == "over: first.\nwarning: first: No space left on device.\n"


def test_of_two_workers_that_claim_a_run_at_once_the_second_looks_when_the_first_has_it(run, monkeypatch):
    write, waited = rundir.write_json, []

    def slowly(path, data):
        second = threading.Thread(target=lambda: (RunFolder(run.path).claim(), waited.append("over")))
        monkeypatch.setattr(rundir, "write_json", write)
        second.start()
        second.join(0.2)
        waited.append("first")
        write(path, data)

    monkeypatch.setattr(rundir, "write_json", slowly)
    run.claim()
    deadline = time.monotonic() + 10
    while len(waited) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert waited == ["first", "over"]


def test_what_a_killed_worker_was_writing_is_removed_when_the_run_goes_on(run):
    run.snapshots.mkdir()
    halves = [run.path / "latest.npz.7-7.tmp", run.snapshots / "000000003.npz.7-7.tmp"]
    for path in [*halves, run.latest]:
        path.write_bytes(b"half")
    run.claim()
    assert not any(path.exists() for path in halves)
    assert run.latest.exists()


def test_on_a_full_disk_commands_are_written_over_the_old_ones(run, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    run.write_control(Control(settings={"batch_size": 32}, until_epoch=3.5))
    monkeypatch.setattr(rundir, "write_json", full)
    run.write_control(Control("paused"))
    assert run.control() == Control("paused")
    run.write_control(Control("running", {"optimizer.learning_rate": 0.25, "batch_size": 128}))  # longer
    assert run.control() == Control("running", {"optimizer.learning_rate": 0.25, "batch_size": 128})
    run.control_file.unlink()
    with pytest.raises(OSError, match="No space left"):
        run.write_control(Control())


def test_what_a_log_says_to_people(capsys):
    def fail():
        raise OSError(28, "No space left on device")

    attempts = Attempts()
    attempts("events cannot be written", fail)
    attempts("the best weights cannot be written", fail)
    attempts("events cannot be written", lambda: None)
    attempts.say("few snapshots are kept", "2 of 5", NOTE)
    log = "error: first\n" + capsys.readouterr().err + "Traceback\n"
    assert told_in(log) == (["the best weights cannot be written: No space left on device."],
                            ["few snapshots are kept: 2 of 5."])  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such locks")
def test_a_command_waits_until_who_mends_the_file_is_done(run):
    """Else a worker that found it damaged could write its older wishes over it."""
    with locked(run.path):
        command = threading.Thread(target=run.write_control, args=(Control("stopped"),))
        command.start()
        command.join(0.2)
        assert command.is_alive()
        run.put_control(Control("paused"))
    command.join()
    assert run.control().wish == "stopped"
