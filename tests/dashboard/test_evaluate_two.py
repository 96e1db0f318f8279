"""Two networks side by side on the page Evaluate."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dashboard.running import jobs
from engine.checkpoint import load_checkpoint
from engine.judging import predict, unseen
from engine.rundir import RunFolder
from tests.dashboard.evaluate_pages import CONFIG, further, open_page, outcome, settled, trained
from tests.dashboard.shown import checked, data_of, html, texts


@pytest.fixture
def run(root: Path) -> RunFolder:
    return trained(root, "first")


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
    assert "Compare networks for the same data" in said
    assert "Not all curves can be drawn" in texts(open_page("first", view="robustness", against="small"))


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
