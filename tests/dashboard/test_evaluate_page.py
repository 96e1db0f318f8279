"""The page Evaluate without a browser: what it says of a network, its mistakes, and how test images are guarded."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.evaluating import held_apart, watching
from dashboard.evaluating.close_up import PAPER_SIDE
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.outcome import Outcome, find
from dashboard.evaluating.robust_view import half_lost
from dashboard.evaluating.sources import Source
from dashboard.running import jobs
from engine.about import About, read_about, write_about
from engine.checkpoint import load_checkpoint, write_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.datasets import load_split
from engine.judging import Robustness, predict, unseen
from engine.layers import Dense, Flatten
from engine.metrics import wilson_interval
from engine.rundir import RunFolder
from engine.trainer import Trainer

CONFIG = TrainingConfig(
    data=DataConfig(train_images=600, validation_images=300), layers=(Flatten(), Dense(units=10)), epochs=1, seed=3
)


def trained(root: Path, name: str, config: TrainingConfig = CONFIG, about: About | None = None) -> RunFolder:
    """A run that has ended, with two snapshots, its best and its last weights."""
    run = RunFolder.create(root, config, name)
    run.snapshots.mkdir()
    trainer = Trainer(config, load_split(config.data, config.seed))
    told = []
    for event in trainer.run():
        told.append(event.to_json() | {"seconds": event.step / 10})
        if event.step in (0, 4):
            write_checkpoint(run.snapshots / f"{event.step:09d}.npz", trainer.checkpoint())
    for file in (run.latest, run.best, run.final):
        write_checkpoint(file, trainer.checkpoint())
    trainer.close()
    run.events_file.write_text("".join(json.dumps(each) + "\n" for each in told))
    run.worker_file.write_text("{}")
    if about is not None:
        write_about(run, about)
    return run


@pytest.fixture(autouse=True)
def unkind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs do not step back: a machine that is busy with other tests would keep these waiting."""
    monkeypatch.setattr(jobs, "KINDNESS", 0)


@pytest.fixture
def run(root: Path) -> RunFolder:
    return trained(root, "first")


def script() -> None:  # only its body goes into the page
    from dashboard import session
    from dashboard.views import evaluate

    session.follow_address("evaluate")
    evaluate.render()


def checked(at: AppTest) -> AppTest:
    assert not at.exception, at.exception[0].stack_trace
    return at


def open_page(run_id: str = "", **address: str) -> AppTest:
    at = AppTest.from_function(script, default_timeout=60)
    for name, value in (address | ({"run": run_id} if run_id else {})).items():
        at.query_params[name] = value
    return settled(checked(at.run()))


def settled(at: AppTest, seconds: float = 60) -> AppTest:
    """When nothing is on its way any more."""
    end = time.monotonic() + seconds
    while here(at).waiting or here(at).polling:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
        checked(at.run())
    return at


def here(at: AppTest) -> Any:
    return at.session_state["evaluate-desk"]


def html(at: AppTest) -> str:
    return "\n".join(block.proto.body for block in at.get("html"))


def texts(at: AppTest) -> str:
    return "\n".join(each.value for each in (*at.markdown, *at.caption, *at.warning))


def data_of(at: AppTest, key: str) -> Any:
    """What a component was given."""
    found = [each.proto for each in at.get("bidi_component") if key in each.proto.id]
    assert len(found) == 1, key
    return json.loads(found[0].json)


def outcome(run: RunFolder) -> Outcome:
    return find(run.final, "validation", lambda share, partial=None: None)


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
    assert "<b>other" not in texts(at)


def test_half_of_the_accuracy_is_lost_between_two_points() -> None:
    def point(amount: float, accuracy: float) -> Robustness:
        return Robustness(amount, accuracy, 0, 1)

    curve = (point(0, 0.8), point(-1, 0.6), point(1, 0.7), point(-2, 0.2), point(2, 0.5))
    assert half_lost(curve) == pytest.approx([-1.5])  # half-way from 0.6 to 0.2
    assert half_lost(curve[:3]) == []


def test_two_networks_are_compared_on_images_that_are_new_to_both(run: RunFolder, root: Path) -> None:
    other = trained(root, "other", replace(CONFIG, seed=4, epochs=2, batch_size=8))
    at = open_page("first", view="two", against="other")
    pair = at.session_state["evaluate-pair"].pair
    found = outcome(run)
    model = load_checkpoint(other.final)
    fair = unseen(model.checkpoint, found.held.images)
    shares = predict(model, found.held.images)
    np.testing.assert_array_equal(pair.fair, fair)
    right_a, right_b = found.right[fair], (shares.argmax(axis=1) == found.held.labels)[fair]
    assert pair.groups.only_a.sum() == (right_a & ~right_b).sum()
    assert not (pair.groups.only_a & ~fair).any()
    assert f"{100 * right_a.mean():.2f} %" in html(at)
    assert f"{100 * right_b.mean():.2f} %" in html(at)
    groups = next(each for each in at.get("button_group") if each.key == "two-group")
    assert groups.options[1].replace("\\", "") == f"Only other is right ({pair.groups.only_b.sum()})"
    cards = data_of(at, "evaluate-gallery")["cards"]
    assert len(cards) == min(int(pair.groups.only_a.sum()), 40)
    assert cards[0]["lines"][1].startswith("other: ")


def test_networks_for_other_images_are_not_compared(run: RunFolder, root: Path) -> None:
    small = replace(CONFIG, data=replace(CONFIG.data, source="mnist16"))
    trained(root, "small", small)
    said = texts(open_page("first", view="two", against="small"))
    assert "Compare networks for the same data" in said.replace("\\", "")
    assert "Not all curves can be drawn" in texts(open_page("first", view="robustness", against="small"))


