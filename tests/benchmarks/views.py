"""How soon each view shows its figures, and what looking at it costs a run, in a real Chromium.

    python tests/benchmarks/views.py [--what opening watching] [--only NAME ...] [--times 3] [--seconds 10]

opening    from the click that opens a view to its figure, with the network that ships (10,000 test images, or the 5,000
           that its training held back) and with a LeNet that is trained first (10,000 validation images). The server
           is a fresh one each time, so nothing is remembered; the data is, as after any look at the page Train.
watching   steps a second of a run that trains while nobody looks at it, and while a view is open; in turns, so that the
           machine's own ups and downs meet both.

Needs playwright and Chromium, as the browser tests do, and a machine that does nothing else. The views are listed in
views_list.py.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import APP, Server, launched
from page_figures import Figure, as_json, as_table
from page_runs import fresh
from views_list import VIEWS, View

from engine.config import TrainingConfig
from engine.rundir import RunFolder, tail_events

PATIENCE = 90.0  # seconds
STEPS = 782  # of the LeNet: one epoch
LOST = 15.0  # percent of its speed that a run may lose while it is looked at
DRAWN = """chart => {
    const count = (column) => column?.length ?? column?.bdata?.length ?? 0; // a list, or packed
    return chart?._fullLayout && chart.data.some(({ x, y, z }) => count(x) + count(y) + count(z) > 0);
}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measures the pages Evaluate and Inside.")
    parser.add_argument("--what", nargs="+", choices=("opening", "watching"), default=["opening", "watching"])
    parser.add_argument("--only", nargs="+", choices=VIEWS, default=list(VIEWS), metavar="NAME", help="; ".join(VIEWS))
    parser.add_argument("--times", type=int, default=3, help="repetitions (%(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one look at a run (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    views = {name: VIEWS[name] for name in options.only}
    figures: list[Figure] = []
    with launched() as browser:
        if "opening" in options.what:
            figures += opening(browser, views, options.times)
        if "watching" in options.what:
            figures += watching(browser, views, options.times, options.seconds)
    print(as_json(figures) if options.json else as_table(figures))


def opening(browser: Any, views: dict[str, View], times: int) -> list[Figure]:
    """Each view's figure, of the network that ships and of a run."""
    figures = []
    with tempfile.TemporaryDirectory() as scratch:
        trained = RunFolder.create(Path(scratch), TrainingConfig(max_steps=STEPS), "lenet")
        worker(trained).wait()
        for run in (None, trained):
            for name, view in views.items():
                print(f"opening: {name}", file=sys.stderr, flush=True)
                figure = Figure(f"{name}, {'LeNet' if run else 'ships'}", "s", most=view.most)
                if run is not None or name != "inside: optimizer microscope":  # what ships has no optimizer's state
                    figures.append(figure)
                    try:
                        figure.values += [_opened_in(browser, view, run) for _ in range(times)]
                    except (
                        Exception
                    ) as error:  # Playwright's own, or of a view that stays empty: the rest is still told
                        print(f"{figure.name}: {str(error).splitlines()[0]}", file=sys.stderr)
    return figures


def _opened_in(browser: Any, view: View, trained: RunFolder | None) -> float:
    """Seconds from the last click to the figure. Plotly is there already, as for whoever comes from the page Train."""
    with server_and_tab(browser) as (server, tab):
        address = ""
        if trained is not None:
            shutil.copytree(trained.path, server.runs / trained.id)
            address = f"?run={trained.id}"
        tab.goto(f"{server.url}/{address}")
        tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
        tab.wait_for_function("window.Plotly !== undefined")
        tab.wait_for_timeout(1500)  # people look before they click
        return open_view(tab, view)


def open_view(tab: Any, view: View) -> float:
    """From a page of the dashboard to a view; seconds from the last click to its figure."""
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


def watching(browser: Any, views: dict[str, View], times: int, seconds: float) -> list[Figure]:
    """Steps a second of a run of the default network without anybody, and with each view that follows it."""
    alone = Figure("nobody looks: steps", "1/s")
    figures = [alone]
    with server_and_tab(browser) as (server, tab):
        run = fresh(server.runs)
        training = worker(run)
        try:
            while not run.newest:
                time.sleep(0.1)
            for name, view in views.items():
                if view.watched:
                    print(f"watching: {name}", file=sys.stderr, flush=True)
                    lost = Figure(f"{name} is open: speed lost", "%", most=LOST)
                    lost.values += [_lost(tab, server, view, run, alone, seconds) for _ in range(times)]
                    figures.append(lost)
        finally:
            training.terminate()
            training.wait()
    return figures


def _lost(tab: Any, server: Server, view: View, run: RunFolder, alone: Figure, seconds: float) -> float:
    """Percent of the speed that the run has before and after with nobody there."""

    def without() -> float:
        tab.goto("about:blank")
        time.sleep(3)  # the server lets go of the tab
        return pace(run, seconds)

    before = without()
    tab.goto(f"{server.url}/?run={run.id}")
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    open_view(tab, view)
    tab.wait_for_timeout(2000)
    watched = pace(run, seconds, tab)
    free = (before + without()) / 2
    alone.values.append(free)
    return 100 * (1 - watched / free)


@contextmanager
def server_and_tab(browser: Any) -> Iterator[tuple[Server, Any]]:
    """Fresh ones."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Server(Path(folder)) as server:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        tab = context.new_page()
        tab.set_default_timeout(1000 * PATIENCE)
        try:
            yield server, tab
        finally:
            context.close()


def worker(run: RunFolder) -> "subprocess.Popen[bytes]":
    """Train it in a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "engine.worker", str(run.path)], cwd=APP.parents[1])


def pace(run: RunFolder, seconds: float, tab: Any = None) -> float:
    """Steps a second of a run over some seconds, in which the tab goes on."""
    first, began = step(run), time.monotonic()
    time.sleep(seconds) if tab is None else tab.wait_for_timeout(1000 * seconds)
    return (step(run) - first) / (time.monotonic() - began)


def step(run: RunFolder) -> int:
    """The newest step that was told."""
    for event in tail_events(run.events_file):
        steps = event.get("step", 0)
        return int(steps[-1] if isinstance(steps, list) else steps)
    return 0


if __name__ == "__main__":
    main()
