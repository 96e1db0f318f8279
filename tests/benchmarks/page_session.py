"""A server and a tab to measure on: the page, its probe, the run it shows, and what processor time was used."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inkling_browser import Server
from page_runs import fresh
from processes import children, ticks

from engine.rundir import EventReader, RunFolder, runs

PROBE = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
PATIENCE = 90.0  # seconds
RATE = "[class*=st-key-form][class*=optimizer-learning_rate]"


@dataclass
class Page:
    """One tab on a server of its own."""

    browser: Any
    server: Server
    tab: Any

    def open(self, run_id: str = "") -> None:
        """Go to the Train page, and wait until it can be used."""
        self.tab.goto(f"{self.server.url}/{f'?run={run_id}' if run_id else ''}")
        self.tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
        self.tab.locator(".st-key-control-bar button").first.wait_for()

    def press(self, name: str) -> float:
        """Click a button; the time of the click, in seconds since 1970, by the page's own clock."""
        self.tab.get_by_role("button", name=name, exact=True).first.click()
        return self.noted("clicks")[-1]["at"] / 1000

    def train(self, run: RunFolder | None = None) -> RunFolder:
        """Open a run (by default one that never ends by itself), let the page train it, and see its curve move."""
        run = run or fresh(self.server.runs)
        self.open(run.id)
        self.press("Continue")
        before = len(self.points())
        self.until(lambda: len(self.points()) > before)
        return run

    def nudge(self, key: str) -> float:
        """Move the learning rate by one step, with an arrow key; the time of the key."""
        self.tab.locator(RATE).get_by_role("slider").first.press(key)
        return float(self.noted("keys")[-1]["at"]) / 1000

    def noted(self, what: str) -> list[dict[str, Any]]:
        """What the probe has noted of one kind."""
        found: list[dict[str, Any]] = self.tab.evaluate(f"window.inklingProbe.{what}")
        return found

    def forget(self, what: str) -> None:
        """Begin a new list."""
        self.tab.evaluate(f"window.inklingProbe.{what} = []")

    def points(self, chart: str = "loss") -> list[dict[str, Any]]:
        """The drawings of a chart that had a newer point than the one before."""
        found: list[dict[str, Any]] = []
        for each in self.noted("drawn"):
            if each["chart"] == chart and each["newest"] > (found[-1]["newest"] if found else 0):
                found.append(each)
        return found

    def run(self) -> RunFolder:
        """The newest run."""
        return runs(self.server.runs)[0]

    def event(self, kind: str, after: float) -> dict[str, Any]:
        """The first event of that kind that was written after that time."""

        def found() -> dict[str, Any] | None:
            events = EventReader(self.run().events_file).read()
            return next((e for e in events if e.get("event") == kind and e.get("time", 0) > after), None)

        return self.until(found)

    def until(self, what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """What it gives as soon as that is true of it. The tab goes on meanwhile."""
        end = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s in vain")
            self.tab.wait_for_timeout(20)
        return found

    def processor_seconds(self) -> tuple[float, float]:
        """Used so far by the server itself, without its workers, and by the browser. Linux only: NaN elsewhere."""
        server = self.server.pid
        ours = children(os.getpid()) - children(server)
        return _used({server}), _used(ours)


@contextlib.contextmanager
def opened(browser: Any, spare: bool = True) -> Iterator[Page]:
    """A fresh server, and a fresh tab that has not gone anywhere yet."""
    os.environ["INKLING_SPARE"] = str(int(spare))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Server(Path(folder)) as server:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_init_script(PROBE)
        tab = context.new_page()
        tab.set_default_timeout(PATIENCE * 1000)
        try:
            yield Page(browser, server, tab)
        finally:
            context.close()


def _used(pids: set[int]) -> float:
    """Processor time of these processes, in seconds, in user and system mode."""
    used = sum(ticks(pid)[0] for pid in pids)
    return used / os.sysconf("SC_CLK_TCK") if used else float("nan")
