"""From the end of a stroke to its answer on the page, in a real Chromium: `python tests/benchmarks/stroke.py`.

Measured in the browser, from the pen's going up to the first frame in which the network's input is another picture, on
both pages, idle and while a network trains. 200 ms of each are the canvas component's own: it waits whether the
pen comes down again. Needs playwright and Chromium, as the browser tests do.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import STROKES, Server, launched

WATCH = """() => {
    const seen = () => [...document.querySelectorAll('.ink-answer img, .ink-found img')].map(i => i.src).join();
    let before = seen(), up = 0;
    window.delays = [];
    document.addEventListener('pointerup', (event) => {
        if (!event.composedPath().some(each => each.tagName === 'CANVAS')) return;  // a button, such as Clear
        up = performance.now();
        before = seen();
    }, true);
    new MutationObserver(() => {
        if (!up || seen() === before) return;
        const began = up;
        up = 0;
        requestAnimationFrame(() => window.delays.push(performance.now() - began));
    }).observe(document.body, {subtree: true, childList: true, attributes: true});
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures how soon a stroke is answered.")
    parser.add_argument("--strokes", type=int, default=30, help="for each line (%(default)s)")
    count = parser.parse_args().strokes
    print(f"{'milliseconds from the end of a stroke to its answer':54s}{'median':>8s}{'95 %':>8s}{'most':>8s}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Server(Path(folder)) as server:
        with launched() as browser:
            for training in (False, True):
                for page in ("Draw", "Train"):
                    name = f"{page} page, {'while a network trains' if training else 'idle'}"
                    delays = np.array(measure(browser, server, page, training, count))
                    p95 = np.percentile(delays, 95)
                    print(f"{name:54s}{np.median(delays):8.0f}{p95:8.0f}{delays.max():8.0f}", flush=True)


def measure(browser: Any, server: Server, page: str, training: bool, count: int) -> list[float]:
    """The delays of `count` strokes, in milliseconds."""
    tab = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    tab.goto(server.url)
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    if training:
        tab.get_by_role("button", name="Train", exact=True).first.click()
        tab.locator(".ink-tile", has_text="Validation accuracy").get_by_text("%").first.wait_for(timeout=60_000)
    tab.get_by_role("link", name=page, exact=True).click()
    tab.wait_for_timeout(2000)
    tab.evaluate(WATCH)
    box = tab.locator(".st-key-pad canvas.upper-canvas").bounding_box()
    path = STROKES[7][0]
    for number in range(count):
        answered = len(tab.evaluate("window.delays"))
        # anywhere, so that each stroke changes what the network sees
        left, top = 0.5 * (number * 0.618 % 1), 0.5 * (number * 0.382 % 1)
        points = [(box["x"] + (left + x / 2) * box["width"], box["y"] + (top + y / 2) * box["height"]) for x, y in path]
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for point in points[1:]:
            tab.mouse.move(*point, steps=3)
        tab.mouse.up()
        tab.wait_for_function(f"window.delays.length > {answered}", timeout=20_000, polling=50)
        if number % 3 == 2:
            tab.get_by_role("button", name="Clear", exact=True).click()
            tab.wait_for_timeout(900)
    delays: list[float] = tab.evaluate("window.delays")
    if training:
        tab.get_by_role("link", name="Train", exact=True).click()
        tab.get_by_role("button", name="Stop", exact=True).first.click()
    tab.close()
    return delays


if __name__ == "__main__":
    main()
