"""One step by hand and the gradient check, on the page."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboard.inside import by_hand_formula as formula
from dashboard.inside.by_hand_check import check_figure, verdict
from dashboard.inside.by_hand_numbers import factor, latex, plain, term
from dashboard.inside.by_hand_terms import table
from dashboard.inside.by_hand_work import Asked, work_out
from engine import load_checkpoint
from engine.checkpoint import read_checkpoint
from engine.datasets import load_split
from engine.explain.unit import Sum
from engine.explain.unit_trace import raw_network, trace
from engine.gradcheck import STEP, WeightCheck
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder
from engine.updating import Updater
from tests.dashboard.inside_pages import CONFIG, ended, five_steps, open_section
from tests.dashboard.shown import checked, said, until


@pytest.fixture
def run(root: Path) -> RunFolder:
    return five_steps(root)


def test_the_output_unit_is_shown_with_softmax_loss_and_new_weights(run: RunFolder) -> None:
    at = open_section("by-hand", run)
    until(at, lambda: "∂L/∂z = p − t" in said(at))
    text = said(at)
    assert r"\sum_k x_k\, w_k" in text
    assert "learning rate of 0.001" in text
    assert "def backward(self, params" in text  # the lines of the engine
    assert "engine/layers/dense.py" in text
    saved = read_checkpoint(run.latest)
    data = load_split(CONFIG.data, CONFIG.seed)
    network = raw_network(saved)
    x = saved.scaling.apply(data.validation_images[:1], np.empty((1, 28, 28, 1), np.float32))[0]
    found = trace(network, CONFIG.loss, x, int(data.validation_labels[0]))
    assert plain(found.loss) in text.replace("-", "−")
    assert all(plain(float(z)) in text for z in found.network_outputs)


def test_each_layer_with_weights_and_each_unit_can_be_chosen(run: RunFolder) -> None:
    at = open_section("by-hand", run)
    until(at, lambda: "∂L/∂y" in said(at))
    at.selectbox("hand-layer").set_value(0).run()
    until(at, lambda: r"\sum_{u,v,c}" in said(at))
    assert "A kernel is the same everywhere" in said(at)
    assert "then 2. BatchNorm" in said(at)
    assert at.number_input("hand-axis-0-2").max == 3
    at.number_input("hand-axis-0-0").set_value(1).run()  # the top row: the padding is part of its window
    until(at, lambda: at.session_state["inside-by-hand"].place is not None)
    checked(at)
    assert not at.button("hand-strongest").disabled
    at.button("hand-strongest").click().run()
    assert at.session_state["inside-by-hand"].place is None
    at.selectbox("hand-layer").set_value(1).run()
    until(at, lambda: r"\mathrm{scale} \cdot h" in said(at))
    assert "running variance" in said(at)


def test_a_network_without_an_image_says_what_to_do(run: RunFolder) -> None:
    at = open_section("by-hand", run, lambda at: setattr(at.session_state["inside-desk"], "source", "drawing"))
    assert "Choose an image or draw a digit" in said(at)


def test_where_there_is_no_run_a_network_that_ships_is_followed(root: Path) -> None:
    at = open_section("by-hand", None)
    until(at, lambda: "no optimizer state" in said(at))


def test_the_gradient_check_is_made_at_the_press_of_a_button(run: RunFolder) -> None:
    at = open_section("by-hand", run)
    until(at, lambda: "∂L/∂y" in said(at))
    assert "gradients agree" not in said(at)
    at.button("check-gradients").click().run()
    until(at, lambda: "gradients agree" in said(at))
    assert "0.conv.weight" in said(at)
    assert at.button("check-gradients").disabled


def test_new_weights_are_those_of_the_engines_updater_with_its_memory(run: RunFolder) -> None:
    saved, image = read_checkpoint(run.latest), np.full((28, 28), 90, np.uint8)
    asked = Asked(saved, (run.latest, 1, 1), image, 4)
    step = work_out(asked, 5, (3,))
    network = raw_network(saved)
    x = saved.scaling.apply(image[np.newaxis], np.empty((1, 28, 28, 1), np.float32))[0]
    gradient = trace(network, CONFIG.loss, x, 4).gradient
    from engine.parallel import make_crew

    updater = Updater(CONFIG, network, make_crew(1))
    for name, slot in updater.slots.items():
        for key, array in network.named(slot).items():
            array[...] = saved.slots[name][key]
    updater.update(gradient.copy(), 1.0, CONFIG.optimizer.learning_rate, 6, slice(0, network.trained))
    assert step.after is not None
    assert np.array_equal(step.after, network.params[5]["weight"][:, 3])
    assert step.count == 6
    assert not step.began_anew


def test_of_a_run_that_has_ended_the_memory_comes_from_its_last_snapshot(run: RunFolder) -> None:
    ended(run)
    image = np.full((28, 28), 90, np.uint8)
    bare = load_checkpoint(run.final).checkpoint
    last = run.snapshots / "000000005.npz"
    with_slots = work_out(Asked(read_checkpoint(run.latest), (last, 1, 1), image, 4), 5, (3,))
    found = work_out(Asked(bare, (run.final, 1, 1), image, 4, last), 5, (3,))
    assert not found.began_anew
    assert np.array_equal(found.after, with_slots.after)  # type: ignore[arg-type]
    other = work_out(Asked(bare, (run.final, 2, 2), image, 4, run.snapshots / "000000002.npz"), 5, (3,))
    assert other.began_anew  # that snapshot has other weights
    at = open_section("by-hand", run)
    until(at, lambda: "∂L/∂y" in said(at))
    assert "no optimizer state" not in said(at)


def test_data_that_is_gone_leaves_the_numbers_but_no_step(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "gone.npz"
    images = np.random.default_rng(1).integers(0, 255, (60, 8, 8)).astype(np.uint8)
    labels = np.arange(60).astype(np.uint8) % 3
    np.savez(path, train_images=images, train_labels=labels, test_images=images[:9], test_labels=labels[:9])
    data = replace(CONFIG.data, source=str(path), train_images=40, validation_images=20)
    config = replace(CONFIG, data=data, layers=(Flatten(), Dense(units=3)), batch_size=8)
    saved = read_checkpoint(five_steps(root, config, "small").latest)
    path.unlink()
    step = work_out(Asked(saved, (path, 1, 1), images[0], 2), 1, None)
    assert step.after is None
    assert "no data under" in step.no_step
    assert isinstance(step.unit.maths, Sum)
    assert formula.backward(step.unit, config.layers[1], None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.5, "−0.5"),
        (1234.5678, "1235"),
        (0.00012345, "1.234×10⁻⁴"),
        (-2e7, "−2×10⁷"),
        (float("nan"), "–"),
        (float("inf"), "∞"),
        (100.0, "100"),
    ],
)
def test_numbers_are_written_as_people_read_them(value: float, text: str) -> None:
    assert plain(value) == text


def test_numbers_in_formulas() -> None:
    assert latex(1.2e-5) == r"1.2\cdot 10^{-5}"
    assert factor(-2.0) == "(-2)"
    assert factor(3.0) == "3"
    assert (term(2.0), term(-2.0)) == (" + 2", " - 2")


def test_cells_of_a_table_are_text() -> None:
    assert "<td>&lt;b&gt;</td>" in table(["x"], [["<b>"]])


def test_a_wrong_gradient_is_named_and_lies_above_the_line() -> None:
    right = WeightCheck("0.conv.weight", (0,), 0.5, 0.5 + 1e-10, STEP, 2e-10)
    wrong = WeightCheck("1.dense.weight", (1,), 0.5, 0.4, STEP, 2e-10)
    kink = WeightCheck("1.dense.weight", (2,), 0.5, 0.5, STEP / 10, 2e-9)
    assert "1 of 3 gradients disagree" in verdict([right, wrong, kink])
    assert "`1.dense.weight`" in verdict([right, wrong, kink])
    assert "1 of them only with a smaller step" in verdict([right, kink])
    figure = check_figure([right, wrong, kink])
    limit, _, dense = figure["data"]
    assert dense["y"][0] == pytest.approx(0.2)
    assert dense["y"][0] > np.interp(0.5, limit["x"], limit["y"])
    assert dense["marker"]["symbol"][1].endswith("-open")


def test_of_a_network_that_has_diverged_nothing_is_compared() -> None:
    lost = WeightCheck("0.conv.weight", (0,), float("nan"), float("inf"), STEP, 2e-10)
    right = WeightCheck("1.dense.weight", (0,), 0.5, 0.5, STEP, 2e-10)
    assert "has diverged" in verdict([lost, right])
    figure = check_figure([lost, right])
    assert [len(trace["x"]) for trace in figure["data"][1:]] == [0, 1]
    assert np.isfinite(figure["layout"]["yaxis"]["range"]).all()


def test_a_network_that_has_diverged_is_followed_all_the_same(run: RunFolder) -> None:
    saved = read_checkpoint(run.latest)
    huge = {name: np.full_like(array, 3e38) for name, array in saved.params.items()}
    image = np.full((28, 28), 90, np.uint8)
    step = work_out(Asked(replace(saved, params=huge), (run.latest, 7, 7), image, 4), 7, None)
    assert not np.isfinite(step.output.loss)
    assert r"\text{NaN}" in formula.loss(step.output) or r"\infty" in formula.loss(step.output)
    assert formula.forward(step.unit, Dense(units=10), "others")
