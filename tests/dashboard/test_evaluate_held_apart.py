"""Test images on the page Evaluate: shown on request only, and each look is counted."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.evaluating import held_apart, watching
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source
from dashboard.running import jobs
from engine.about import read_about
from engine.rundir import RunFolder
from tests.dashboard.evaluate_pages import further, here, open_page, outcome, settled, trained
from tests.dashboard.shown import checked, html, texts


@pytest.fixture
def run(root: Path) -> RunFolder:
    return trained(root, "first")


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
