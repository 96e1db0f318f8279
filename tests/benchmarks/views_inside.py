"""How long the sections of the page Inside take to show their figures, and what looking at them costs a run.

    python tests/benchmarks/views_inside.py [--times 3] [--seconds 10] [--only opening watching]

opening    click on a section -> its first figure, on a run of the default network that has ended. The first time of
           each is on a fresh server, so nothing is remembered: that is the one that counts.
watching   steps a second of a run that trains while nobody looks at it, and while one section is open; in turns, so
           that the machine's own ups and downs meet both. Beside it, what the server and the browser use of a core.

Needs playwright and Chromium, as the browser tests do, and a machine that does nothing else.
"""

import argparse
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import APP, launched
from page_figures import Figure, as_table
from page_runs import ENDLESS
from page_session import Page, opened

from engine.rundir import RunFolder, tail_events

GOAL = 2.0  # seconds from the click to the first figure
SECTIONS = {  # name -> what shows that its figure is there
    "Network": ".nv-column canvas",
    "Weights": "[class*=st-key-weights-][class*=-tiles] canvas",
    "Feature maps": "[class*=st-key-maps-tiles-] canvas",
    "Histograms": ".st-key-histogram-0 .live-chart .main-svg",
    "Units": ".st-key-worth .live-chart .main-svg",
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures the page Inside in a real browser.")
    parser.add_argument("--times", type=int, default=3, help="repetitions (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one look at a run (%(default)s)")
    parser.add_argument("--only", nargs="+", choices=("opening", "watching"), default=["opening", "watching"])
    options = parser.parse_args()
    figures: list[Figure] = []
    with launched() as browser:
        if "opening" in options.only:
            figures += opening(browser, options.times)
        if "watching" in options.only:
            figures += watching(browser, options.times, options.seconds)
    print(as_table(figures))


def opening(browser: Any, times: int) -> list[Figure]:
    """On a fresh server each time: from the click on a section to its figure."""
    figures = {name: Figure(f"{name}: click to figure", most=GOAL) for name in SECTIONS}
    for _ in range(times):
        with opened(browser, spare=False) as page:
            run = RunFolder.create(page.server.runs, replace(ENDLESS, max_steps=400), "measured")
            worker(run).wait()
            inside(page, run)
            for name, figure in figures.items():
                began = time.monotonic()
                section(page, name)
                figure.values.append(time.monotonic() - began)
    return list(figures.values())


def watching(browser: Any, times: int, seconds: float) -> list[Figure]:
    """Steps a second without and with a section that is looked at."""
    alone = Figure("nobody looks: steps a second", "1/s")
    figures = [alone]
    with opened(browser, spare=False) as page:
        run = RunFolder.create(page.server.runs, ENDLESS, "measured")
        training = worker(run)
        try:
            page.until(lambda: run.newest)
            inside(page, run)
            rates = {name: Figure(f"{name} is open: steps a second", "1/s") for name in SECTIONS}
            server = {name: Figure(f"{name} is open: the server uses", "cores") for name in SECTIONS}
            for _ in range(times):
                for name in SECTIONS:
                    page.tab.goto("about:blank")
                    time.sleep(2)  # the server lets go of the tab
                    alone.values.append(pace(run, seconds))
                    inside(page, run)
                    section(page, name)
                    page.tab.wait_for_timeout(2000)
                    before = page.processor_seconds()[0]
                    rates[name].values.append(pace(run, seconds))
                    server[name].values.append((page.processor_seconds()[0] - before) / seconds)
            figures += [each for name in SECTIONS for each in (rates[name], server[name])]
        finally:
            training.terminate()
            training.wait()
    return figures


def inside(page: Page, run: RunFolder) -> None:
    """Open the page for this run."""
    page.tab.goto(f"{page.server.url}/inside?run={run.id}")
    page.tab.locator(".st-key-inside-what button").first.wait_for()


def section(page: Page, name: str) -> None:
    """Open a section, and wait for its figure."""
    page.tab.locator(".st-key-inside-what").get_by_text(name, exact=True).click()
    page.tab.locator(SECTIONS[name]).first.wait_for()


def worker(run: RunFolder) -> "subprocess.Popen[bytes]":
    """Train it in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "engine.worker", str(run.path)], cwd=APP.parents[1])


def pace(run: RunFolder, seconds: float) -> float:
    """Steps a second of a run over some seconds."""
    first, began = step(run), time.monotonic()
    time.sleep(seconds)
    return (step(run) - first) / (time.monotonic() - began)


def step(run: RunFolder) -> int:
    """The newest step that was told."""
    for event in tail_events(run.events_file):
        steps = event.get("step", 0)
        return int(steps[-1] if isinstance(steps, list) else steps)
    return 0


if __name__ == "__main__":
    main()
