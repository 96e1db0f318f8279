"""Data of one's own in a real browser: sent as files, shown, learned from."""

import io
from typing import Any

import numpy as np
from inkling_browser import Server, tile, wait

from engine.rundir import runs


def _npz() -> bytes:
    """400 images of 16x16 that even a linear network learns at once: a bright row for each class."""
    labels = np.arange(400) % 10
    images = np.zeros((400, 16, 16), np.uint8)
    images[np.arange(400), labels + 3, 3:13] = 220
    file = io.BytesIO()
    np.savez(file, images=images, labels=labels)
    return file.getvalue()


def _choose(tab: Any, name: str) -> None:
    tab.locator("[class*=st-key-data-source] [role=combobox], [class*=st-key-data-source] input").first.click()
    tab.get_by_role("option", name=name).click()


def test_a_file_that_is_sent_is_shown_and_trained_on(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    _choose(tab, "A file of mine")
    chooser = tab.locator(".st-key-own-data input[type=file]")
    chooser.set_input_files({"name": "no data.txt", "mimeType": "text/plain", "buffer": b"hello there"})
    tab.get_by_text("expected MATLAB 5").last.wait_for()
    wait(tab, lambda: chooser.count() == 1)  # a fresh one has taken the place of the one that was used
    chooser.set_input_files({"name": "rows.npz", "mimeType": "application/zip", "buffer": _npz()})
    tab.get_by_text("334 images to learn from").wait_for()
    assert tab.locator(".st-key-own-data img").is_visible()
    tab.locator("[class*=st-key-preset] [role=combobox], [class*=st-key-preset] input").first.click()
    tab.get_by_role("option", name="16x16-small").click()
    tab.get_by_text("Ten hidden units").wait_for()
    tab.get_by_text("334 images to learn from").wait_for()
    tab.get_by_role("button", name="Train", exact=True).first.click()
    wait(tab, lambda: tile(tab, "Validation accuracy") > 95)
    wait(tab, lambda: not runs(server.runs)[0].status().busy)  # it is over within seconds, by itself
    tab.get_by_role("button", name="Train", exact=True).first.wait_for()
