"""The optimizer under the microscope, on the page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboard.inside import microscope_formula as formula
from dashboard.inside.by_hand_numbers import latex, plain
from dashboard.inside.microscope_charts import memory_figure, weight_figure
from dashboard.inside.microscope_words import words
from dashboard.inside.microscope_work import OWN, Wanted, look, trail
from engine.checkpoint import read_checkpoint, write_checkpoint
from engine.config import Penalty
from engine.datasets import load_split
from engine.events import BatchDone
from engine.layers import Dense, Flatten
from engine.optimizers import SGD, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp
from engine.rundir import RunFolder
from engine.snapshots import snapshots
from engine.trainer import Trainer
from tests.dashboard.inside_pages import CONFIG, ended, five_steps, open_section
from tests.dashboard.shown import checked, said, until

SMALL = replace(CONFIG, layers=(Flatten(), Dense(units=10)))
PARTS = {
    SGD: [r"w - \eta\, g"],
    Momentum: [r"\mu\, v + g", r"w - \eta\, v"],
    Nesterov: [r"g + \mu\, v", r"w - \eta\, d"],
    RMSProp: [r"\rho\, s", r"\sqrt{s} + \varepsilon"],
    Adam: [r"\hat m", r"1 - 0.9^{6}", r"\sqrt{\hat v} + \varepsilon"],
    AdamW: [r"\hat m", r"(1 - \eta \lambda)"],
}


@pytest.fixture
def run(root: Path) -> RunFolder:
    return five_steps(root)


def test_the_page_shows_the_step_that_the_run_makes_next(run: RunFolder) -> None:
    at = open_section("microscope", run)
    until(at, lambda: r"w_{\text{new}}" in said(at))
    weight = at.session_state["inside-microscope"].seen[1].weight
    saved = read_checkpoint(run.latest)
    trainer = Trainer(CONFIG, load_split(CONFIG.data, CONFIG.seed), resume=saved)
    done = next(event for event in trainer.run() if isinstance(event, BatchDone))
    after = trainer.checkpoint().params[weight.name][weight.index]
    assert weight.after == after
    text = said(at)
    assert latex(float(after), 6) in text
    assert plain(done.loss) in text
    assert "**Step 6**" in text
    assert "def update(self, p" in text


def test_another_weight_is_chosen_by_size_by_array_and_by_place(run: RunFolder) -> None:
    at = open_section("microscope", run)
    until(at, lambda: r"w_{\text{new}}" in said(at))
    at.selectbox("microscope-array").set_value("0.conv.weight").run()
    until(at, lambda: at.session_state["inside-microscope"].seen[1].weight.name == "0.conv.weight")
    assert [each.max for each in at.number_input if str(each.key).startswith("microscope-0.conv.weight")] == [
        3,
        3,
        1,
        3,
    ]
    at.number_input("microscope-0.conv.weight-3").set_value(2).run()
    until(at, lambda: at.session_state["inside-microscope"].seen[1].weight.index[3] == 1)
    assert at.session_state["inside-microscope"].wanted.choice == OWN
    at.session_state["inside-microscope"].wanted = Wanted("weight", "7.dense.bias")
    checked(at.run())
    until(at, lambda: at.session_state["inside-microscope"].seen[1].weight.name == "7.dense.bias")
    at.session_state["inside-microscope"].wanted = Wanted(OWN, "7.dense.bias", (99,))  # of a larger network
    checked(at.run())
    assert at.session_state["inside-microscope"].wanted == Wanted()


def test_of_a_run_that_has_ended_the_memory_of_its_last_snapshot_is_shown(run: RunFolder) -> None:
    ended(run)
    at = open_section("microscope", run)
    until(at, lambda: r"w_{\text{new}}" in said(at))
    assert "no optimizer state" not in said(at)
    assert "**Step 6**" in said(at)
    assert r"^{6}" in said(at)  # t


def test_a_rewound_run_shows_the_step_from_there(run: RunFolder) -> None:
    at = open_section("microscope", run, lambda at: setattr(at.session_state["shown"], "at_step", 2))
    until(at, lambda: "**Step 3**" in said(at))


def test_data_that_is_gone_is_said(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone.npz"
    images = np.random.default_rng(1).integers(0, 255, (60, 8, 8)).astype(np.uint8)
    labels = np.arange(60).astype(np.uint8) % 3
    np.savez(path, train_images=images, train_labels=labels, test_images=images[:9], test_labels=labels[:9])
    data = replace(CONFIG.data, source=str(path), train_images=40, validation_images=20)
    run = five_steps(root, replace(CONFIG, data=data, layers=(Flatten(), Dense(units=3)), batch_size=8), "small")
    path.unlink()
    at = open_section("microscope", run)
    until(at, lambda: "The next batch cannot be assembled" in said(at))


@pytest.mark.parametrize("kind", PARTS)
def test_each_optimizer_has_its_formula_with_the_engines_numbers(root: Path, kind: type[Optimizer]) -> None:
    config = replace(SMALL, optimizer=kind(learning_rate=0.01))
    run = five_steps(root, config, kind.__name__)
    seen = look(read_checkpoint(run.latest), (run.latest, 1, 1), Wanted())
    text = "\n".join(formula.whole(seen))
    assert all(part in text for part in PARTS[kind])
    assert latex(seen.weight.gradient) in text
    assert latex(seen.weight.after, 6) in text
    assert seen.weight.by_formula == pytest.approx(seen.weight.after, rel=1e-4, abs=1e-6)
    assert len(words(seen)) == 2


def test_clipping_and_penalties_are_lines_of_their_own(root: Path) -> None:
    config = replace(SMALL, optimizer=SGD(), penalty=Penalty(l1=0.01, l2=0.02, decoupled=0.1), clip_norm=0.01)
    run = five_steps(root, config, "clipped")
    seen = look(read_checkpoint(run.latest), (run.latest, 1, 1), Wanted())
    text = "\n".join(formula.whole(seen))
    assert r"\frac{c}{\lVert g \rVert}" in text
    assert r"\lambda_2 w + \lambda_1 \operatorname{sign} w" in text
    assert r"(1 - \eta \lambda)" in text
    bias = look(read_checkpoint(run.latest), (run.latest, 1, 1), Wanted("gradient", "1.dense.bias"))
    assert r"\lambda" not in "\n".join(formula.whole(bias))


def test_a_diverged_step_is_told(run: RunFolder) -> None:
    saved = read_checkpoint(run.latest)
    huge = {"7.dense.weight": np.full((8, 10), 1e38, np.float32)}
    seen = look(replace(saved, params=saved.params | huge), (run.latest, 9, 9), Wanted())
    assert "not finite" in words(seen)[0]
    assert formula.whole(seen)


def test_a_weights_way_is_that_of_the_snapshots(run: RunFolder) -> None:
    told: list[float] = []
    found = trail(snapshots(run), "0.conv.bias", (1,), lambda share, partial=None: told.append(share))
    assert found.steps.tolist() == [0, 2, 5]
    for step, weight, m, v in zip(found.steps, found.weights, found.slots["m"], found.slots["v"], strict=True):
        saved = read_checkpoint(run.snapshots / f"{step:09d}.npz")
        assert weight == saved.params["0.conv.bias"][1]
        assert m == pytest.approx(0.1 * saved.slots["m"]["0.conv.bias"][1])  # the paper's m, not the engine's
        assert v == pytest.approx(0.001 * saved.slots["v"]["0.conv.bias"][1])
    assert told[0] == 0
    figure = weight_figure(found, 5, "weight", "step")
    assert figure["layout"]["shapes"][0]["x0"] == 5
    assert [trace["name"] for trace in memory_figure(found, 5, "step", "kept")["data"]] == ["m", "√v"]


def test_snapshots_that_went_or_are_of_another_network_are_passed_over(run: RunFolder) -> None:
    found = snapshots(run)
    found[0].path.write_bytes(b"no checkpoint")
    bare = replace(read_checkpoint(found[1].path), slots={})
    write_checkpoint(found[1].path, bare)
    way = trail(found, "0.conv.bias", (1,), lambda share, partial=None: None)
    assert way.steps.tolist() == [2, 5]
    assert np.isnan(way.slots["m"]).tolist() == [True, False]
    assert not len(trail(found, "0.conv.bias", (7,), lambda share, partial=None: None).steps)
