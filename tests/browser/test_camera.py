"""A digit on paper, held before a camera. Chromium takes a film from a file for what the camera sees."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from inkling_browser import FLAGS, STROKES, Server, chromium, wait

SIDE, WIDTH = 480, 640  # pixels of the film


def film(path: Path, digit: int) -> None:
    """A sheet of paper with a digit as an uncompressed film (YUV4MPEG2, grey)."""
    grey = np.full((SIDE, WIDTH), 205, np.uint8)
    for stroke in STROKES[digit]:
        points = np.array([(160 + 320 * x, 80 + 320 * y) for x, y in stroke], np.int32).reshape(-1, 1, 2)
        cv2.polylines(grey, [points], False, 50, 16)
    frame = b"FRAME\n" + grey.tobytes() + b"\x80" * (SIDE * WIDTH // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDTH} H{SIDE} F10:1 Ip A1:1 C420jpeg\n".encode() + 20 * frame)


@pytest.fixture
def camera(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """A tab in a browser whose camera sees a 7."""
    film(tmp_path / "seven.y4m", 7)
    flags = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={tmp_path / 'seven.y4m'}"]
    other = browser.browser_type.launch(executable_path=chromium(), args=[*FLAGS, *flags])
    tab = other.new_context(permissions=["camera"]).new_page()
    tab.set_default_timeout(20_000)
    yield tab
    other.close()


def test_a_digit_before_the_camera_is_read_the_right_way_round(camera: Any, server: Server) -> None:
    camera.goto(f"{server.url}/draw")
    camera.locator(".st-key-source").wait_for()
    camera.get_by_role("radio", name="Camera").click()
    wait(
        camera, lambda: bool(camera.locator("video").evaluate("film => film.currentTime > 0.5"))
    )  # it is dark at first
    camera.get_by_test_id("stCameraInputButton").click()
    camera.locator(".st-key-photo-picture img").wait_for()
    wait(camera, lambda: camera.locator(".st-key-answer .ink-answer b").first.inner_text() == "7", 20)
    assert framed(camera)


def framed(tab: Any) -> bool:
    """Whether the frame around the 7 lies where the 7 is in the picture."""
    picture = tab.locator(".st-key-photo-picture img").bounding_box()
    frame = tab.locator(".st-key-photo-picture .ink-boxes div").bounding_box()
    left, top = (frame["x"] - picture["x"]) / picture["width"], (frame["y"] - picture["y"]) / picture["height"]
    return 0.3 < left < 0.5 and 0.2 < top < 0.4 and 0.3 < frame["height"] / picture["height"] < 0.6
