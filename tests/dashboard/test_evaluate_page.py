"""The page Evaluate without a browser: what it says of a network, its mistakes, and what it was set to."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboard.evaluating.close_up import PAPER_SIDE
from dashboard.evaluating.robust_view import half_lost
from engine.about import About
from engine.judging import Robustness
from engine.layers import Dense, Flatten
from engine.metrics import wilson_interval
from engine.rundir import RunFolder
from tests.dashboard.evaluate_pages import CONFIG, here, open_page, outcome, settled, trained
from tests.dashboard.shown import checked, data_of, html, markdown, texts


@pytest.fixture
def run(root: Path) -> RunFolder:
    return trained(root, "first")


def test_without_a_run_the_network_that_ships_is_evaluated(root: Path) -> None:
    at = open_page()
    assert "convnet, as it ships" in html(at)
    assert "of 5,000 validation images are read correctly" in html(at)
    assert at.selectbox(key="evaluate-network").value == "ships:convnet"


def test_the_figures_are_those_of_the_validation_images(run: RunFolder) -> None:
    found = outcome(run)
    page = html(open_page("first"))
    assert f"{found.hits:,} of 300 validation images are read correctly" in page
    low, high = wilson_interval(found.hits, 300)
    assert f"95 %: {100 * low:.2f} to {100 * high:.2f}" in page
    assert f"<b>{100 * found.hits / 300:.2f} % " in page


def test_all_mistakes_are_shown_the_surest_first_and_a_cell_shows_its_own(run: RunFolder) -> None:
    at, found = open_page("first"), outcome(run)
    assert data_of(at, "confusion-grid")["counts"] == found.counts.tolist()
    cards = data_of(at, "evaluate-gallery")["cards"]
    wrong = np.flatnonzero(~found.right)
    expected = sorted(wrong.tolist(), key=lambda place: (-found.confidence[place], place))
    assert [card["place"] for card in cards] == expected[:40]
    assert f"All {len(wrong)} mistakes among 300 images" in texts(at)
    mistakes = found.counts.copy()
    np.fill_diagonal(mistakes, 0)
    true, read = np.unravel_index(mistakes.argmax(), mistakes.shape)
    here(at).pick(int(true), int(read))
    checked(at.run())
    cards = data_of(at, "evaluate-gallery")["cards"]
    assert len(cards) == mistakes.max()
    assert {card["title"] for card in cards} == {f"{true} → {read}"}
    assert all(found.held.labels[card["place"]] == true and found.read[card["place"]] == read for card in cards)
    second = found.second[cards[0]["place"]]
    assert cards[0]["lines"][1].startswith(f"then {second}: ")


def test_the_select_boxes_say_the_same_as_the_matrix(run: RunFolder) -> None:
    at, found = open_page("first"), outcome(run)
    checked(at.selectbox(key="mistakes-true").select(5).run())
    assert data_of(at, "confusion-grid")["picked"] == [5, None]
    misread = int(found.scores.support[5] - found.counts[5, 5])
    assert f"{misread} of {found.scores.support[5]} images of class 5 are misread" in texts(at)
    here(at).pick(None, 8)
    checked(at.run())
    shown = {each.key.partition("--")[0]: each.value for each in at.selectbox}
    assert (shown["mistakes-true"], shown["mistakes-read"]) == (-1, 8)


def test_many_mistakes_come_in_pages(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.evaluating.pictures.ON_A_PAGE", 5)
    at = open_page("first")
    first = [card["place"] for card in data_of(at, "evaluate-gallery")["cards"]]
    checked(at.button("page-on").click().run())
    second = [card["place"] for card in data_of(at, "evaluate-gallery")["cards"]]
    assert len(first) == len(second) == 5
    assert not set(first) & set(second)
    assert "6 to 10 of" in texts(at)


def test_an_image_is_looked_at_closely_and_taken_to_the_draw_page(run: RunFolder) -> None:
    at, found = open_page("first"), outcome(run)
    place = data_of(at, "evaluate-gallery")["cards"][0]["place"]
    here(at).picked = place
    checked(at.run())
    assert f"The label says {found.held.labels[place]}" in html(at)
    assert html(at).count('class="ink-bars"') == 1
    assert "Drawn on the pad" in texts(at)
    at.button("to-draw").click().run()  # there is no page to switch to in this test: what it leaves on the desk counts
    desk = at.session_state["desk"]
    assert desk.source == "file"
    assert desk.photo.image.shape == (PAPER_SIDE, PAPER_SIDE, 3)
    assert desk.readers == ["the run on the Train page"]


def test_every_class_has_its_scores(run: RunFolder) -> None:
    page, scores = html(open_page("first", view="classes")), outcome(run).scores
    for number in range(10):
        assert f"{scores.precision[number]:.2%}".replace("%", " %") in page
        assert f"<td>{scores.support[number]}</td>" in page
    assert f"<td>{scores.macro[2]:.2%}</td>".replace("%", " %") in page


def test_confidence_is_read_in_words_and_goes_to_the_pad(run: RunFolder) -> None:
    at, found = open_page("first", view="confidence"), outcome(run)
    answered = found.confidence >= np.float32(0.9)
    assert f"({answered.sum()} of 300)" in texts(at)
    assert f"{(answered & ~found.right).sum()} mistakes are left" in texts(at)
    assert f"the dotted line, is {100 * found.calibration.error:.1f} %" in texts(at)
    checked(at.select_slider(key="evaluate-threshold").set_value(0.99).run())
    checked(at.button("threshold-to-pad").click().run())
    assert at.session_state["desk"].least == 0.99
    assert not [button for button in at.button if button.key == "threshold-to-pad"]


def test_robustness_is_drawn_for_both_networks_and_stays_within_the_sample(run: RunFolder, root: Path) -> None:
    trained(root, "other", replace(CONFIG, seed=4), About(name="<b>other</b>"))
    at = open_page("first", view="robustness", against="other")
    assert "Accuracy on 300 of the validation images" in texts(at)
    charts = [each.proto for each in at.get("bidi_component") if "robust-chart" in each.proto.id]
    assert len(charts) == 7
    figure = json.loads(next(each.json for each in charts if "robust-chart-rotation" in each.id))["figure"]
    lines = [trace for trace in figure["data"] if trace.get("hovertemplate")]
    assert len(lines) == 2
    assert lines[0]["x"] == [-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60]
    assert lines[0]["y"][5] == pytest.approx(100 * outcome(run).hits / 300, abs=0.01)
    assert "&lt;b&gt;other" in lines[1]["hovertemplate"]
    assert "Training had none of it." in texts(at)
    assert "<b>other" not in markdown(at)


def test_half_of_the_accuracy_is_lost_between_two_points() -> None:
    def point(amount: float, accuracy: float) -> Robustness:
        return Robustness(amount, accuracy, 0, 1)

    curve = (point(0, 0.8), point(-1, 0.6), point(1, 0.7), point(-2, 0.2), point(2, 0.5))
    assert half_lost(curve) == pytest.approx([-1.5])  # half-way from 0.6 to 0.2
    assert half_lost(curve[:3]) == []


def test_a_snapshot_is_evaluated_as_the_page_is_rewound(run: RunFolder) -> None:
    at = open_page("first")
    at.session_state["shown"].at_step = 4
    settled(checked(at.run()))
    assert "snapshot of step 4" in html(at)
    assert data_of(at, "evaluate-slider")["at"] == 4
    here(at).weights, at.session_state["shown"].at_step = "best", None
    settled(checked(at.run()))
    assert "weights of the best epoch" in html(at)
    assert at.query_params["weights"] in ("best", ["best"])


def test_a_reload_finds_what_was_chosen_and_forgets_what_makes_no_sense(run: RunFolder) -> None:
    at = open_page("first", view="classes", weights="best", against="ships:convnet")
    assert (here(at).view, here(at).weights, here(at).against) == ("classes", "best", "ships:convnet")
    wild = open_page("first", view="../..", weights="x", network="<b>", against="..")
    assert (here(wild).view, here(wild).weights, here(wild).network, here(wild).against) == (
        "mistakes",
        "newest",
        "",
        "",
    )
    assert "view" not in wild.query_params


def test_a_run_that_is_deleted_while_it_is_looked_at(run: RunFolder) -> None:
    at = open_page("first")
    shutil.rmtree(run.path)
    settled(checked(at.run()))
    assert "convnet" in html(at)


def test_a_run_without_weights_says_so(root: Path) -> None:
    RunFolder.create(root, CONFIG, "empty")
    assert "has no weights" in html(open_page("empty"))


def test_damaged_weights_and_lost_data_are_told_in_words(run: RunFolder, root: Path) -> None:
    run.final.write_bytes(b"not a checkpoint")
    assert "first cannot be evaluated" in html(open_page("first"))
    images = np.random.default_rng(0).integers(0, 255, (400, 28, 28)).astype(np.uint8)
    np.savez(root / "own.npz", images=images, labels=np.arange(400) % 12)
    own = replace(CONFIG, data=replace(CONFIG.data, source=str(root / "own.npz")), layers=(Flatten(), Dense(units=12)))
    run = trained(root, "own-data", own)
    at = open_page("own-data")
    assert len(data_of(at, "confusion-grid")["counts"]) == 12
    (root / "own.npz").unlink()
    run.final.unlink()
    assert "no data under" in html(open_page("own-data"))
