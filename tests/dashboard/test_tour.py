"""The tour: each step waits for the real thing, and goes on when it was done."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.learning import tour
from tests.dashboard.shown import checked, texts

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def opened() -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=30)
    return checked(at.run())


def begun(at: AppTest) -> AppTest:
    at.session_state["tour"] = tour.Tour(seen=False)
    checked(at.run())
    at.button(key="tour-start").click()
    return checked(at.run())


def test_without_a_word_from_the_browser_nothing_is_offered(root):
    assert "New here?" not in texts(opened())


def test_a_first_visit_is_offered_the_tour_and_may_decline_it(root):
    at = opened()
    at.session_state["tour"] = tour.Tour(seen=False)
    assert "New here?" in texts(checked(at.run()))
    at.button(key="tour-no").click()
    assert "New here?" not in texts(checked(at.run()))


def test_the_offer_stands_before_the_page_and_an_empty_element_takes_its_place(root):
    """A rerun may stop a run anywhere in the page: what comes after would stay from the run before."""
    at = opened()
    assert at.main.children[1].type == "empty"
    at.session_state["tour"] = tour.Tour(seen=False)
    count = len(at.main.children)
    checked(at.run())
    assert at.main.children[1].proto.id.endswith("tour-offer")
    assert len(at.main.children) == count
    at.button(key="tour-no").click()
    checked(at.run())
    assert at.main.children[1].type == "empty"


def test_a_step_waits_for_the_real_change_and_notices_it(root):
    at = begun(opened())
    assert "Let it learn" in texts(at)
    for _ in range(3):
        at.button(key="tour-skip").click()
        checked(at.run())
    assert "Change the learning rate" in texts(at)
    checked(at.run())
    assert "Change the learning rate" in texts(at)  # nothing was changed, so it waits
    at.session_state["draft"].put("optimizer.learning_rate", 0.004)
    checked(at.run())
    assert "Add dropout" in texts(at)
    at.button(key="add-dropout").click()
    checked(at.run())
    assert "Look at your runs" in texts(at)
    assert at.session_state["tour"].done == ["rate", "dropout"]


def test_ending_it_takes_the_card_away_and_it_can_be_taken_again(root):
    at = begun(opened())
    at.button(key="tour-end").click()
    checked(at.run())
    assert at.session_state["tour"].now == ""
    assert "Let it learn" not in texts(at)


@pytest.mark.parametrize("step", [*tour.STEPS, "end"])
def test_every_step_has_words(step):
    assert tour.title(step)
    assert tour.text(step)
