"""How fast and how steady the page is, in a real Chromium: `python tests/benchmarks/page.py [--only NAME ...]`.

Prints a table of medians and 95th percentiles, each with its goal beside it. Needs playwright and Chromium, as the
browser tests do, and a machine that does nothing else. What is measured is in page_latencies.py and page_training.py.
"""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import launched
from page_figures import Effort, Figure, as_json, as_table
from page_latencies import change, click, drawing, start, stop
from page_training import chart, speed, steady, tick, zoom

MEASURES: dict[str, Callable[[Any, Effort], list[Figure]]] = {
    each.__name__: each for each in (start, click, chart, stop, change, speed, tick, zoom, steady, drawing)
}


def main() -> int:
    """Measure and print. Exit status: how many of the measures failed."""
    parser = argparse.ArgumentParser(description="Measures the page in a real browser.")
    parser.add_argument("--only", nargs="+", choices=MEASURES, default=list(MEASURES), metavar="NAME",
                        help=f"what to measure, of: {', '.join(MEASURES)}")  # fmt: skip
    parser.add_argument("--times", type=int, default=Effort.times, help="repetitions (%(default)s)")
    parser.add_argument("--seconds", type=float, default=Effort.seconds, help="of one look at a run (%(default)s)")
    parser.add_argument("--minutes", type=float, default=Effort.minutes, help="of the long look (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    effort = Effort(options.times, options.seconds, options.minutes)
    figures: list[Figure] = []
    failed = 0
    with launched() as browser:
        for name in options.only:
            print(f"measuring: {name}", file=sys.stderr, flush=True)
            try:
                figures += MEASURES[name](browser, effort)
            except Exception as error:  # Playwright's own, or of a page that does not come up: the rest is still told
                print(f"{name} could not be measured: {str(error).splitlines()[0]}", file=sys.stderr)
                failed += 1
    print(as_json(figures) if options.json else as_table(figures))
    return failed


if __name__ == "__main__":
    sys.exit(main())
