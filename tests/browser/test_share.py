"""The address is the document: it follows the settings, and sets them where it is opened."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from inkling_browser import APP, Server, wait

from engine.about import read_about
from engine.checkpoint import read_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.fingerprint import fingerprint
from engine.layers import Dense, Flatten
from engine.link import decode, encode
from engine.optimizers import Momentum
from engine.recipe import grouped
from engine.rundir import RunFolder
from engine.worker import main as worker

QUICK = TrainingConfig(
    data=DataConfig(train_images=2_000, validation_images=500),
    layers=(Flatten(), Dense(units=10)),
    optimizer=Momentum(learning_rate=0.02),
    epochs=2,
    seed=5,
)


def settings_in(tab: Any) -> TrainingConfig | None:
    """What the browser's address says."""
    text = parse_qs(urlsplit(tab.url).query).get("s", [""])[0]
    return decode(text)[0] if text else None


def test_the_address_follows_the_settings_without_steps_in_the_history(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    slider = tab.locator("[class*=st-key-form--optimizer-learning_rate] input[type=range]")
    slider.wait_for()
    assert settings_in(tab) is None
    length = tab.evaluate("history.length")
    for _ in range(3):
        slider.press("ArrowRight")
    wait(tab, lambda: settings_in(tab) == TrainingConfig().with_values({"optimizer.learning_rate": 0.003}))
    assert tab.evaluate("history.length") == length
    tab.get_by_role("link", name="Share", exact=True).click()
    wait(tab, lambda: "/share" in tab.url and settings_in(tab) is not None)
    tab.get_by_role("link", name="Train", exact=True).click()
    slider.wait_for()
    wait(tab, lambda: "/share" not in tab.url and settings_in(tab) is not None)
    tab.reload()
    tab.locator("[class*=st-key-form--optimizer-learning_rate]").get_by_text("0.003", exact=True).wait_for()


def test_a_teachers_link_locks_in_another_browser(tab: Any, server: Server) -> None:
    tab.goto(f"{server.url}/?s={encode(QUICK)}&lock=optimizer.learning_rate&hide=augmentation")
    tab.get_by_text("Locked by the link").first.wait_for()
    assert tab.locator(".st-key-form--optimizer-learning_rate-locked input[type=range]").is_disabled()
    assert tab.get_by_text("Random changes of each training image").count() == 0
    wait(tab, lambda: "lock=optimizer.learning_rate&hide=augmentation" in tab.url)
    tab.get_by_role("button", name="Unlock").click()
    tab.get_by_text("Random changes of each training image").first.wait_for()
    wait(tab, lambda: "lock=" not in tab.url and "hide=" not in tab.url)
    assert settings_in(tab) == QUICK


def test_one_link_on_the_page_and_in_a_shell_trains_to_the_same_weights(tab: Any, server: Server) -> None:
    link = f"{server.url}/?s={encode(QUICK)}"
    command = [sys.executable, "-m", "engine", "train", "--link", link, "--runs", str(server.folder), "--name", "shell"]
    subprocess.run(command, cwd=APP.parents[1], check=True, capture_output=True)
    weights = grouped(fingerprint(read_checkpoint(server.folder / "shell" / "final.npz")))
    tab.goto(link)
    tab.get_by_text("Settings of the link that was opened").wait_for()
    tab.locator(".st-key-main-train button").click()
    tab.get_by_text(f"Weights {weights}").wait_for(timeout=60_000)


def test_a_report_is_made_and_opens_without_a_server(browser: Any, tab: Any, server: Server, tmp_path: Path) -> None:
    run = RunFolder.create(server.runs, QUICK, "for-the-report")
    assert worker([str(run.path)]) == 0
    tab.goto(f"{server.url}/?run={run.id}")
    tab.get_by_role("link", name="Share", exact=True).click()
    tab.get_by_text("Lab report", exact=True).click()
    conclusion = tab.get_by_label("Conclusion")
    conclusion.fill("It <b>works</b>.")
    conclusion.press("Control+Enter")
    wait(tab, lambda: read_about(run).conclusion == "It <b>works</b>.")
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Report", exact=True).click()
    download.value.save_as(tmp_path / "report.html")
    context = browser.new_context(offline=True)
    report = context.new_page()
    complaints: list[str] = []
    report.on("console", lambda line: complaints.append(line.text))
    report.on("pageerror", lambda error: complaints.append(str(error)))
    report.goto((tmp_path / "report.html").as_uri())
    chart = report.locator("#chart-1 svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    report.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "validation" in report.locator("#chart-1 .reading").inner_text()
    ticks = chart.locator("text").all_inner_texts()
    report.mouse.down()
    report.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)
    report.mouse.up()
    assert chart.locator("text").all_inner_texts() != ticks
    chart.dblclick()
    assert chart.locator("text").all_inner_texts() == ticks
    assert report.get_by_text("It <b>works</b>.").is_visible()
    assert complaints == []
    context.close()
