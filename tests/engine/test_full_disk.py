"""A run on a disk that is full: what it keeps, and how long it waits."""

import pytest

from engine import recording, worker
from engine.checkpoint import read_checkpoint
from engine.rundir import RunFolder
from tests.engine.snapshotting import steps, train


def test_a_run_trains_to_its_end_where_no_snapshot_can_be_kept(tiny, tmp_path, capsys):
    run = RunFolder.create(tmp_path, tiny)
    run.snapshots.write_text("a file is in the way")
    train(run)
    assert run.status().reason == "finished"
    assert run.final.exists()
    assert capsys.readouterr().err == "warning: snapshots cannot be kept, so the run cannot be rewound: File exists.\n"


def test_a_run_that_cannot_write_its_last_weights_waits_for_room_and_then_ends(tiny, tmp_path, monkeypatch, capsys):
    room, tries, write = False, 0, recording.write_checkpoint

    def write_if_there_is_room(path, checkpoint):
        nonlocal room, tries
        if not room:
            tries += path.name == "final.npz"
            room = tries == 3
            raise OSError(28, "No space left on device")
        write(path, checkpoint)

    monkeypatch.setattr(recording, "write_checkpoint", write_if_there_is_room)
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.0)
    run = train(RunFolder.create(tmp_path, tiny))
    assert (run.status().reason, tries) == ("finished", 3)
    read_checkpoint(run.final)
    said = capsys.readouterr().err.splitlines()
    assert sorted(said[:3]) == [
        "warning: the best weights cannot be written: No space left on device.",
        "warning: the final weights cannot be written: No space left on device.",
        "warning: the newest weights cannot be written: No space left on device.",
    ]
    assert sorted(said[3:]) == [
        "over: the best weights cannot be written.",
        "over: the final weights cannot be written.",
    ]


def refuse_final(monkeypatch, error):
    """The weights that a run ends with cannot be written; all others can."""
    write = recording.write_checkpoint

    def write_others(path, checkpoint):
        if path.name == "final.npz":
            raise error
        write(path, checkpoint)

    monkeypatch.setattr(recording, "write_checkpoint", write_others)
    monkeypatch.setattr(worker, "RETRY_SECONDS", 0.01)


@pytest.mark.parametrize("error", [OSError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_last_weights_that_cannot_be_written_for_another_reason_end_the_worker(tiny, tmp_path, monkeypatch, error):
    refuse_final(monkeypatch, error)
    run = RunFolder.create(tmp_path, tiny)
    with pytest.raises(OSError, match=error.strerror):
        train(run)
    monkeypatch.undo()
    assert train(run).status().reason == "finished"


def test_a_run_waits_for_room_no_longer_than_it_may_train(tiny, tmp_path, monkeypatch, capsys):
    refuse_final(monkeypatch, OSError(28, "No space left on device"))
    monkeypatch.setenv("INKLING_RUN_SECONDS", "1")
    train(RunFolder.create(tmp_path, tiny))
    assert "after 1 s of training" in capsys.readouterr().err


def test_on_a_full_disk_snapshots_give_way_to_weights(tiny, tmp_path, monkeypatch, capsys):
    """There is room for eight files of weights."""
    write = recording.write_checkpoint
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 6, "validate_every": 1}))

    def write_if_there_is_room(path, checkpoint):
        if len({file.stat().st_ino for file in run.path.rglob("*.npz")}) >= 8:
            raise OSError(28, "No space left on device")
        write(path, checkpoint)

    monkeypatch.setattr(recording, "write_checkpoint", write_if_there_is_room)
    train(run)
    assert run.final.exists()
    assert read_checkpoint(run.latest).position.step == 24
    assert {0, 24} <= set(steps(run))
    assert capsys.readouterr().err == ""
