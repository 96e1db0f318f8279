"""Looking inside a network in a real browser, while it trains and after."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from inkling_browser import APP, Server, draw, wait

from engine.config import DataConfig, TrainingConfig
from engine.layers import Conv, Dense, Flatten, MaxPool, ReLU
from engine.rundir import RunFolder

CONFIG = TrainingConfig(
    data=DataConfig(train_images=6400, validation_images=500),
    layers=(Conv(channels=4, kernel=3), ReLU(), MaxPool(), Flatten(), Dense(units=12), ReLU(), Dense(units=10)),
    epochs=200,
)
COLUMNS = 9  # the image, seven layers, the answer


def painted(tab: Any, column: int) -> str:
    """What is painted on a column of the network."""
    return str(tab.locator(".nv-column canvas").nth(column).evaluate("canvas => canvas.toDataURL()"))


def section(tab: Any, name: str) -> None:
    tab.locator(".st-key-inside-what").get_by_text(name, exact=True).click()


@pytest.fixture
def run(server: Server) -> Iterator[RunFolder]:
    """A run that trains, slowly: it leaves the browser room to draw."""
    run = RunFolder.create(server.runs, CONFIG, "inside")
    run.write_control(replace(run.control(), steps_per_second=20.0))
    command = [sys.executable, "-m", "engine.worker", str(run.path)]
    with subprocess.Popen(command, cwd=APP.parents[1], stdin=subprocess.PIPE) as worker:
        yield run
        worker.terminate()


def test_the_network_is_coloured_live_and_a_click_opens_a_layer(tab: Any, server: Server, run: RunFolder) -> None:
    tab.set_default_timeout(60_000)  # a machine that trains has little left to draw with
    tab.goto(server.url)
    tab.get_by_role("link", name="Inside", exact=True).click()
    tab.get_by_text("This is the pretrained network").wait_for()
    wait(tab, lambda: run.newest is not None)
    tab.locator(".st-key-run-menu button").first.click()
    tab.locator(".st-key-open-inside button").click()
    tab.get_by_text("Run inside trains").wait_for()
    wait(tab, lambda: tab.locator(".nv-column canvas").count() == COLUMNS)
    first = painted(tab, 1)
    wait(tab, lambda: painted(tab, 1) != first)  # the weights moved on
    tab.locator(".nv-column button").first.click()
    tab.get_by_text("28 × 28 × 1 in, 28 × 28 × 4 out").wait_for()
    canvas = tab.locator(".nv-column canvas").nth(5)  # Dense 12
    canvas.click(position={"x": 6, "y": 6})
    tab.get_by_text("Unit 1: what its answer is made of").wait_for()
    assert tab.locator(".nv-lines path").count() > 3
    assert tab.locator(".nv-mark:visible").count() == 1

    section(tab, "Weights")
    kernels = tab.locator(".st-key-weights-0-tiles canvas")
    wait(tab, lambda: kernels.count() == 4)
    before = kernels.first.evaluate("canvas => canvas.toDataURL()")
    wait(tab, lambda: kernels.first.evaluate("canvas => canvas.toDataURL()") != before)


def test_a_drawing_goes_through_the_layers_and_a_unit_is_switched_off(tab: Any, server: Server) -> None:
    tab.set_default_timeout(60_000)
    tab.goto(server.url)  # no run: the network that ships
    tab.get_by_role("link", name="Inside", exact=True).click()
    tab.locator(".nv-column canvas").first.wait_for()
    tab.locator(".st-key-inside-source").get_by_text("Drawing").click()
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    tab.get_by_text("Nothing is drawn yet.").wait_for()
    empty = painted(tab, 1)
    draw(tab, 1)
    wait(tab, lambda: painted(tab, 1) != empty)
    tab.get_by_text("sure").first.wait_for()

    section(tab, "Units")
    tab.get_by_text("What each unit is worth").wait_for()
    unit = tab.locator("[class*=st-key-units-tiles-] .tl-tile").first
    unit.click()
    tab.get_by_text("with all units,").first.wait_for()
    assert "tl-off" in unit.get_attribute("class")
    tab.locator(".st-key-worth .live-chart .main-svg").first.wait_for()
    tab.get_by_role("button", name="All on again").click()
    tab.get_by_text("Click a unit to switch it off").wait_for()

    tab.set_viewport_size({"width": 420, "height": 900})
    section(tab, "Network")
    tab.locator(".nv-column canvas").first.wait_for()
    wide = tab.evaluate("document.documentElement.scrollWidth")
    assert wide <= 420  # the network scrolls in a box of its own
