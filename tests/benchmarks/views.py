"""How soon each view shows its figures, in a real Chromium: `python tests/benchmarks/views.py [--only NAME ...]`.

For each view: the time from the click that opens it to its figure, with the network that ships (10,000 test images, or
the 5,000 that its training held back) and with a LeNet that is trained first (10,000 validation images). The server is
a fresh one each time, so nothing is remembered; the data is, as after any look at the page Train. Needs playwright and
Chromium, as the browser tests do, and a machine that does nothing else.

To measure another view, add a line to VIEWS.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import Server, launched
from page_figures import Figure, as_json, as_table

from engine import Trainer, load_split
from engine.checkpoint import write_checkpoint
from engine.config import TrainingConfig
from engine.rundir import RunFolder

GOAL = 2.0  # seconds
PATIENCE = 90.0  # seconds
STEPS = 782  # of the LeNet: one epoch
DRAWN = "chart => chart?._fullLayout && chart.data.some(line => (line.y?.length ?? line.z?.length ?? 0) > 0)"


@dataclass(frozen=True)
class View:
    """What is measured. choose: clicks that open it, by the text that is clicked; shown: what is there then.

    Where `shown` names a chart of ours, it counts from when it has a line.
    """

    page: str
    choose: tuple[str, ...]
    shown: str
    most: float | None = GOAL


VIEWS: dict[str, View] = {
    "evaluate: confusion matrix": View("Evaluate", (), ".confusion-right"),
    "evaluate: images of mistakes": View("Evaluate", (), ".gallery img"),
    "evaluate: classes": View("Evaluate", ("Classes",), ".evaluate-classes td"),
    "evaluate: calibration": View("Evaluate", ("Confidence",), ".st-key-calibration-chart .live-chart"),
    "evaluate: coverage": View("Evaluate", ("Confidence",), ".st-key-coverage-chart .live-chart"),
    "evaluate: first robustness curve": View("Evaluate", ("Robustness",), ".st-key-robust-chart-rotation .live-chart"),
    "evaluate: all robustness curves": View(
        "Evaluate", ("Robustness",), ".st-key-evaluate-body:not(:has(.st-key-robustness-progress .stProgress)) "
        ".st-key-robust-chart-slant .live-chart", None
    ),
    "evaluate: test images": View("Evaluate", ("Test", "Look at the test images"), ".confusion-right"),
}  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures how soon views show their figures.")
    parser.add_argument("--only", nargs="+", choices=VIEWS, default=list(VIEWS), metavar="NAME", help="; ".join(VIEWS))
    parser.add_argument("--times", type=int, default=3, help="repetitions (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as scratch, launched() as browser:
        print("training a LeNet", file=sys.stderr, flush=True)
        weights = Path(scratch) / "lenet.npz"
        train(weights)
        for network in ("ships", "LeNet"):
            for name in options.only:
                print(f"measuring: {name}, {network}", file=sys.stderr, flush=True)
                figure = Figure(f"{name}, {network}", "s", most=VIEWS[name].most)
                figure.values += [measure(browser, VIEWS[name], network, weights) for _ in range(options.times)]
                figures.append(figure)
    print(as_json(figures) if options.json else as_table(figures))


def train(weights: Path) -> None:
    """The default network, for an epoch."""
    config = TrainingConfig(max_steps=STEPS)
    trainer = Trainer(config, load_split(config.data, config.seed))
    for _ in trainer.run():
        pass
    write_checkpoint(weights, trainer.checkpoint())
    trainer.close()


def measure(browser: Any, view: View, network: str, weights: Path) -> float:
    """Seconds from the last click to the figure. Plotly is there already, as for whoever comes from the page Train."""
    with opened(browser, network, weights) as tab:
        link = tab.get_by_role("link", name=view.page, exact=True)
        if not view.choose:
            return timed(tab, link.click, view.shown)
        link.click()
        *before, last = view.choose
        for text in before:
            button(tab, text).click()
        target = button(tab, last)
        target.wait_for()
        return timed(tab, target.click, view.shown)


def button(tab: Any, text: str) -> Any:
    """What can be clicked under this name."""
    return tab.get_by_role("radio", name=text).or_(tab.get_by_role("button", name=text, exact=True)).first


def timed(tab: Any, act: Callable[[], None], shown: str) -> float:
    """From the click to when it can be seen."""
    begun = time.perf_counter()
    act()
    found = tab.locator(shown).first
    found.wait_for(timeout=1000 * PATIENCE)
    if shown.endswith(".live-chart"):
        while not found.evaluate(DRAWN):
            assert time.perf_counter() - begun < PATIENCE, "the chart stayed empty"
            tab.wait_for_timeout(15)
    return time.perf_counter() - begun


@contextmanager
def opened(browser: Any, network: str, weights: Path) -> Iterator[Any]:
    """A fresh server and tab on the page Train."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Server(Path(folder)) as server:
        run = ""
        if network == "LeNet":
            made = RunFolder.create(server.runs, TrainingConfig(max_steps=STEPS), "lenet")
            made.final.write_bytes(weights.read_bytes())
            made.events_file.write_text('{"event": "RunEnded", "reason": "finished", "step": 782, "epoch": 1.0}\n')
            made.worker_file.write_text("{}")
            run = f"?run={made.id}"
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        tab = context.new_page()
        tab.set_default_timeout(1000 * PATIENCE)
        try:
            tab.goto(f"{server.url}/{run}")
            tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
            tab.wait_for_function("window.Plotly !== undefined")
            tab.wait_for_timeout(1500)  # people look before they click
            yield tab
        finally:
            context.close()


if __name__ == "__main__":
    main()
