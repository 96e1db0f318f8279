"""How fast the page is, in a real Chromium: `python tests/benchmarks/page.py [--times N]`.

Prints medians of N tries, each with a server of its own. Needs playwright and Chromium, as the browser tests do.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import Server, draw, launched, tile

from engine.rundir import runs

HAS_POINT = """() => [...document.querySelectorAll('.st-key-loss .live-chart')]
    .some(chart => (chart.data || []).some(line => line.x && (line.x._inputArray || line.x).length > 0))"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures the page in a real browser.")
    parser.add_argument("--times", type=int, default=5, help="tries (%(default)s)")
    times = parser.parse_args().times
    with launched() as browser:
        tries = [measure(browser) for _ in range(times)]
    print(f"medians of {times} tries (smallest to largest), seconds unless said otherwise")
    for name in tries[0]:
        values = sorted(each[name] for each in tries)
        print(f"{name:52s}{statistics.median(values):10.2f}   ({values[0]:.2f} to {values[-1]:.2f})")


def measure(browser: Any) -> dict[str, float]:
    """One try, from the start of the server to the end of a run."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        with Server(Path(folder)) as server:
            tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            tab.goto(server.url)
            tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
            train = tab.get_by_role("button", name="Train", exact=True).first
            train.wait_for()
            figures["start of the server to usable page"] = time.perf_counter() - begun
            tab.wait_for_timeout(1000)
            train.click()
            begun = time.perf_counter()
            tab.wait_for_function(HAS_POINT, polling=20)
            figures["click on Train to the first point on the chart"] = time.perf_counter() - begun
            while not tile(tab, "Validation accuracy") >= 97:
                tab.wait_for_timeout(50)
            figures["click on Train to 97 % validation accuracy"] = time.perf_counter() - begun
            draw(tab, 3)
            begun = time.perf_counter()
            tab.locator(".ink-answer b").wait_for()
            figures["end of the drawing to its answer, while training"] = time.perf_counter() - begun
            figures["images per second, with the page open"] = tile(tab, "Images per second")
            run = runs(server.runs)[0]
            begun = time.perf_counter()
            tab.get_by_role("button", name="Stop", exact=True).first.click()
            while run.status().state != "ended":
                time.sleep(0.005)
            figures["click on Stop (the click included) to halted"] = time.perf_counter() - begun
            tab.close()
    return figures


if __name__ == "__main__":
    main()
