"""Curves of pinned digits: from a run's snapshots, a bounded number at a time, each asked once."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from dashboard.charts.pinned import pinned_figure
from dashboard.drawing import pin_curves
from dashboard.drawing.pin_curves import Curves, Pin, curves, right_since
from dashboard.drawing.readers import of_run
from engine.checkpoint import Checkpoint, Position, load_checkpoint, write_checkpoint
from engine.config import TrainingConfig
from engine.datasets.base import Scaling
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder

CONFIG = TrainingConfig(layers=(Flatten(), Dense(units=10)))


def pin(number: int = 0, label: int = 1, tilt: int = 0) -> Pin:
    ink = np.zeros((90, 40), np.uint8)
    cv2.line(ink, (20 + tilt, 5), (20 - tilt, 85), 255, 8)
    return Pin(number, label, ink)


def weights(step: int, favourite: int) -> Checkpoint:
    """A network that says the same of every digit."""
    bias = np.zeros(10, np.float32)
    bias[favourite] = 2.0
    params = {"1.dense.weight": np.zeros((784, 10), np.float32), "1.dense.bias": bias}
    return Checkpoint(CONFIG, (28, 28, 1), 10, Scaling(0.0, 255.0), Position(step), params, {})


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run that says 0 up to step 30, and 1 from step 40 on."""
    monkeypatch.setattr(pin_curves, "_known", pin_curves._Known())
    folder = RunFolder.create(tmp_path, CONFIG, "pinned")
    folder.snapshots.mkdir(exist_ok=True)
    for step in range(0, 80, 10):
        write_checkpoint(folder.snapshots / f"{step:09d}.npz", weights(step, 0 if step < 40 else 1))
    write_checkpoint(folder.latest, weights(75, 1))
    return folder


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are loaded from now on."""
    loaded: list[Path] = []

    def load(path: Any) -> Any:
        loaded.append(path)
        return load_checkpoint(path)

    monkeypatch.setattr(pin_curves, "load_checkpoint", load)
    return loaded


def test_a_digit_pinned_afterwards_has_its_whole_curve(run: RunFolder) -> None:
    found = curves(run, [pin()], load_checkpoint(run.latest), 10.0)
    assert found.steps.tolist() == [*range(0, 80, 10), 75]
    assert found.left == 0
    # softmax of (2, 0 nine times): e^2 / (e^2 + 9) = 0.451 for the favourite, 1 / (e^2 + 9) = 0.061 for others
    assert found.shares[:, 0, 1] == pytest.approx([0.0610] * 4 + [0.4509] * 5, abs=1e-4)
    assert right_since(found, 0, 1) == 40
    assert right_since(found, 0, 0) is None


def test_each_snapshot_is_asked_once_and_a_new_pin_alone(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = counted(monkeypatch)
    first, second = pin(0), pin(1, tilt=6)
    curves(run, [first], None, 10.0)
    assert len(loaded) == 8
    curves(run, [first], None, 10.0)
    curves(run, [pin(5)], None, 10.0)  # the same ink
    assert len(loaded) == 8
    assert curves(run, [first, second], None, 10.0).shares.shape == (8, 2, 10)
    assert len(loaded) == 16


def test_with_little_time_one_is_asked_and_the_curve_covers_the_run(run: RunFolder) -> None:
    steps = [curves(run, [pin()], None, 0.0) for _ in range(4)]
    assert [each.left for each in steps] == [7, 6, 5, 4]
    assert [each.steps.tolist() for each in steps[:3]] == [[70], [0, 70], [0, 40, 70]] or steps[2].steps.tolist()[
        -1
    ] == 70
    assert steps[1].steps.tolist() == [0, 70]


def test_a_damaged_snapshot_is_left_out_and_asked_once(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.snapshots / "000000030.npz").write_bytes(b"not a checkpoint")
    found = curves(run, [pin()], None, 10.0)
    assert 30 not in found.steps
    assert found.left == 0
    loaded = counted(monkeypatch)
    curves(run, [pin()], None, 10.0)
    assert loaded == []


def test_a_snapshot_that_is_written_again_is_asked_again(run: RunFolder) -> None:
    curves(run, [pin()], None, 10.0)
    path = run.snapshots / "000000070.npz"
    changed = path.stat().st_mtime_ns
    write_checkpoint(path, weights(70, 3))
    if path.stat().st_mtime_ns == changed:
        pytest.skip("this disk's clock is too coarse")
    assert curves(run, [pin()], None, 10.0).shares[-1, 0].argmax() == 3


def test_weights_of_an_earlier_step_read_for_a_run_that_is_rewound(run: RunFolder) -> None:
    then, now = of_run(run, 35), of_run(run)
    assert then is not None
    assert now is not None
    assert then.name == "run pinned at step 30"
    assert then.path == run.snapshots / "000000030.npz"
    assert now.path == run.latest


def test_a_run_without_snapshots_has_the_newest_weights_alone(tmp_path: Path) -> None:
    folder = RunFolder.create(tmp_path, CONFIG, "bare")
    assert curves(folder, [pin()], None, 1.0).shares.shape == (0, 1, 10)
    write_checkpoint(folder.latest, weights(5, 1))
    assert curves(folder, [pin()], load_checkpoint(folder.latest), 1.0).steps.tolist() == [5]


def test_the_chart_has_a_line_for_each_digit_and_tells_equal_ones_apart() -> None:
    found = Curves(np.array([0, 10]), np.full((2, 3, 10), 0.1, np.float32), 0)
    figure = pinned_figure(found.steps, found.shares[:, [0, 1, 2], [7, 1, 7]], [7, 1, 7], [0, 1, 4], at_step=5)
    assert [trace["name"] for trace in figure["data"]] == ["7", "1", "7 (2)"]
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 3
    assert figure["layout"]["shapes"][0]["x0"] == 5
