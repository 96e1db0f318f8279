"""The main job in a real browser: train, watch, draw, come back."""

import subprocess
import sys
from typing import Any

from inkling_browser import Server, draw, ink, stop, tile, wait

from dashboard.running.runs import PROJECT
from engine.rundir import RunFolder, runs, tail_events

X_RANGE = "document.querySelector('.st-key-loss .live-chart')._fullLayout.xaxis.range"


def press(tab: Any, name: str) -> None:
    tab.get_by_role("button", name=name, exact=True).first.click()


def shown(tab: Any, name: str) -> Any:
    return tab.get_by_role("button", name=name, exact=True).first


def answer(tab: Any) -> str:
    """The digit in large type; "" where there is none. In one question: it may go at any moment."""
    return str(tab.evaluate("document.querySelector('.ink-answer b')?.innerText ?? ''"))


def test_train_watch_draw_zoom_reload_pause_and_stop(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    press(tab, "Train")
    wait(tab, lambda: tile(tab, "Validation accuracy") > 90)
    draw(tab, 7)
    wait(tab, lambda: answer(tab) == "7", 10)

    _zoom(tab)
    zoomed = tab.evaluate(X_RANGE)
    epoch = tile(tab, "Epoch")
    wait(tab, lambda: tile(tab, "Epoch") > epoch + 0.1, 30)
    assert tab.evaluate(X_RANGE) == zoomed

    address = tab.url
    tab.reload()
    wait(tab, lambda: tile(tab, "Validation accuracy") > 90)
    assert tab.url == address
    press(tab, "Pause")
    shown(tab, "Resume").wait_for()
    epoch, step = tile(tab, "Epoch"), _paused_at(server)
    press(tab, "One batch")
    wait(tab, lambda: _paused_at(server) == step + 1)
    tab.wait_for_timeout(1000)  # until the page has seen it
    press(tab, "Resume")
    wait(tab, lambda: tile(tab, "Epoch") > epoch)
    press(tab, "Stop")
    shown(tab, "Train").wait_for()
    assert _newest(server).status().reason == "stopped"


def _zoom(tab: Any) -> None:
    """Drag over the middle of the loss chart."""
    box = tab.locator(".st-key-loss .live-chart").bounding_box()
    middle = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + box["width"] * 0.3, middle)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] * 0.7, middle, steps=5)
    tab.mouse.up()
    tab.wait_for_timeout(500)


def _paused_at(server: Server) -> int:
    """The step at which the newest run is paused; -1 when it is not."""
    last = next(tail_events(_newest(server).events_file))
    return int(last["step"]) if last["event"] == "Paused" else -1


def _newest(server: Server) -> RunFolder:
    return runs(server.runs)[0]


def test_the_pad_is_left_alone_whatever_else_happens_on_the_page(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    draw(tab, 3)
    drawn = ink(tab)
    assert drawn > 1000
    units = tab.locator("[class*=st-key-form-row-row10-units] input")
    units.fill("9")
    units.press("Enter")
    tab.get_by_text("10 classes").first.wait_for()
    assert ink(tab) == drawn
    units.fill("10")
    units.press("Enter")
    tab.get_by_text("10 classes").first.wait_for(state="detached")
    press(tab, "Train")
    wait(tab, lambda: tile(tab, "Validation accuracy") > 0)
    assert ink(tab) == drawn
    units.fill("12")
    units.press("Enter")
    tab.get_by_text("cannot change while it trains").wait_for()
    assert ink(tab) == drawn
    press(tab, "Back to the run's")
    tab.get_by_text("cannot change while it trains").wait_for(state="detached")
    stop(tab)
    assert ink(tab) == drawn


def test_a_drawing_and_settings_survive_a_visit_to_another_page(tab: Any, server: Server) -> None:
    RunFolder.create(server.runs, _small(), "visited")
    _train_in_shell(server, "visited")
    tab.goto(f"{server.url}/?run=visited")
    shown(tab, "Train").wait_for()
    draw(tab, 1)
    wait(tab, lambda: answer(tab) != "")
    tab.get_by_role("link", name="Draw").click()
    tab.get_by_text("How the drawing becomes").wait_for()
    wait(tab, lambda: answer(tab) != "" and ink(tab) > 1000)
    tab.get_by_role("link", name="Train").click()
    shown(tab, "Train").wait_for()
    wait(tab, lambda: answer(tab) != "" and "run=visited" in tab.url and ink(tab) > 1000)
    press(tab, "Undo")
    tab.get_by_text("Nothing is drawn yet").wait_for()


def test_a_run_from_a_shell_is_found_in_the_menu(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    RunFolder.create(server.runs, _small(), "from-a-shell")
    press(tab, "Runs")
    tab.get_by_role("button", name="from-a-shell").click()
    shown(tab, "Continue").wait_for()
    assert tab.url.endswith("run=from-a-shell")
    _train_in_shell(server, "from-a-shell")
    press(tab, "Runs")
    tab.get_by_role("button", name="from-a-shell").get_by_text("finished").wait_for()


def test_a_layer_is_added_changed_and_removed(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    press(tab, "Add a layer")
    tab.get_by_role("menuitem", name="Dropout").click()
    shown(tab, "Dropout").wait_for()
    tab.locator(".st-key-details-7 button").first.click()
    tab.get_by_text("Kind of layer").wait_for()
    tab.keyboard.press("Escape")
    tab.locator(".st-key-remove-7 button").first.click()
    tab.get_by_text("Add Flatten before it").first.wait_for()
    assert shown(tab, "Train").is_disabled()


def test_a_narrow_window_shows_everything_without_scrolling_sideways(tab: Any, server: Server) -> None:
    tab.set_viewport_size({"width": 420, "height": 900})
    tab.goto(server.url)
    shown(tab, "Train").wait_for()
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 420
    assert tab.locator(".st-key-pad").bounding_box()["width"] <= 420 - 16


def _small() -> Any:
    from engine.config import DataConfig, TrainingConfig
    from engine.layers import Dense, Flatten

    data = DataConfig(train_images=2000, validation_images=100)
    return TrainingConfig(data=data, layers=(Flatten(), Dense(units=10)), epochs=1)


def _train_in_shell(server: Server, name: str) -> None:
    command = [sys.executable, "-m", "engine.worker", str(server.runs / name)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=120)
