"""Starts the page and a Chromium, for the browser tests and for the pictures of the README."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
FLAGS = (
    "--no-sandbox",  # continuous integration runs as root in a container
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
)
# The paths of a pen, from 0 to 1 over the pad.
STROKES = {
    1: [[(0.5, 0.2), (0.5, 0.8)]],
    3: [[(0.32, 0.27), (0.45, 0.2), (0.6, 0.22), (0.66, 0.34), (0.58, 0.45), (0.46, 0.48), (0.6, 0.52),
         (0.68, 0.64), (0.62, 0.77), (0.47, 0.82), (0.32, 0.75)]],
    7: [[(0.3, 0.25), (0.7, 0.25), (0.6, 0.45), (0.5, 0.65), (0.43, 0.82)]],
}  # fmt: skip


def chromium() -> str | None:
    """The browser to use: the one in the variable CHROMIUM, or one that is installed."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next((path for name in names if (path := shutil.which(name))), None)


@contextlib.contextmanager
def launched() -> Iterator[Any]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Server:
    """`streamlit run dashboard/app.py` from another folder, with runs in a folder of its own."""

    def __init__(self, folder: Path, tour: bool = False) -> None:
        """tour: offer the tour, as on a first visit."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.runs = folder / "runs"
        self.folder = folder
        self._tour = "1" if tour else "0"
        self.log = ""

    @property
    def pid(self) -> int:
        """Of the server's process."""
        return self._process.pid

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={self.port}"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--server.headless=true"],
                cwd=self.folder,
                stdout=log,
                stderr=log,
                env=environment | {"INKLING_RUNS": str(self.runs), "INKLING_TOUR": self._tour},
            )
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(self.url + "/_stcore/health", timeout=1).close()
                return self
            time.sleep(0.1)
        self._end()
        raise RuntimeError(f"the server did not answer within 30 seconds:\n{self.log}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.log = (self.folder / "log").read_text(errors="replace")


def wait(tab: Any, what: Callable[[], bool], seconds: float = 60) -> None:
    """Return when it is so; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        tab.wait_for_timeout(100)


def stop(tab: Any) -> None:
    """End the training that this tab shows, unless it came to its end meanwhile."""
    button = tab.get_by_role("button", name="Stop", exact=True).first
    begin = tab.get_by_role("button", name="Train", exact=True).first

    def ended() -> bool:
        if button.is_visible() and button.is_enabled():
            with contextlib.suppress(Exception):  # it ended, or was made anew, between the look and the click
                button.click(timeout=1_000)
        return bool(begin.is_visible() and begin.is_enabled() and not button.is_enabled())

    wait(tab, ended)


def draw(tab: Any, digit: int) -> None:
    """Draw a digit on the pad with the mouse."""
    canvas = tab.locator(".st-key-pad canvas.upper-canvas").first  # one that was cleared may still be there
    canvas.scroll_into_view_if_needed()
    box, before = canvas.bounding_box(), None
    while box != before:  # what is still being loaded above the pad moves it
        tab.wait_for_timeout(200)
        box, before = canvas.bounding_box(), box
    for stroke in STROKES[digit]:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for x, y in points[1:]:
            tab.mouse.move(x, y, steps=4)
        tab.mouse.up()


def ink(tab: Any) -> int:
    """Bright pixels on the pad; on the newest, while one that was cleared is still there."""
    count = """canvas => {
        const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return pixels.filter((value, place) => place % 4 === 0 && value > 128).length;
    }"""
    return int(tab.locator(".st-key-pad canvas.dc-canvas.lower-canvas").first.evaluate(count))


def tile(tab: Any, name: str) -> float:
    """The number in one of the boxes above the curves; NaN while there is none."""
    box = tab.locator(".ink-tile", has_text=name).locator("b")
    words = box.inner_text(timeout=5_000).replace(",", "").split() if box.count() else ["-"]
    try:
        return float(words[0])
    except ValueError:
        return float("nan")
