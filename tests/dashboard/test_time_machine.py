"""The time machine and undo on the page without a browser, and what is found inside snapshots."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.running.jobs import Jobs
from dashboard.training import looks, time_machine
from dashboard.training.live_changes import Row, recent
from dashboard.training.steering import next_epoch
from engine.checkpoint import load_checkpoint, write_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.datasets import load_split
from engine.history import History
from engine.layers import BatchNorm, Conv, Dense, Flatten, ReLU
from engine.rundir import RunFolder
from engine.trainer import Trainer
from tests.dashboard.shown import html

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
CONFIG = TrainingConfig(
    data=DataConfig(train_images=640, validation_images=120), layers=(Flatten(), Dense(units=10)), epochs=1
)
SAVED = (0, 2, 4)  # steps with a snapshot


@pytest.fixture
def run(root: Path) -> RunFolder:
    """A run of five steps, which changed its learning rate after the third and was then interrupted."""
    run = RunFolder.create(root, CONFIG, "five-steps")
    run.snapshots.mkdir()
    trainer = Trainer(CONFIG, load_split(CONFIG.data, CONFIG.seed))
    told = []
    for event in trainer.run():
        told.append(event.to_json() | {"seconds": event.step / 10})
        if event.step in SAVED:
            write_checkpoint(run.snapshots / f"{event.step:09d}.npz", trainer.checkpoint())
        if event.step == 5:
            break
    trainer.close()
    batches = [each for each in told if each["event"] == "BatchDone"]
    names = ("step", "epoch", "loss", "accuracy", "learning_rate", "gradient_norm")
    columns = {name: [each[name] for each in batches] for name in names}
    gathered = {"event": "Batches", "seconds": 0.5, "images_per_second": 640.0} | columns
    changes = {"optimizer.learning_rate": [0.001, 0.01]}
    change = {"event": "SettingsChanged", "step": 3, "epoch": 0.3, "seconds": 0.3, "changes": changes}
    started = next(each for each in told if each["event"] == "RunStarted")
    run.events_file.write_text("".join(json.dumps(each) + "\n" for each in (started, gathered, change)))
    run.write_control(replace(run.control(), settings={"optimizer.learning_rate": 0.01}))
    run.worker_file.write_text("{}")
    return run


def page(run: RunFolder, at_step: int | None = None) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=30)
    at.query_params["run"] = run.id
    at.run()
    if at_step is not None:
        at.session_state["shown"].at_step = at_step
        at.run()
    assert not at.exception, at.exception[0].stack_trace
    return at


def test_a_run_that_is_rewound_shows_the_figures_of_that_step(run: RunFolder) -> None:
    at = page(run, at_step=2)
    assert "At step 2 (rewound)" in html(at)
    assert "The run itself has come to step 5." in html(at)
    assert "at step 2" in html(at).split("ink-answer")[1]  # the answer comes from the snapshot
    assert not at.button("continue-from").disabled
    at.button("back-to-now").click().run()
    assert "(rewound)" not in html(at)
    assert at.button("continue-from").disabled


def test_a_step_without_a_snapshot_is_shown_at_the_one_before(run: RunFolder) -> None:
    assert "At step 2 (rewound)" in html(page(run, at_step=3))


def test_the_page_says_what_the_snapshots_take(run: RunFolder) -> None:
    assert "3 snapshots" in html(page(run))
    assert "of 256 MB" in html(page(run))


def test_another_run_is_not_rewound(run: RunFolder, root: Path) -> None:
    RunFolder.create(root, CONFIG, "other")
    at = page(run, at_step=2)
    at.query_params["run"] = "other"
    at.run()
    assert at.session_state["shown"].at_step is None
    assert "(rewound)" not in html(at)


def test_a_change_is_undone_on_the_run_and_in_the_sidebar(run: RunFolder) -> None:
    at = page(run)
    assert "learning rate 0.001 \u2192 0.01" in html(at)
    assert at.select_slider("form--optimizer-learning_rate").value == 0.01
    at.button("undo-0-optimizer.learning_rate").click().run()
    assert not at.exception
    assert run.control().settings == {"optimizer.learning_rate": 0.001}
    shown = next(each for each in at.select_slider if each.key.startswith("form--optimizer-learning_rate"))
    assert shown.value == 0.001


def test_a_fork_from_the_step_of_a_live_change_of_the_same_setting_is_shown(run: RunFolder) -> None:
    changes = {"optimizer.learning_rate": [0.01, 0.02]}
    forked = {"event": "Forked", "step": 3, "epoch": 0.3, "seconds": 0.3, "changes": changes, "parent": "elder"}
    with run.events_file.open("a") as file:
        file.write(json.dumps(forked) + "\n")
    assert html(page(run)).count("step 3: <b>learning rate") == 2


def test_back_to_now_looks_inside_the_newest_snapshot_at_once(run: RunFolder) -> None:
    for step in SAVED:
        time_machine.looks().get(run.snapshots / f"{step:09d}.npz", patience=30)
    at = page(run, at_step=2)
    at.session_state["inside"] = True
    at.run()
    assert any("**Step 2, on" in each.value for each in at.caption)
    at.button("back-to-now").click().run()
    assert any("**Step 4, on" in each.value for each in at.caption)


def test_settings_that_do_not_fit_the_snapshot_are_refused_in_words(run: RunFolder) -> None:
    at = page(run, at_step=2)
    draft = at.session_state["draft"]
    draft.rows[1].layer = Dense(units=10, bias="none")
    at.run()
    at.button("continue-from").click().run()
    assert not at.exception
    assert at.error[0].value.startswith("It cannot go on from step 2 with these settings")
    assert at.query_params["run"] == [run.id] or at.query_params["run"] == run.id


def test_a_forked_run_is_shown_where_it_begins(run: RunFolder) -> None:
    at = page(run, at_step=2)
    at.button("continue-from").click().run()
    assert not at.exception
    assert at.session_state["shown"].run_id != run.id
    assert at.session_state["shown"].at_step is None
    assert at.session_state["draft"].config.optimizer.learning_rate == 0.01  # the sidebar's, not the snapshot's


def test_a_forked_run_goes_on_at_the_speed_of_the_dial(run: RunFolder, root: Path) -> None:
    at = page(run, at_step=2)
    at.session_state["shown"].speed = 3.0
    at.button("continue-from").click().run()
    assert RunFolder(root / at.session_state["shown"].run_id).control().steps_per_second == 3.0


def history(*changes: dict[str, list[object]], parent: str = "") -> History:
    found = History(Path("nowhere"))
    for step, each in enumerate(changes, 1):
        place = {"event": "SettingsChanged", "step": step, "epoch": 0.0, "seconds": 0.0}
        found._take_change(place | {"changes": each, "parent": parent})
    return found


def test_only_the_newest_change_of_a_setting_can_be_undone() -> None:
    rate, size = "optimizer.learning_rate", "batch_size"
    rows = recent(history({rate: [1, 2]}, {size: [64, 32]}, {rate: [2, 3]}))
    assert rows == [
        Row(2, 3, rate, [2, 3], True),
        Row(1, 2, size, [64, 32], True),
        Row(0, 1, rate, [1, 2], False),
    ]
    assert [row.step for row in recent(history(*[{rate: [n, n + 1]} for n in range(9)]))] == [9, 8, 7, 6]


def test_what_a_fork_began_with_cannot_be_undone() -> None:
    path = "layers.1.units"
    assert recent(history({path: [8, 16]}, parent="elder")) == [Row(0, 1, path, [8, 16], undoable=False)]


@pytest.mark.parametrize(("epoch", "end"), [(0.0, 1.0), (0.3, 1.0), (1.0, 2.0), (1.9999999, 3.0)])
def test_one_epoch_ends_at_the_next_whole_one(epoch: float, end: float) -> None:
    assert next_epoch(epoch) == end


def test_a_look_into_a_snapshot_counts_all_validation_images_and_draws_the_first_weights(run: RunFolder) -> None:
    found = looks.look_into(run.snapshots / f"{4:09d}.npz")
    assert found.counts.sum() == CONFIG.data.validation_images
    assert [picture.shape for picture in found.pictures] == [(28, 28, 4)] * 10
    assert "its 10 units" in found.caption


def test_the_first_weights_of_other_networks(tmp_path: Path) -> None:
    def words(*layers: object) -> tuple[int, str]:
        config = replace(CONFIG, layers=layers)
        trainer = Trainer(config, load_split(config.data, 1))
        write_checkpoint(tmp_path / "weights.npz", trainer.checkpoint())
        trainer.close()
        pictures, _, caption = looks.first_weights(load_checkpoint(tmp_path / "weights.npz"))
        return len(pictures), caption

    count, caption = words(Conv(channels=30, kernel=3), ReLU(), Flatten(), Dense(units=10))
    assert count == looks.MOST_PICTURES
    assert "24 of its 30 kernels" in caption
    assert words(Flatten(), BatchNorm(), Dense(units=10))[0] == 10
    assert words(Flatten(), Dense(units=10, bias="unit"), Dense(units=10))[0] == 10


def test_a_snapshot_that_is_gone_or_damaged_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "000000001.npz").write_bytes(b"not a checkpoint")
    found = looks.Looks(Jobs())
    assert "not a readable checkpoint" in (found.get(tmp_path / "000000001.npz", 30) or looks.Look()).problem
    assert "made room" in (found.get(tmp_path / "000000002.npz") or looks.Look()).problem


def test_a_look_is_found_once_and_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1.npz").touch()
    seen = []

    def quick(path: Path) -> looks.Look:
        seen.append(path)
        return looks.Look(counts=np.ones((10, 10), np.int64))

    monkeypatch.setattr(looks, "look_into", quick)
    found = looks.Looks(Jobs())
    assert found.get(tmp_path / "1.npz", patience=10) is not None
    assert found.get(tmp_path / "1.npz") is found.get(tmp_path / "1.npz")
    assert len(seen) == 1
