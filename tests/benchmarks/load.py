"""Several people at once on one server: `python tests/benchmarks/load.py --people 10 --minutes 20 [--json]`.

Each has a browser context of their own in one headless Chromium: opens the page, trains, steers, draws, looks at the
Runs page, pauses, goes on, stops, trains again, until the time is over. Meanwhile the server is measured. Told are

    how long people wait: for the page, for their turn to train, for the answer to a drawing
    whether the queue is fair: runs begin in the order in which they were wanted
    whether anybody sees or commands another's run
    what the server holds: memory for each idle page, its growth, open files, threads, dead processes
    every error in a browser's console, on a page or in the server's log

Needs playwright, Chromium and Linux. On a machine that does something else, times tell of that too.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import FLAGS, Server, chromium
from load_people import Person
from load_server import Health, Sample, growth_per_hour
from load_verdicts import isolation, log_complaints, turns
from page_figures import Figure, as_table

SETTLE_SECONDS = 8.0  # after the last idle page was opened, before memory is read
REST_SECONDS = 20.0  # after the last page was closed


@dataclass
class Report:
    """What was found. facts: single numbers by name; problems: what must not be, in sentences."""

    people: int
    minutes: float
    figures: list[Figure] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    def to_json(self) -> str:
        """All of it."""
        told = {"people": self.people, "minutes": self.minutes, "facts": self.facts, "problems": self.problems}
        figures = [each.to_json() for each in self.figures]
        return json.dumps(told | {"figures": figures, "samples": [asdict(each) for each in self.samples]}, indent=1)

    def to_text(self) -> str:
        """For people."""
        facts = "\n".join(f"{name}: {value:,.6g}" for name, value in self.facts.items())
        problems = "\n".join(self.problems) or "none"
        return f"{as_table(self.figures)}\n\n{facts}\n\nproblems: {problems}"


async def measure(server: Server, browser: Any, people: int, minutes: float, seed: int) -> Report:
    """The whole visit."""
    report = Report(people, minutes)
    health = Health(server.pid)
    persons = [Person(server, number, random.Random(f"{seed} {number}")) for number in range(people)]
    empty = health.sample()
    report.samples.append(empty)
    for person in persons:
        await person.enter(browser)
    await asyncio.sleep(SETTLE_SECONDS)
    idle = health.sample()
    report.facts["server memory with no page, MB"] = empty.memory
    report.facts["server memory for each idle page, MB"] = (idle.memory - empty.memory) / people
    end = time.monotonic() + 60 * minutes
    watch = asyncio.create_task(_watch(health, report.samples))
    await asyncio.gather(*(person.live(end) for person in persons))
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch
    for person in persons:
        await person.leave()
    await asyncio.sleep(REST_SECONDS)
    report.samples.append(health.sample())
    _tell(report, persons, server)
    return report


async def _watch(health: Health, samples: list[Sample]) -> None:
    while True:
        await asyncio.sleep(5)
        samples.append(health.sample())


def _tell(report: Report, persons: list[Person], server: Server) -> None:
    figures = {
        "opened": Figure("page opened until it can be used"),
        "answers": Figure("end of a stroke to the answer", most=1.0),
        "begun": Figure("click on Train to the run's turn"),
        "changed": Figure("live change to its first batch"),
        "stopped": Figure("click on Stop to halted"),
        "listed": Figure("Runs page opened until its table is there"),
    }
    for name, figure in figures.items():
        figure.values = [value for person in persons for value in person.times[name]]
    report.figures = list(figures.values())
    order = turns(server.runs)
    measured = report.samples[1:-1]
    report.facts |= {
        "rounds": sum(person.rounds for person in persons),
        "runs": len(order.runs),
        "runs that began before one that was wanted earlier": order.overtaken,
        "growth of the server's memory after warm-up, MB an hour": growth_per_hour(measured),
        "most memory of the server, MB": max(each.memory for each in report.samples),
        "server memory after all have left, MB": report.samples[-1].memory,
    }
    for name, what in (("files", "open files"), ("threads", "threads"), ("workers", "workers"), ("zombies", "dead")):
        counts = [getattr(each, name) for each in report.samples]
        report.facts[f"{what} of the server, before"] = counts[0]
        report.facts[f"{what} of the server, at most"] = max(counts)
        report.facts[f"{what} of the server, after all have left"] = counts[-1]
    for person in persons:
        report.problems += [f"person {person.number}: {each}" for each in person.problems]
    report.problems += isolation(server.runs, persons) + log_complaints(server.folder / "log")


async def _run(options: argparse.Namespace) -> Report:
    from playwright.async_api import async_playwright

    os.environ |= {"INKLING_PRIVATE": "0" if options.shared else "1", "INKLING_SPARE": "1"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, Server(Path(folder)) as server:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
            try:
                return await measure(server, browser, options.people, options.minutes, options.seed)
            finally:
                await browser.close()


def main() -> int:
    """Measure and print. Exit status: 1 if there was a problem."""
    parser = argparse.ArgumentParser(description="Lets several people use one server at once.")
    parser.add_argument("--people", type=int, default=10, help="browser contexts (%(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="of use, after all have come in (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of what people do (%(default)s)")
    parser.add_argument("--shared", action="store_true", help="everybody sees every run, as on a person's own computer")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    report = asyncio.run(_run(options))
    print(report.to_json() if options.json else report.to_text())
    return int(bool(report.problems))


if __name__ == "__main__":
    sys.exit(main())
