"""Several people at once on one server: `python tests/benchmarks/load.py --people 10 --minutes 60 [--log FILE]`.

Each has a browser context of their own in one headless Chromium: opens the page, trains, steers, draws, looks at the
Runs page, pauses, goes on, stops, trains again, until the time is over. Meanwhile the server is measured. Told are

    how long people wait: for the page, for their turn to train, for the answer to a drawing
    whether the queue is fair: runs begin in the order in which they were wanted
    whether anybody sees or commands another's run
    what the processors do meanwhile: browsers that share them with the server take most of them
    what the server holds: memory for each idle page, its growth, open files, threads, dead processes
    what is left over when all have gone, and when the server has ended
    every error in a browser's console, on a page or in the server's log

A person whose browser fails begins again with a fresh one, and is counted. With --log, everything is a line of JSON in
that file as soon as it is known, so that what ends an hour early costs nothing but the rest of it.

Needs playwright, Chromium and Linux. On a machine that does something else, times tell of that too.
"""

import argparse
import asyncio
import json
import math
import os
import random
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

from inkling_browser import Server
from load_browser import Browsers
from load_journal import Journal
from load_people import PATIENCE, Person
from load_server import Health, Processors, Sample, growth
from load_verdicts import isolation, log_complaints, people_table, turns
from page_figures import Figure, as_table
from processes import alive

SETTLE_SECONDS = 8.0  # after the last idle page was opened, before memory is read
REST_SECONDS = 150.0  # after the last page was closed: Streamlit keeps a tab's session for two minutes
SAMPLE_SECONDS = 5.0
GOODBYE_SECONDS = 20.0  # in which workers write their weights when the server has ended


@dataclass
class Report:
    """What was found. facts: single numbers by name; problems: what must not be, in sentences."""

    people: int
    minutes: float
    figures: list[Figure] = field(default_factory=list)
    facts: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    table: str = ""  # of the people

    def to_json(self) -> dict[str, Any]:
        """All of it but the samples, with null for what could not be measured."""
        facts = {name: None if math.isnan(value) else value for name, value in self.facts.items()}
        told = {"people": self.people, "minutes": self.minutes, "facts": facts, "problems": self.problems}
        return told | {"figures": [each.to_json() for each in self.figures], "table": self.table.splitlines()}

    def to_text(self) -> str:
        """For people."""
        facts = "\n".join(f"{name}: {value:,.6g}" for name, value in self.facts.items())
        problems = "\n".join(self.problems) or "none"
        return f"{as_table(self.figures)}\n\n{self.table}\n\n{facts}\n\nproblems: {problems}"


class Visit:
    """Some people on one server, and what is seen of it meanwhile."""

    def __init__(self, server: Server, browsers: Browsers, journal: Journal, options: argparse.Namespace) -> None:
        self.report = Report(options.people, options.minutes)
        self.health = Health(server.pid)
        self._server, self._browsers, self._journal = server, browsers, journal
        self._minutes, self._rest = options.minutes, options.rest
        self._persons = [
            Person(server, browsers, number, random.Random(f"{options.seed} {number}"), journal, options.patience)
            for number in range(options.people)
        ]

    async def make(self) -> None:
        """All of it. What goes wrong is a problem in the report, which tells what was seen until then."""
        try:
            await self._idle()
            await self._use()
        except Exception as error:  # of the machine, of Playwright, or of the server that is gone
            self.report.problems.append(f"the visit was cut short: {type(error).__name__}: {str(error)[:300]}")
        for person in self._persons:
            await person.leave()
        await asyncio.sleep(self._rest)
        self._sample()
        _tell(self.report, self._persons, self._server)
        self.report.facts["crashes of the whole browser"] = self._browsers.crashes

    async def _idle(self) -> None:
        self._sample()
        first, *others = self._persons
        for persons in ([first], others):
            for person in persons:
                await person.enter()
            await asyncio.sleep(SETTLE_SECONDS)
            self._sample()
        empty, one, idle = (each.memory for each in self.report.samples)
        self.report.facts["server memory with no page, MB"] = empty
        self.report.facts["server memory for the first page, and all code, MB"] = one - empty
        self.report.facts["server memory for each further idle page, MB"] = (
            (idle - one) / len(others) if others else math.nan
        )

    async def _use(self) -> None:
        end = time.monotonic() + 60 * self._minutes
        watch = asyncio.create_task(self._watch())
        before = Processors.taken(self._server.pid)
        try:
            found = await asyncio.gather(*(person.live(end) for person in self._persons), return_exceptions=True)
        finally:
            watch.cancel()
            self.report.facts |= Processors.taken(self._server.pid).cores_since(before)
        self.report.problems += [
            f"person {person.number} ended: {type(error).__name__}: {str(error)[:200]}"
            for person, error in zip(self._persons, found, strict=True)
            if error is not None
        ]

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            self._sample()

    def _sample(self) -> None:
        try:
            self.report.samples.append(self.health.sample())
        except (OSError, StopIteration) as error:
            self._journal.note("problem", text=f"the server cannot be looked at: {error}")
            return
        self._journal.note("sample", **{**asdict(self.report.samples[-1]), "time": time.time()})


