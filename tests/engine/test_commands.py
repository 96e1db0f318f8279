"""Commands beyond training and predicting: the gradient check, presets that go on from others, one's own data."""

import json
from dataclasses import dataclass

import numpy as np
import pytest

from engine import cli
from engine.checkpoint import load_checkpoint
from engine.commands import COMMANDS, gradcheck, train
from engine.layers import Layer, ReLU
from engine.losses import Loss
from engine.presets import PRESETS, Preset


@pytest.fixture
def call(capsys):
    """Status, standard output, standard error."""

    def run(*arguments):
        status = cli.main([str(each) for each in arguments])
        out, error = capsys.readouterr()
        return status, out, error

    return run


def test_every_command_says_what_it_is_for(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for name, command in COMMANDS.items():
        assert f"{name} {command.HELP}" in shown


def test_gradcheck_has_a_line_for_each_layer_and_loss_and_all_agree(call):
    status, out, _ = call("gradcheck", "--json")
    rows = json.loads(out)
    assert status == 0
    kinds = {row["name"].partition("(")[0] for row in rows}
    assert kinds == set(Layer.members()) | set(Loss.members())
    assert all(row["agrees"] and row["error"] < 1e-7 and row["numbers"] > 0 for row in rows)
    assert "Conv(padding=valid)" in {row["name"] for row in rows}


def test_gradcheck_finds_a_wrong_gradient(call, monkeypatch):
    monkeypatch.setattr(Layer, "registry", {})  # what is defined here registers there, and is gone after the test

    @dataclass(frozen=True)
    class Crooked(ReLU):
        """ReLU whose gradient is a thousandth too large."""

        def backward(self, params, grads, cache, dy):
            return super().backward(params, grads, cache, dy) * 1.001

    assert list(Layer.members()) == ["Crooked"]
    status, out, _ = call("gradcheck")
    assert status == 1
    assert "WRONG" in out.splitlines()[1]
    assert out.splitlines()[-1].startswith("1 of ")


def test_variants_of_a_layer_differ_in_one_choice_each():
    found = [layer.to_json() for layer in gradcheck.variants(Layer.members()["Conv"])]
    assert [{k: v for k, v in each.items() if v != found[0][k]} for each in found[1:]] == [
        {"stride": 2}, {"padding": "valid"}, {"bias": False},
    ]  # fmt: skip


def test_a_preset_that_goes_on_from_another_needs_its_checkpoint(call, digits_file, tmp_path, monkeypatch):
    small = PRESETS["dense"].config.with_values(
        {"data.train_images": 70, "data.validation_images": 30, "epochs": 2, "batch_size": 20}
    )
    presets = {"first": Preset("first", "", small),
               "second": Preset("second", "", small.with_values({"frozen": [0, 1, 2]}), base="first")}  # fmt: skip
    monkeypatch.setattr(train, "PRESETS", presets)
    common = ["train", "--data", digits_file, "--runs", tmp_path, "--json"]
    status, out, _ = call(*common, "--preset", "first")
    base = json.loads(out)["checkpoint"]
    status, _, error = call(*common, "--preset", "second")
    assert status == 1
    assert "Train one with --preset first" in error
    status, out, _ = call(*common, "--preset", "second", "--start-from", base)
    assert status == 0
    before, after = (load_checkpoint(path).checkpoint.params for path in (base, json.loads(out)["checkpoint"]))
    np.testing.assert_array_equal(before["1.dense.weight"], after["1.dense.weight"])
    assert (before["3.dense.weight"] != after["3.dense.weight"]).any()


def test_what_was_done_to_ones_own_images_is_said(call, tmp_path):
    rng = np.random.default_rng(0)
    images = np.full((60, 8, 8), 250, np.uint8)
    images[:, 2:6, 2:6] = rng.integers(0, 200, (60, 4, 4))
    np.savez(tmp_path / "paper.npz", images=images, labels=np.arange(60) % 10)
    status, out, error = call(
        "train",
        "--preset",
        "linear",
        "--data",
        tmp_path / "paper.npz",
        "--runs",
        tmp_path / "runs",
        "--set",
        "epochs=1",
    )
    assert (status, error) == (0, "")
    assert "inverted" in out
    assert "held back for the test" in out
