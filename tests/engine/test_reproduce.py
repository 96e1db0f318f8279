"""The courseworks' experiments: stopped and continued, and judged."""

import json
import re
from dataclasses import replace

import pytest

from engine import cli
from engine.config import DataConfig, TrainingConfig, check_network
from engine.datasets import facts
from engine.layers import Dense, Flatten, ReLU
from engine.presets import PRESETS, Preset
from engine.reproduce import CLAIMS, EXPERIMENTS, Claim, Experiment, Laboratory, Report, Result, judge
from engine.reproduce.claims import FAILS, HOLDS, OPEN, WORDS
from engine.reproduce.running import chosen


def result(name, seed=1, **values):
    known = {
        "test_accuracy": 0.95, "test_loss": 0.2, "test_images": 1000, "validation_accuracy": 0.96,
        "validation_loss": 0.1, "train_loss": 0.05, "best_step": 500.0, "converged": 400.0, "good_at": 300.0,
        "steps": 600, "epochs": 6.0, "seconds": 3.5, "reason": "finished",
    }  # fmt: skip
    return Result(name, seed, **(known | values))


def test_every_experiment_is_a_preset_and_every_claim_is_about_experiments():
    assert set(EXPERIMENTS) <= set(PRESETS)
    assert {name for claim in CLAIMS for name in (claim.a, claim.b)} <= set(EXPERIMENTS)
    assert {claim.quantity for claim in CLAIMS} == set(WORDS)


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained_on_its_data(name):
    config = PRESETS[name].config
    found = facts(config.data.source)
    check_network(config, found.image_shape, found.classes)
    assert PRESETS[name].teaches.endswith(".")
    assert not PRESETS[name].base or PRESETS[name].base in PRESETS


def test_a_preset_that_goes_on_from_another_has_the_same_arrays():
    preset = PRESETS["16x16-fine-tuning"]
    assert preset.config.layers == PRESETS[preset.base].config.layers
    assert preset.config.frozen == tuple(range(len(preset.config.layers) - 1))


# --- the command, on networks that take milliseconds -----------------------------------------------------------


@pytest.fixture
def small(digits_file, monkeypatch):
    """Three tiny experiments in place of the real ones, one of which goes on from another."""
    config = TrainingConfig(
        data=DataConfig(source="mnist16", train_images=70, validation_images=30),
        layers=(Flatten(), Dense(units=6), ReLU(), Dense(units=10)),
        batch_size=10,
        epochs=2,
    )
    presets = {
        "plain": Preset("plain", "Small.", config),
        "longer": Preset("longer", "Longer.", replace(config, epochs=3)),
        "tuned": Preset("tuned", "Tuned.", replace(config, frozen=(0, 1, 2), epochs=1), base="plain"),
    }
    experiments = {name: Experiment(name, "somebody", 0.5) for name in presets}
    claims = (Claim("longer takes longer", "longer", "plain", "best_step", True),)
    for module, name, value in (
        ("experiments", "PRESETS", presets),
        ("running", "PRESETS", presets),
        ("report", "EXPERIMENTS", experiments),
        ("report", "CLAIMS", claims),
    ):
        monkeypatch.setattr(f"engine.reproduce.{module}.{name}", value)
    monkeypatch.setattr("engine.commands.reproduce.EXPERIMENTS", experiments)
    return digits_file


