"""Names that people give to runs and files show as text on every page: none becomes HTML, Markdown or a path."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from inkling_browser import Server

from engine.about import About, write_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder
from engine.worker import main as train

IMAGE = "<img class=hostile src=data:, onerror=sprung=1>"
NAME = f"{IMAGE}[l](javascript:x) **b**"
NOTE = f"</script></small><b class=hostile>bold</b>{IMAGE}"
LINK = "a[href^='javascript:' i]"


@pytest.fixture(scope="module")
def run(server: Server) -> RunFolder:
    """A run that has learned, with hostile words wherever people can put words."""
    labels = np.arange(60) % 3
    images = np.zeros((60, 16, 16), np.uint8)
    images[np.arange(60), labels + 3, 3:13] = 220
    file = server.folder / '<img class="hostile" src=x onerror=document.title=7>.npz'
    np.savez(file, images=images, labels=labels)
    data = DataConfig(source=str(file), train_images=40, validation_images=10)
    config = TrainingConfig(data=data, layers=(Flatten(), Dense(units=3)), epochs=2, batch_size=10)
    found = RunFolder.create(server.runs, config, "hostile-1")
    assert train([str(found.path)]) == 0
    write_about(found, About(name=NAME, note=NOTE, group=NAME, kind="race", starred=True, parent=NAME))
    other = RunFolder.create(server.runs, replace(config, seed=2), "hostile-2")
    assert train([str(other.path)]) == 0
    write_about(other, About(name=NOTE, note=NAME, group=NAME, kind="race"))
    return found


def no_harm(tab: Any) -> None:
    """Nothing of the names became an element, ran, or became a link that runs something."""
    assert tab.locator(".hostile").count() == 0
    assert tab.locator(LINK).count() == 0
    assert tab.evaluate("window.sprung === undefined")
    assert tab.title() != "7"


def test_names_show_as_text_on_the_pages_of_one_run(tab: Any, server: Server, run: RunFolder) -> None:
    tab.set_default_timeout(60_000)  # seven pages in one test
    tab.goto(f"{server.url}/?run={run.id}")
    tab.locator(".st-key-control-bar button").first.wait_for()
    no_harm(tab)
    for name in ("Draw", "Evaluate", "Inside", "Share", "Learn"):
        tab.get_by_role("link", name=name, exact=True).first.click()
        tab.wait_for_function(f"location.pathname === '/{name.lower()}'")
        tab.wait_for_function("document.querySelector('[data-testid=stMain]').innerText.length > 80")
        tab.wait_for_timeout(1000)  # what is found in the background comes after the rest
        no_harm(tab)


def test_names_show_as_text_on_the_page_of_all_runs(tab: Any, server: Server, run: RunFolder) -> None:
    tab.goto(server.url)
    tab.get_by_role("link", name="Runs", exact=True).click()
    row = tab.locator(f".run-table tr[data-id={run.id}]")
    row.wait_for()
    assert NAME in row.inner_text()
    assert IMAGE in row.inner_text()  # the note's
    row.click()
    tab.locator(".run-table tr[data-id=hostile-2]").click()
    tab.locator(".st-key-runs-chart .live-chart .main-svg").first.wait_for()
    tab.wait_for_timeout(500)
    no_harm(tab)


@pytest.mark.parametrize(
    "address",
    [
        "?run=../../../etc/passwd",
        "?run=%3Cimg%20class%3Dhostile%20src%3Dx%20onerror%3Dalert(1)%3E",
        "?run=%00%0d%0aSet-Cookie:x",
        "?run=" + "9" * 3000,
        "?run=nan&run=..&s=%3Cimg%20class%3Dhostile%20src%3Dx%3E",
        "?s=1.AAAA%3Cb%20class%3Dhostile%3E",
        "?challenge=1.%F0%9F%91%A9%3Cb%20class%3Dhostile%3E",
    ],
)
def test_hostile_addresses_open_a_page_that_works(tab: Any, server: Server, address: str) -> None:
    tab.goto(f"{server.url}/{address}")
    tab.locator(".st-key-control-bar button").first.wait_for()
    no_harm(tab)
