"""How often a run is saved: no more than an epoch or some seconds can be lost."""

import itertools

from engine import recording, worker
from engine.events import BatchDone
from engine.record import Record
from engine.rundir import RunFolder


def saves(run, monkeypatch, step_seconds, file_seconds, until=40.0):
    """When latest.npz was written, and what all writing took, by a clock of our own."""
    now, spent, saved = 0.0, 0.0, [0.0]
    monkeypatch.setattr(recording.time, "perf_counter", lambda: now)

    def write(path, checkpoint):
        nonlocal now, spent
        path.write_bytes(b"weights")
        now, spent = now + file_seconds, spent + file_seconds
        if path == run.latest:
            saved.append(now)

    monkeypatch.setattr(recording, "write_checkpoint", write)
    trainer = worker.make_trainer(run.config())
    with recording.Recorder(run, trainer) as recorder:
        for event in trainer.run():
            now += step_seconds * isinstance(event, BatchDone)
            recorder.record(event)
            if now > until:
                break
    trainer.close()
    return [later - earlier for earlier, later in itertools.pairwise([*saved, now])], spent


def test_no_more_than_an_epoch_is_ever_lost(tiny, tmp_path, monkeypatch):
    """Each step takes 10 ms, each save 50 ms. An epoch has 70 steps, so 0.7 s."""
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000, "batch_size": 1}))
    gaps, spent = saves(run, monkeypatch, 0.01, 0.05)
    assert max(gaps) <= 0.7 + 2 * 0.05 + 0.02  # the best epoch's weights are written with the newest
    assert spent <= (recording.SAVE_SHARE + recording.EPOCH_SHARE) * 40 + 2 * recording.SAVE_GRACE + 3 * 0.05


def test_of_a_long_epoch_no_more_than_some_seconds_are_ever_lost(tiny, tmp_path, monkeypatch):
    """An epoch takes 35 s, a save half a second."""
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000, "batch_size": 1}))
    gaps, _ = saves(run, monkeypatch, 0.5, 0.5, until=100)
    assert max(gaps) <= recording.LATEST_SECONDS + 0.5 + 2 * 0.5 + 0.1


def test_where_saving_is_slow_it_still_leaves_most_of_the_time_to_training(tiny, tmp_path, monkeypatch):
    """A save takes 4 s: a huge network on a slow disk."""
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000, "batch_size": 1}))
    _, spent = saves(run, monkeypatch, 0.5, 4.0, until=400)
    assert 0.1 * 400 < spent < 0.45 * 400


def test_where_every_epoch_is_the_best_and_short_saving_does_not_hold_up_training(tiny, tmp_path, monkeypatch):
    """Each step takes 10 ms, each file 50 ms. An epoch has 4 steps."""
    judge = Record.end_epoch
    monkeypatch.setattr(Record, "end_epoch", lambda self, *figures: judge(self, *figures) or True)
    run = RunFolder.create(tmp_path, tiny.with_values({"epochs": 10_000}))
    gaps, spent = saves(run, monkeypatch, 0.01, 0.05)
    assert max(gaps) < 1.0
    assert spent < 0.3 * 40


def test_a_save_that_is_asked_for_is_made_whatever_it_costs_and_once(tiny, tmp_path, monkeypatch):
    run = RunFolder.create(tmp_path, tiny)
    written = []
    monkeypatch.setattr(recording, "write_checkpoint", lambda path, saved: written.append(saved.position.step))
    monkeypatch.setattr(recording, "SAVE_GRACE", -1.0)
    trainer = worker.make_trainer(run.config())
    with recording.Recorder(run, trainer) as recorder:
        for event in trainer.run():
            recorder.record(event)
            if event.step == 2:
                recorder.save()
                recorder.save()
                break
    trainer.close()
    assert written == [2]
