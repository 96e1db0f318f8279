"""Limits of an installation: read from the environment, named in refusals, and looked at before anything is made."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from engine.config import TrainingConfig, check_network, training_bytes
from engine.datasets import DataError, load, planned_images
from engine.datasets.budget import Budget
from engine.datasets.mixing import mix_in, mixed_in
from engine.datasets.personal import EMPTY, HandFile
from engine.judging import held_images
from engine.layers import Conv, Dense, Flatten, ReLU, ShapeError
from engine.limits import LIMITS, LimitError, amount, check_all
from engine.trainer import Trainer
from engine.worker import make_trainer


@pytest.mark.parametrize(
    ("text", "value"), [("", 1 << 30), ("500", 500), ("2K", 2048), ("3m", 3 << 20), ("1GB", 1 << 30), (" 7 ", 7)]
)
def test_sizes_are_numbers_with_a_unit(text, value):
    limit = next(each for each in LIMITS if each.variable == "INKLING_DATA_BYTES")
    assert limit.value({limit.variable: text}) == value


@pytest.mark.parametrize("text", ["ten", "-1", "1.5", "1e9", "∞", "5 5", "0", "9" * 30, "12X"])
def test_what_is_no_number_is_refused_and_named(text):
    limit = next(each for each in LIMITS if each.variable == "INKLING_DATA_BYTES")
    with pytest.raises(LimitError, match="INKLING_DATA_BYTES must be a whole number of bytes, such as 500M"):
        limit.value({limit.variable: text})


def test_counts_take_no_unit_and_0_is_no_limit(monkeypatch):
    limit = next(each for each in LIMITS if each.variable == "INKLING_QUEUE")
    with pytest.raises(LimitError, match="a whole number, 0 for no limit; got '5K'"):
        limit.value({limit.variable: "5K"})
    monkeypatch.setenv(limit.variable, "0")
    limit.check(10**9, "So many wait", "")
    monkeypatch.setenv(limit.variable, "3")
    limit.check(3, "3 wait", "")
    with pytest.raises(LimitError, match=r"4 wait; 3 are the most here \(limit INKLING_QUEUE\). Wait."):
        limit.check(4, "4 wait", "Wait.")


def test_one_wrong_limit_among_all_is_found(monkeypatch):
    check_all()
    monkeypatch.setenv("INKLING_RUN_SECONDS", "an hour")
    with pytest.raises(LimitError, match="INKLING_RUN_SECONDS"):
        check_all()


def test_names_are_those_of_variables_and_none_comes_twice():
    names = [each.variable for each in LIMITS]
    assert len(set(names)) == len(names)
    assert all(name.startswith("INKLING_") for name in names)


def test_sizes_in_words():
    assert [amount(size) for size in (5 << 20, 1 << 30, 3 << 29)] == ["5 MB", "1 GB", "1.5 GB"]


WIDE = tuple(layer for _ in range(6) for layer in (Dense(units=4096), ReLU()))


def test_a_stack_of_4096_unit_layers_is_refused_before_it_is_made():
    config = TrainingConfig(layers=(Flatten(), *WIDE, Dense(units=10)))
    tracemalloc.start()
    with pytest.raises(
        ShapeError, match=r"87,\d{3},\d{3} parameters; 20,000,000 are the most here \(limit INKLING_PARA"
    ):
        check_network(config, (28, 28, 1))
    with pytest.raises(ShapeError, match="INKLING_PARAMETERS"):
        make_trainer(
            config.with_values({"data.train_images": 10, "data.validation_images": 10, "data.source": "mnist16"})
        )
    assert tracemalloc.get_traced_memory()[1] < 200e6  # the images; the network would take 1.4 GB
    tracemalloc.stop()


def test_activations_of_a_batch_count(monkeypatch):
    layers = (Conv(channels=64, kernel=3), ReLU(), Conv(channels=64, kernel=3), Flatten(), Dense(units=10))
    config = TrainingConfig(layers=layers, batch_size=4096)
    with pytest.raises(
        ShapeError, match=r"about 4\.\d+ GB of memory; 4 GB are the most here \(limit INKLING_MEMORY_BYT"
    ):
        check_network(config, (28, 28, 1))
    check_network(config.with_values({"batch_size": 64}), (28, 28, 1))
    monkeypatch.setenv("INKLING_MEMORY_BYTES", "50M")
    with pytest.raises(ShapeError, match="50 MB are the most here"):
        check_network(config.with_values({"batch_size": 64}), (28, 28, 1))


@pytest.mark.parametrize("batch", [16, 128])
@pytest.mark.parametrize("kind", ["conv", "dense"])
def test_the_estimate_is_above_what_passes_hold(tiny, digits, kind, batch):
    front = (
        (Conv(channels=16, kernel=3), ReLU(), Flatten()) if kind == "conv" else (Flatten(), Dense(units=200), ReLU())
    )
    values = {"batch_size": batch, "parts": 1, "max_steps": 1}
    config = TrainingConfig(data=tiny.data, layers=(*front, Dense(units=10))).with_values(values)
    trainer = Trainer(config, digits)
    list(trainer.run())
    held = trainer._stepper._alone.nbytes + sum(each.nbytes for each in trainer._stepper._passes)
    estimate = training_bytes(config, config.summary((8, 8, 1)))
    assert held < estimate < 20 * held
    trainer.close()


def test_the_memory_of_a_file_is_bounded(monkeypatch):
    monkeypatch.setenv("INKLING_UNPACKED_BYTES", "1K")
    budget = Budget("digits.mat")
    budget.spend(1000, "its images")
    with pytest.raises(DataError, match=r"its labels would take .* \(limit INKLING_UNPACKED_BYTES\)"):
        budget.spend(25, "its labels")


def test_files_elsewhere_are_not_read_where_paths_are_off(tmp_path, monkeypatch, digits_file):
    assert len(load(str(digits_file)).images)
    monkeypatch.setenv("INKLING_PATHS", "0")
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path / "runs"))
    for path in (str(digits_file), "/etc/passwd", str(tmp_path / "data" / ".." / ".." / digits_file.name), "/nothing"):
        with pytest.raises(DataError, match="expected mnist, mnist16, or a file that was sent here"):
            load(path)
    kept = tmp_path / "data" / "0123" / "file"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(digits_file.read_bytes())
    assert len(load(str(kept)).images)
    outside = tmp_path / "data" / "link"
    outside.symlink_to(digits_file)
    with pytest.raises(DataError, match="no data under"):
        load(str(outside))


def test_drawings_elsewhere_are_not_read_where_paths_are_off(tmp_path, monkeypatch, tiny, digits):
    """Those of this installation are, also where INKLING_HAND keeps them."""
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path / "here" / "runs"))
    ink = np.zeros((112, 112), np.uint8)
    ink[30:80, 50:60] = 255
    drawings = EMPTY.added(ink, 3)
    outside = HandFile(tmp_path / "elsewhere" / "my_hand.npz").freeze(drawings)
    config = replace(tiny.data, personal=str(outside))
    assert planned_images(config) > planned_images(tiny.data)
    monkeypatch.setenv("INKLING_PATHS", "0")
    refused = "no drawings under .*: expected a file that was sent here"
    with pytest.raises(DataError, match=refused):
        mix_in(digits, str(outside), 0.3)
    with pytest.raises(DataError, match=refused):
        mixed_in(70, 10, str(outside), 0.3)
    for kept in (HandFile(), HandFile(tmp_path / "here" / "hands" / "somebody.npz")):
        assert len(mix_in(digits, str(kept.freeze(drawings)), 0.3).train_images) == 100
    monkeypatch.setenv("INKLING_HAND", str(tmp_path / "elsewhere" / "my_hand.npz"))
    assert len(mix_in(digits, str(outside), 0.3).train_images) == 100


@pytest.mark.parametrize("path", ["/dev/zero", "/nowhere", "", "\0", "x" * 5000])
def test_what_is_no_file_of_drawings_is_not_opened(path, digits):
    with pytest.raises(DataError, match=r"no drawings under .*: expected the path of a file\."):
        mix_in(digits, path, 0.3)


def test_nothing_elsewhere_is_looked_at_to_judge_a_network_where_paths_are_off(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("INKLING_PATHS", "0")
    looked = []
    monkeypatch.setattr("engine.datasets.reading.os.scandir", lambda path: looked.append(path))
    (tmp_path / "secret").mkdir()
    with pytest.raises(DataError, match="expected mnist, mnist16, or a file that was sent here"):
        held_images(checkpoint, source=str(tmp_path / "secret"))
    assert looked == []


def test_weights_elsewhere_are_not_read_where_paths_are_off(tmp_path, monkeypatch, saved, tiny):
    monkeypatch.setenv("INKLING_PATHS", "0")
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path / "runs"))
    config = TrainingConfig(start_from=str(saved)).with_values({"data.source": "mnist16", "data.train_images": 10})
    with pytest.raises(ValueError, match="outside of the folders that may be read here"):
        make_trainer(config)