def test_the_command_trains_everything_once_and_writes_what_it_found(small, tmp_path, capsys):
    out = tmp_path / "table.md"
    arguments = ["reproduce", "--data", str(small), "--seeds", "2", "--folder", str(tmp_path / "runs"), "--out", out]
    assert cli.main([*map(str, arguments), "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in first["experiments"]] == ["plain", "longer", "tuned"]
    assert [run["seed"] for run in first["experiments"][0]["runs"]] == [1, 2]
    assert first["experiments"][0]["runs"][0]["steps"] == 14  # 70 images in batches of 10, twice
    assert first["claims"][0]["claim"] == "longer takes longer"
    table = out.read_text()
    assert re.search(r"\| plain \| 50 % \| \d+\.\d\d ± \d+\.\d\d % \| – \|", table)
    assert "its figures cannot be compared" in table
    assert cli.main([*map(str, arguments)]) == 0
    assert capsys.readouterr().out.count("known") == 6, "nothing is trained twice"


def test_what_was_stopped_goes_on_where_it_was_and_ends_with_the_same_figures(small, tmp_path):
    experiment = EXPERIMENTS["16x16-small"]
    experiment = replace(experiment, name="longer")
    whole = Laboratory(tmp_path / "whole", str(small)).train(experiment, 1)
    stopped = Laboratory(tmp_path / "stopped", str(small))
    stopped.leave.set()  # as by Ctrl-C, at the first batch
    assert stopped.train(experiment, 1) is None
    assert stopped.find(experiment, 1) is None
    stopped.leave.clear()
    again = stopped.train(experiment, 1)
    assert replace(again, seconds=whole.seconds) == whole
    assert stopped.find(experiment, 1) == again


def test_other_settings_are_other_runs(small, tmp_path, monkeypatch):
    laboratory = Laboratory(tmp_path, str(small))
    experiment = replace(EXPERIMENTS["16x16-small"], name="plain")
    laboratory.train(experiment, 1)
    changed = {"plain": Preset("plain", "Wider.", PRESETS["16x16-small"].config)}
    monkeypatch.setattr("engine.reproduce.running.PRESETS", changed)
    assert laboratory.find(experiment, 1) is None


def test_a_run_is_named_by_what_was_chosen_so_that_new_settings_do_not_lose_it():
    config = TrainingConfig(layers=(Dense(units=10),), epochs=3)
    assert chosen(config) == {
        "kind": "TrainingConfig",
        "layers": [{"kind": "Dense", "units": 10}],
        "epochs": 3,
    }
    assert chosen(TrainingConfig()) == {"kind": "TrainingConfig"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "16x16-huge"], "expected some of 16x16-small"),
        (["--seeds", "0"], "expected at least 1; got 0"),
        (["--data", "nowhere.mat"], "no data under"),
    ],
)
def test_wrong_wishes_are_explained(arguments, message, tmp_path, capsys):
    assert cli.main(["reproduce", *arguments, "--folder", str(tmp_path)]) == 1
    assert message in capsys.readouterr().err


# --- verdicts --------------------------------------------------------------------------------------------------

CLAIM = Claim("both are worse", "mnist-both", "mnist-dropout", "test_accuracy", False)


@pytest.mark.parametrize(
    ("both", "dropout", "outcome"),
    [
        ((0.95, 0.951, 0.952), (0.97, 0.971, 0.972), HOLDS),
        ((0.97, 0.971, 0.972), (0.95, 0.951, 0.952), FAILS),
        ((0.95, 0.96, 0.97), (0.955, 0.965, 0.975), OPEN),
        ((0.95,), (0.97,), OPEN),
    ],
)
def test_a_claim_is_judged_by_the_interval_of_the_difference(both, dropout, outcome):
    results = {
        "mnist-both": [result("mnist-both", i, test_accuracy=v) for i, v in enumerate(both)],
        "mnist-dropout": [result("mnist-dropout", i, test_accuracy=v) for i, v in enumerate(dropout)],
    }
    assert judge(CLAIM, results).outcome == outcome
    assert judge(CLAIM, {"mnist-both": results["mnist-both"]}) is None


def test_a_run_that_never_came_so_far_decides_nothing():
    claim = replace(CLAIM, quantity="good_at")
    results = {name: [result(name, i, good_at=None) for i in (1, 2)] for name in ("mnist-both", "mnist-dropout")}
    assert judge(claim, results).outcome == OPEN


def test_ours_is_level_with_theirs_within_two_standard_errors_of_both():
    def level(*accuracies):
        report = Report("usps16")
        for seed, accuracy in enumerate(accuracies):
            report.add(result("16x16-deep", seed, test_accuracy=accuracy))
        return report.level(EXPERIMENTS["16x16-deep"])

    # reported 95.0 % of 1,000 images: standard error sqrt(0.95 * 0.05 / 1000) = 0.69 points
    assert level(0.94, 0.94) == "level"
    assert level(0.97, 0.97) == "above"
    assert level(0.93, 0.93) == "below"
    assert level(0.93, 0.99) == "level"  # a spread of ours counts too


def test_a_report_counts_its_seeds_and_says_so_when_there_is_nothing():
    report = Report("usps16")
    assert report.markdown() == "Nothing is finished yet.\n"
    report.add(result("16x16-deep"))
    assert "with 1 seed of each." in report.markdown()
    report.add(result("16x16-deep", 2))
    report.add(result("16x16-small"))
    assert "with 1 to 2 seeds of each." in report.markdown()
    assert "+0.00 points, but one seed says nothing of luck" in report.markdown()
