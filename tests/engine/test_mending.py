"""What is left of a damaged run folder, put in order: settings, commands, and weights of an older moment."""

import zipfile
from dataclasses import replace

import pytest

from engine import recording
from engine.checkpoint import CheckpointError, read_checkpoint
from engine.forking import fork
from engine.mending import mend, newest_readable, recovered_control
from engine.rundir import Control, RunError, RunFolder
from engine.snapshots import snapshots
from engine.worker import Session


@pytest.fixture
def interrupted(tiny, tmp_path, monkeypatch):
    """A run with a live change that was left at step 6 of 8, with a snapshot of every step."""
    monkeypatch.setattr(recording, "SAVE_GRACE", 1e9)
    run = RunFolder.create(tmp_path, tiny, "first")
    run.write_control(Control(settings={"optimizer.learning_rate": 0.01}))
    session = Session(run)
    for event in session.events():
        if event.step == 6:
            session.leave.set()
    return run


def bits(run):
    return {name: array.tobytes() for name, array in read_checkpoint(run.final).params.items()}


@pytest.fixture
def whole(tiny, tmp_path):
    """The bits that it comes to when nothing is damaged."""
    run = RunFolder.create(tmp_path, tiny, "whole")
    run.write_control(Control(settings={"optimizer.learning_rate": 0.01}))
    for _ in Session(run).events():
        pass
    return bits(run)


def test_a_folder_in_order_is_left_alone(interrupted):
    before = {path.name: path.read_bytes() for path in interrupted.path.glob("*.*")}
    found = mend(interrupted)
    assert found.saved is not None
    assert (found.saved.position.step, found.notes) == (6, ())
    assert {path.name: path.read_bytes() for path in interrupted.path.glob("*.*")} == before


@pytest.mark.parametrize(
    "name", ["latest.npz", "config.json", "control.json", "best.npz", "events.jsonl", "worker.json"]
)
@pytest.mark.parametrize("what", ["empty", "cut", "zeros", "noise"])
def test_whatever_file_is_damaged_the_run_comes_to_the_same_bits(interrupted, whole, name, what, capsys):
    path = interrupted.path / name
    data = path.read_bytes() if path.exists() else b"x" * 100
    path.write_bytes(
        {"empty": b"", "cut": data[: len(data) // 2], "zeros": bytes(len(data)), "noise": b"\xff{" * 50}[what]
    )
    for _ in Session(interrupted).events():
        pass
    assert bits(interrupted) == whole
    assert interrupted.status().reason == "finished"
    said = capsys.readouterr().err
    if name in ("latest.npz", "config.json", "control.json"):
        assert said.count("note: ") == 1
        assert name in said
    interrupted.config()
    interrupted.control()


def test_the_newest_snapshot_that_can_be_read_takes_the_place_of_damaged_weights(interrupted):
    interrupted.latest.write_bytes(b"")  # one file under two names: the snapshot of its step goes with it
    found = newest_readable(interrupted)
    assert found.saved is not None
    assert found.saved.position.step < 6
    assert found.notes[0].startswith("The newest weights could not be used: latest.npz")
    assert f"went on from the snapshot of step {found.saved.position.step}" in found.notes[0]


def test_weights_that_are_gone_are_said_to_be(interrupted):
    interrupted.latest.unlink()
    found = newest_readable(interrupted)
    assert found.saved is not None
    assert (found.saved.position.step, "latest.npz was gone" in found.notes[0]) == (6, True)


def test_where_no_weights_can_be_read_nothing_is_changed(interrupted):
    for path in (interrupted.latest, *(each.path for each in snapshots(interrupted))):
        path.write_bytes(b"damaged")
    with pytest.raises(CheckpointError, match=r"none of its weights can be read .* Reset trains the same run again"):
        mend(interrupted)
    assert interrupted.latest.read_bytes() == b"damaged"


def test_a_run_that_has_no_weights_yet_begins(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny)
    assert mend(run).saved is None
    run.config_file.write_text("{")
    with pytest.raises(RunError, match=r"config\.json"):
        mend(run)  # nothing says what was wanted


def test_settings_and_commands_come_from_the_weights(interrupted, tiny):
    interrupted.control_file.write_text("no json")
    assert recovered_control(interrupted) == Control(settings={"optimizer.learning_rate": 0.01}, plan_lost=True)
    damaged = interrupted.config_file.with_name("config.json.damaged")
    interrupted.config_file.write_text("no json either")
    mend(interrupted)
    assert damaged.read_text() == "no json either"
    assert interrupted.config() == tiny  # as it began: Reset trains the same run again
    assert interrupted.control() == Control(settings={"optimizer.learning_rate": 0.01}, plan_lost=True)


@pytest.mark.parametrize(
    "error", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error"), MemoryError()]
)
def test_weights_that_cannot_be_read_now_are_not_taken_for_damaged(interrupted, monkeypatch, error):
    plain = zipfile.ZipFile

    def refuse(path):
        if path == interrupted.latest:
            raise error
        return plain(path)

    monkeypatch.setattr(zipfile, "ZipFile", refuse)
    before = interrupted.latest.read_bytes()
    why = error.strerror if isinstance(error, OSError) else "there is not enough memory"
    with pytest.raises(RunError, match=rf"run first are left as they are: latest\.npz cannot be read: {why}"):
        mend(interrupted)
    assert interrupted.latest.read_bytes() == before


def test_the_settings_that_a_fork_began_with_are_not_those_of_its_parent(interrupted, tmp_path):
    config = interrupted.config().with_values({"optimizer.learning_rate": 0.5})
    run = fork(tmp_path, interrupted, snapshots(interrupted)[-1], config, "second")
    run.config_file.write_text("{")
    mend(run)
    assert run.config() == config


def test_that_a_plan_is_lost_is_said_and_stays_said(interrupted):
    interrupted.control_file.write_text("{")
    assert "changes planned for later steps, are lost" in mend(interrupted).notes[0]
    interrupted.write_control(replace(interrupted.control(), wish="paused"))
    assert interrupted.control().plan_lost
    assert mend(interrupted).notes == ()
