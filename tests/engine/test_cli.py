"""The command line, as a person or a program calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine import cli
from engine.pictures import read_picture
from engine.presets import DEFAULT, PRESETS
from engine.rundir import RunFolder

ROOT = Path(__file__).resolve().parents[2]


def engine(*arguments, folder=ROOT):
    """A fresh process, as from a shell."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "engine", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def call(capsys):
    """The same in this process: status, standard output, standard error."""

    def run(*arguments):
        status = cli.main([str(each) for each in arguments])
        out, error = capsys.readouterr()
        return status, out, error

    return run


def options(digits_file, runs):
    small = ["train_images=70", "validation_images=30"]
    settings = ["optimizer=Momentum", "batch_size=20", "epochs=3", "seed=5"]
    sets = [f"--set=data.{each}" for each in small] + [f"--set={each}" for each in settings]
    return ["train", "--preset", "dense", "--data", digits_file, "--runs", runs, *sets]


@pytest.fixture(scope="module")
def trained(digits_file, tmp_path_factory):
    """One run for all tests that need a checkpoint: the process's output, and the folder of runs."""
    runs = tmp_path_factory.mktemp("runs")
    result = engine(*options(digits_file, runs), "--name", "first", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    return json.loads(result.stdout.splitlines()[-1]), runs


@pytest.fixture(scope="module")
def checkpoint(trained):
    return trained[0]["checkpoint"]


def test_presets_lists_what_there_is_with_the_default_first(call):
    status, out, _ = call("presets", "--json")
    listed = json.loads(out)
    assert status == 0
    assert listed[0]["name"] == DEFAULT
    assert {each["name"] for each in listed} == set(PRESETS)
    assert all(each["teaches"] and each["group"] for each in listed)
    assert call("presets")[1].splitlines()[1].split()[0] == DEFAULT


def test_train_prints_one_object_last_and_leaves_a_run_that_the_page_can_show(trained):
    summary, runs = trained
    assert set(summary) >= {"run", "reason", "steps", "epochs", "seconds", "images_per_second", "validation_accuracy",
                            "test_accuracy", "checkpoint"}  # fmt: skip
    assert (summary["run"], summary["reason"], summary["steps"], summary["epochs"]) == ("first", "finished", 12, 3)
    assert summary["images_per_second"] > 0
    assert summary["seconds"] > 0
    assert 0 <= summary["test_accuracy"] <= 1
    run = RunFolder.open(runs, "first")
    assert (run.status().state, run.status().reason) == ("ended", "finished")
    assert summary["checkpoint"] == str(run.final)
    assert run.config().optimizer.to_json()["kind"] == "Momentum"


def test_train_tells_a_person_how_it_goes(call, digits_file, tmp_path):
    status, out, error = call(*options(digits_file, tmp_path))
    assert (status, error) == (0, "")
    lines = out.splitlines()
    assert "inverted" in lines[0]  # what was found out about the file comes first
    assert "parameters" in lines[1]
    assert sum("validation accuracy" in line for line in lines) >= 3
    assert "finished at step 12, test accuracy" in out
    assert Path(lines[-1]).is_file()


def test_a_relative_data_file_is_found_again_from_another_folder(digits_file, tmp_path):
    arguments = options(digits_file.name, tmp_path)
    result = engine(*arguments, "--set=max_steps=1", "--name=here", folder=digits_file.parent)
    assert result.returncode == 0, result.stderr
    assert RunFolder.open(tmp_path, "here").config().data.source == str(digits_file)


def test_evaluate_gives_the_test_figures_that_the_run_told(call, trained, checkpoint, digits_file):
    status, out, _ = call("evaluate", checkpoint, "--json")
    figures = json.loads(out)
    assert status == 0
    assert (figures["count"], figures["accuracy"]) == (30, pytest.approx(trained[0]["test_accuracy"]))
    assert figures["loss"] > 0
    _, out, _ = call("evaluate", checkpoint, "--json", "--on", "validation")
    assert json.loads(out)["accuracy"] == pytest.approx(trained[0]["validation_accuracy"])
    assert json.loads(call("evaluate", checkpoint, "--json", "--on", "train", "--data", digits_file)[1])["count"] == 70
    assert call("evaluate", checkpoint)[1].startswith("accuracy ")


def test_networks_are_only_compared_on_images_new_to_both(call, checkpoint):
    status, _, said = call("evaluate", checkpoint, "--on", "train", "--against", checkpoint)
    assert (status, "new to both" in said) == (1, True)
    assert said.startswith("error: ")


def test_evaluate_tells_more_if_asked_and_the_same_to_people_and_programs(call, checkpoint):
    found = json.loads(call("evaluate", checkpoint, "--json", "--more", "--robustness", "--against", checkpoint)[1])
    counts = np.array(found["confusion"])
    assert counts.sum() == found["count"] == 30
    assert np.trace(counts) / 30 == found["accuracy"]
    assert found["interval"][0] < found["accuracy"] <= found["interval"][1]
    assert found["classes"]["support"] == counts.sum(axis=1).tolist()
    assert len(found["robustness"]) == 7
    points = {point["amount"]: point["accuracy"] for point in found["robustness"]["noise"]["curve"]}
    assert points[0] == found["accuracy"]
    assert found["against"]["images"] == 30
    assert all(row["a"] == row["b"] and not row["beyond_luck"] for row in found["against"]["measures"])
    _, out, _ = call("evaluate", checkpoint, "--more", "--robustness", "--against", checkpoint)
    assert f"95 % interval of the accuracy: {found['interval'][0]:.2%}" in out
    assert "calibration error" in out
    assert "stroke width" in out
    assert "on 30 images that are new to both" in out
    assert out.count("may be luck") == 4


@pytest.fixture
def pictures(tmp_path):
    """What people have: a photograph of ink on paper, a drawing on black, transparent ink, an empty page."""
    strokes = np.zeros((60, 60), np.uint8)
    cv2.line(strokes, (30, 8), (28, 52), 255, 6)
    prepared = np.zeros((8, 8), np.uint8)
    prepared[1:7, 4] = 255
    ink = np.zeros((60, 60, 4), np.uint8)
    ink[..., 3] = strokes
    files = {
        "paper.png": 255 - strokes,
        "colour.jpg": cv2.cvtColor(255 - strokes, cv2.COLOR_GRAY2BGR),
        "black.png": strokes,
        "ink.png": ink,
        "deep.png": (255 - strokes).astype(np.uint16) * 257,
        "prepared.png": prepared,
    }
    for name, pixels in files.items():
        assert cv2.imwrite(str(tmp_path / name), pixels)
    assert cv2.imwrite(str(tmp_path / "empty.png"), np.full((40, 40), 255, np.uint8))
    return [tmp_path / name for name in files], tmp_path / "empty.png"


def test_predict_prints_a_line_for_each_image(call, checkpoint, pictures):
    drawn, empty = pictures
    status, out, error = call("predict", checkpoint, *drawn, empty, "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (status, error) == (0, "")
    assert [line["image"] for line in lines] == [str(path) for path in (*drawn, empty)]
    for line in lines[:-1]:
        assert len(line["probabilities"]) == 10
        assert sum(line["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert line["digit"] == int(np.argmax(line["probabilities"]))
    assert (lines[-1]["digit"], lines[-1]["probabilities"]) == (None, None)
    assert "nothing is drawn there" in call("predict", checkpoint, empty)[1]


def test_a_picture_that_is_prepared_already_is_taken_as_it_is(pictures):
    image = read_picture(pictures[0][-1], 8)
    assert image.tolist() == [[255 * (1 <= row <= 6 and column == 4) for column in range(8)] for row in range(8)]


def errors(tmp_path, checkpoint):
    text = tmp_path / "text.png"
    text.write_text("no picture")
    (tmp_path / "nothing.png").write_bytes(b"")
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04")
    train = ["train", "--runs", tmp_path / "runs"]
    return {
        "unknown setting": ([*train, "--set", "batchsize=3"], "Did you mean 'batch_size'?"),
        "value out of range": ([*train, "--set", "batch_size=0"], "batch_size: must be from 1 to 4096; got 0"),
        "no value": ([*train, "--set", "batch_size"], "expected PATH=VALUE"),
        "deep value": ([*train, "--set", "layers=" + "[" * 50_000], "layers: expected a list"),
        "stack that cannot work": ([*train, "--set", 'layers=["Dense"]'], "Add Flatten before it"),
        "no data": ([*train, "--data", "nowhere.npz"], "no data under 'nowhere.npz'"),
        "bad name": ([*train, "--name", "../up"], "cannot be a run's name"),
        "no checkpoint": (["evaluate", tmp_path / "none.npz"], "there is no checkpoint"),
        "damaged checkpoint": (["predict", tmp_path / "damaged.npz", text], "not a readable checkpoint"),
        "other image size": (["evaluate", checkpoint, "--data", "mnist16"], "images of 16x16; this network reads 8x8"),
        "no picture": (["predict", checkpoint, text], "no picture that can be read"),
        "empty picture": (["predict", checkpoint, tmp_path / "nothing.png"], "nothing.png"),
        "no such picture": (["predict", checkpoint, tmp_path / "gone.png"], "gone.png"),
        "a folder": (["predict", checkpoint, tmp_path], "cannot be read"),
    }


CASES = """unknown setting, value out of range, no value, deep value, stack that cannot work, no data, bad name,
no checkpoint, damaged checkpoint, other image size, no picture, empty picture, no such picture, a folder"""


@pytest.mark.parametrize("case", CASES.replace("\n", " ").split(", "))
def test_errors_are_one_line_on_standard_error(call, checkpoint, tmp_path, case):
    arguments, message = errors(tmp_path, checkpoint)[case]
    status, out, error = call(*arguments)
    assert (status, out) == (1, "")
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert len(error) < 800


def test_a_process_that_fails_shows_no_traceback(tmp_path):
    result = engine("train", "--set", "batch_size=0", "--runs", tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: batch_size")
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["train", "--preset", "none"], ["predict"], ["evaluate", "x", "--on", "y"]]
)
def test_wrong_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        cli.main(arguments)
    assert error.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_name_is_not_used_twice(call, trained, digits_file):
    status, _, error = call(*options(digits_file, trained[1]), "--name", "first")
    assert status == 1
    assert "first exists already" in error


def test_a_run_that_cannot_begin_leaves_nothing_and_its_name_free(call, digits_file, tmp_path):
    status, _, error = call(*options(digits_file, tmp_path / "runs"), "--name", "mine", "--start-from", "none.npz")
    assert status == 1
    assert "none.npz" in error
    assert list((tmp_path / "runs").iterdir()) == []


def test_interrupted_training_can_be_continued(digits_file, tmp_path):
    import signal
    import time

    command = [
        sys.executable,
        "-m",
        "engine",
        *map(str, options(digits_file, tmp_path)),
        "--set=epochs=10000",
        "--json",
        "--name=long",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 20
        events = tmp_path / "long" / "events.jsonl"
        while time.monotonic() < deadline and not (events.exists() and "Batches" in events.read_text()):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=20)
    assert (process.returncode, error) == (130, "")
    summary = json.loads(out)
    assert summary["reason"] == "interrupted"
    assert summary["steps"] > 0
    run = RunFolder.open(tmp_path, "long")
    assert run.status().state == "interrupted"
    assert summary["checkpoint"] == str(run.latest)
