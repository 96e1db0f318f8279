"""The page Evaluate in a real browser: clicks, keys, a run that is followed, narrow windows."""

from typing import Any

import pytest
from inkling_browser import Server, wait

from engine.about import read_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder
from tests.dashboard.test_evaluate_page import trained

CONFIG = TrainingConfig(
    data=DataConfig(train_images=1000, validation_images=1000), layers=(Flatten(), Dense(units=10)), epochs=1, seed=3
)
SLOW = 60_000  # ms: what is found in the background gives way to all else


@pytest.fixture(scope="session")
def judged(server: Server) -> RunFolder:
    return trained(server.runs, "judged", CONFIG)


def open_page(tab: Any, server: Server, run_id: str, more: str = "") -> None:
    tab.goto(f"{server.url}/?run={run_id}")
    tab.get_by_role("link", name="Evaluate", exact=True).click()
    tab.locator(".confusion").wait_for(timeout=SLOW)
    if more:
        tab.get_by_role("radio", name=more).click()


def titles(tab: Any) -> list[str]:
    return [str(each) for each in tab.locator(".gallery b").all_inner_texts()]


def commonest(tab: Any) -> tuple[Any, str, int]:
    """The cell with most mistakes, what its images are called, and how many they are."""
    cells = tab.locator(".confusion-wrong")
    counts = [int(text or 0) for text in cells.all_inner_texts()]
    place = counts.index(max(counts))
    row, column = divmod(place, 9)
    column += column >= row
    return cells.nth(place), f"{row} → {column}", counts[place]


def test_a_cell_shows_its_images_and_an_image_its_answer(tab: Any, server: Server, judged: RunFolder) -> None:
    open_page(tab, server, "judged")
    cell, title, count = commonest(tab)
    cell.click()
    wait(tab, lambda: titles(tab) == [title] * min(count, 40))
    assert cell.get_attribute("aria-pressed") == "true"
    tab.locator(".gallery button").first.click()
    tab.locator(".evaluate-closely .ink-bars").wait_for()
    cell.click()  # again: all mistakes
    wait(tab, lambda: len(set(titles(tab))) > 1)
    tab.locator(".evaluate-closely").wait_for(state="detached")


def test_the_matrix_is_worked_with_keys_and_the_address_keeps_the_view(
    tab: Any, server: Server, judged: RunFolder
) -> None:
    open_page(tab, server, "judged")
    first = tab.locator(".confusion td button").first
    first.focus()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("Enter")
    wait(tab, lambda: set(titles(tab)) == {"1"})  # those that are read correctly
    tab.get_by_role("radio", name="Classes").click()
    tab.locator(".evaluate-classes").wait_for()
    wait(tab, lambda: "view=classes" in tab.url)


def test_an_image_is_taken_to_the_draw_page(tab: Any, server: Server, judged: RunFolder) -> None:
    open_page(tab, server, "judged")
    tab.locator(".gallery button").first.click()
    tab.get_by_role("button", name="Take it to the Draw page").click()
    tab.get_by_text("How the drawing becomes what the network sees").wait_for()
    tab.locator(".st-key-photo-picture img").wait_for()


def test_test_images_are_shown_after_a_click_only(tab: Any, server: Server, judged: RunFolder) -> None:
    open_page(tab, server, "judged", "Test")
    tab.get_by_text("Test images are kept apart").wait_for()
    assert tab.locator(".confusion").count() == 0
    before = read_about(judged).test_looks
    tab.get_by_role("button", name="Look at the test images").click()
    tab.get_by_text("of 10,000 test images are read correctly").wait_for(timeout=SLOW)
    assert read_about(judged).test_looks == before + 1


def test_a_run_that_trains_is_followed_and_what_was_picked_stays(tab: Any, server: Server) -> None:
    config = CONFIG.with_values({"data.train_images": 20_000, "epochs": 1000})
    run = RunFolder.create(server.runs, config, "followed")
    tab.goto(f"{server.url}/?run={run.id}")
    tab.locator(".st-key-main-continue button").click()
    wait(tab, run.latest.exists)
    tab.get_by_role("link", name="Evaluate", exact=True).click()
    sentence = tab.locator(".ink-sentence", has_text="are read correctly")
    sentence.wait_for(timeout=SLOW)
    tab.locator(".confusion-head").nth(13).click()  # all mistakes on the third class
    picked = tab.locator(".confusion [aria-pressed=true]")
    picked.wait_for()
    seen: set[str] = set()

    def changes() -> bool:
        seen.add(sentence.inner_text())
        assert picked.count() == 1
        return len(seen) >= 3

    wait(tab, changes, 60)
    tab.get_by_role("link", name="Train", exact=True).click()
    tab.get_by_role("button", name="Stop", exact=True).click()
    wait(tab, lambda: not run.status().busy)


def test_a_narrow_window_needs_no_scrolling_sideways(tab: Any, server: Server, judged: RunFolder) -> None:
    open_page(tab, server, "judged")
    tab.set_viewport_size({"width": 420, "height": 900})
    for view in ("Mistakes", "Classes", "Confidence", "Robustness", "Two networks"):
        tab.get_by_role("radio", name=view).click()
        tab.wait_for_timeout(700)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 420, view
        assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 420, view