def _tell(report: Report, persons: list[Person], server: Server) -> None:
    figures = {
        "opened": Figure("page opened until it can be used"),
        "answers": Figure("end of a stroke to the answer", most=1.0),
        "told": Figure("of that: the server's run of the page until it tells the answer"),
        "begun": Figure("click on Train to the run's turn"),
        "changed": Figure("live change to its first batch"),
        "stopped": Figure("click on Stop to halted"),
        "listed": Figure("Runs page opened until its table is there"),
    }
    for name, figure in figures.items():
        figure.values = [value for person in persons for value in person.times[name]]
    report.figures = list(figures.values())
    order = turns(server.runs)
    in_all, an_hour = growth(report.samples[2:-1])
    report.facts |= {
        "rounds": sum(person.rounds for person in persons),
        "runs": len(order.runs),
        "runs that began before one that was wanted earlier": order.overtaken,
        "rounds that failed": sum(person.failures for person in persons),
        "clicks and keys that had to be made again": sum(person.again for person in persons),
        "people who gave up": sum(person.gave_up for person in persons),
        "growth of the server's memory after warm-up, MB": in_all,
        "growth of the server's memory after warm-up, MB an hour": an_hour,
        "most memory of the server, MB": max((each.memory for each in report.samples), default=math.nan),
        "server memory after all have left, MB": report.samples[-1].memory if report.samples else math.nan,
    }
    report.table = people_table(server.runs, persons)
    for name, what in (("files", "open files"), ("threads", "threads"), ("workers", "workers"), ("zombies", "dead")):
        counts = [getattr(each, name) for each in report.samples] or [math.nan]
        report.facts[f"{what} of the server, before"] = counts[0]
        report.facts[f"{what} of the server, at most"] = max(counts)
        report.facts[f"{what} of the server, after all have left"] = counts[-1]
    for person in persons:
        report.problems += [f"person {person.number}: {each}" for each in person.problems]
    report.problems += isolation(server.runs, persons) + log_complaints(server.folder / "log")


async def _run(options: argparse.Namespace, journal: Journal) -> Report:
    from playwright.async_api import async_playwright

    os.environ |= {"INKLING_PRIVATE": "0" if options.shared else "1", "INKLING_SPARE": "1"}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with Server(Path(folder)) as server:
            async with async_playwright() as playwright:
                browsers = Browsers(playwright)
                visit = Visit(server, browsers, journal, options)
                try:
                    await visit.make()
                finally:
                    await browsers.close()
            processes = visit.health.processes()
        end = time.monotonic() + GOODBYE_SECONDS
        while (left := alive(processes)) and time.monotonic() < end:
            await asyncio.sleep(0.2)
        visit.report.facts["processes left over when the server has ended"] = len(left)
    if left:
        visit.report.problems.append(f"processes were left over: {sorted(left)}")
    return visit.report


def main() -> int:
    """Measure and print. Exit status: 1 if there was a problem."""
    parser = argparse.ArgumentParser(description="Lets several people use one server at once.")
    parser.add_argument("--people", type=int, default=10, help="browser contexts (%(default)s)")
    parser.add_argument("--minutes", type=float, default=5.0, help="of use, after all have come in (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of what people do (%(default)s)")
    parser.add_argument("--shared", action="store_true", help="everybody sees every run, as on a person's own computer")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    parser.add_argument("--log", type=Path, help="a file to which everything is appended as it comes, as lines of JSON")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for an answer (%(default)s)")
    parser.add_argument("--rest", type=float, default=REST_SECONDS, help="seconds after all have left (%(default)s)")
    options = parser.parse_args()
    journal = Journal(options.log)
    report = asyncio.run(_run(options, journal))
    journal.note("report", **report.to_json())
    journal.close()
    samples = {"samples": [asdict(each) for each in report.samples]}
    print(json.dumps(report.to_json() | samples, indent=1) if options.json else report.to_text())
    return int(bool(report.problems))


if __name__ == "__main__":
    sys.exit(main())