def test_test_images_are_shown_on_request_only_and_each_look_is_counted(run: RunFolder) -> None:
    at = open_page("first")
    here(at).images = "test"
    checked(at.run())
    assert "Test images are kept apart" in texts(at)
    assert "Nobody has looked at them" in texts(at)
    assert "read correctly" not in html(at)
    checked(at.button("look-at-test").click().run())
    settled(at)
    assert "of 10,000 test images are read correctly" in html(at)
    assert "Looked at once so far." in texts(at)
    assert read_about(run).test_looks == 1
    again = open_page("first")
    here(again).images = "test"
    checked(again.run())
    assert "read correctly" not in html(again)  # another tab has to ask again
    checked(again.button("look-at-test").click().run())
    assert "Looked at 2 times so far." in texts(settled(again))


def further(run: RunFolder) -> None:
    """The run went on, and ended with other weights."""
    config = replace(CONFIG, seed=9)
    trainer = Trainer(config, load_split(config.data, config.seed))
    for _ in trainer.run():
        pass
    write_checkpoint(run.path / "new.npz", trainer.checkpoint())
    trainer.close()
    (run.path / "new.npz").replace(run.final)


def test_test_figures_of_older_weights_can_be_renewed_also_when_the_run_has_ended(run: RunFolder) -> None:
    at = open_page("first")
    here(at).images = "test"
    settled(checked(checked(at.run()).button("look-at-test").click().run()))
    old = outcome_of(at).stamp
    assert not [each for each in at.button if each.key == "look-again"]
    further(run)
    settled(checked(at.run()))
    assert outcome_of(at).stamp == old
    settled(checked(at.button("look-again").click().run()))
    assert outcome_of(at).stamp == jobs.stamp(run.final) != old
    assert not [each for each in at.button if each.key == "look-again"]
    assert read_about(run).test_looks == 2


def outcome_of(at: AppTest) -> Outcome:
    """The figures on test images that were agreed to."""
    (found,) = here(at).agreed.values()
    return found


def test_test_figures_of_a_few_networks_only_are_kept(run: RunFolder) -> None:
    desk, found = EvaluateDesk(), outcome(run)
    for number in range(watching.KEPT + 3):
        held_apart._keep(desk, Source(str(number), "", run.final), found)
    held_apart._keep(desk, Source("3", "", run.final), found)
    assert list(desk.agreed) == [*map(str, range(4, watching.KEPT + 3)), "3"]


def test_a_comparison_follows_a_run_to_its_end(run: RunFolder, root: Path) -> None:
    other = trained(root, "other", replace(CONFIG, seed=4))
    at = open_page("first", view="two", against="other")
    kept = at.session_state["evaluate-pair"]
    before = kept.pair
    kept.rests_until = time.monotonic() + 1000  # as a moment after a comparison of runs in training
    further(other)
    settled(checked(at.run()))
    kept = at.session_state["evaluate-pair"]
    assert kept.done == (outcome(run).stamp, jobs.stamp(other.final))
    assert kept.pair is not before


def test_a_comparison_that_was_begun_before_the_end_is_not_the_last(run: RunFolder, root: Path) -> None:
    other = trained(root, "other", replace(CONFIG, seed=4))
    at = open_page("first", view="two", against="other")
    kept, old = at.session_state["evaluate-pair"], jobs.stamp(other.final)
    further(other)
    kept.asked = (kept.found, old)
    settled(checked(at.run()))
    assert at.session_state["evaluate-pair"].done[1] == jobs.stamp(other.final) != old


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


class TestWatching:
    """A run that trains is looked at no oftener than it can bear, and without gaps."""

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        now = [100.0]
        monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
        return now

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch, run: RunFolder) -> list[Any]:
        """Answers at once; notes the stamps that were asked for."""
        stamps: list[Any] = []
        found = outcome(run)

        def ask(pool: object, stamp: Any, which: str, patience: float = 0.0, hands: int = 1) -> Any:
            stamps.append(stamp)
            return watching.outcome.Progress(1.0, replace(found, stamp=stamp, seconds=1.5))

        monkeypatch.setattr(watching.outcome, "ask", ask)
        monkeypatch.setattr(watching.session, "jobs", lambda: None)
        return stamps

    def test_newer_weights_wait_until_the_run_has_rested(
        self, run: RunFolder, clock: list[float], asked: list[Any]
    ) -> None:
        desk, source = EvaluateDesk(every=0.3), Source("a", "a", run.latest, live=True)

        def look() -> Any:
            return watching.watch(desk, source, "validation").found

        first = look()
        shutil.copy(run.best, run.path / "new")
        (run.path / "new").replace(run.latest)
        clock[0] += 11.9  # it took 1.5 s, so it rests for 12
        assert look() is first
        clock[0] += 0.2
        second = look()
        assert second is not first
        clock[0] += 60
        assert look() is second  # nothing newer is there
        assert len(asked) == 2

    def test_the_page_is_made_anew_when_there_are_other_figures_than_it_shows(
        self, run: RunFolder, clock: list[float], asked: list[Any]
    ) -> None:
        desk, source = EvaluateDesk(every=0.3), Source("a", "a", run.latest, live=True)
        assert watching.has_news(desk, source, "validation")  # they are found here, too
        desk.seen = watching.watch(desk, source, "validation").found
        assert not watching.has_news(desk, source, "validation")
        shutil.copy(run.best, run.path / "new")
        (run.path / "new").replace(run.latest)
        assert not watching.has_news(desk, source, "validation")  # the run rests
        clock[0] += 12.1
        assert watching.has_news(desk, source, "validation")
        assert len(asked) == 2
