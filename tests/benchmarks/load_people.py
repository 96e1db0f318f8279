"""A person at the page: what they do, how long it takes, and what they see that they should not."""

import asyncio
import contextlib
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from inkling_browser import Server
from load_browser import Browsers
from load_hand import AGAIN_SECONDS, Hand
from load_journal import Journal
from load_runs import began, ended, events_of, left_the_queue

from engine.rundir import RunFolder

PROBE = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
PATIENCE = 60.0  # seconds for what should be there at once, where nothing else is said
TURN_PATIENCE = 900.0  # seconds for a turn in the queue
BETWEEN_DIGITS = 4.0, 10.0  # seconds in which a person looks at an answer, and thinks of what to draw next
LAST_ROUND = 60.0  # seconds that the last round may take beyond the end
MOST_FAILURES = 5  # rounds in a row after which a person gives up
RATE = "[class*=st-key-form][class*=optimizer-learning_rate]"
HARMLESS = ("favicon", "WebSocket connection to")  # a page that is left while it loads


class Person(Hand):
    """One browser context.

    times: seconds, by what was waited for; runs: those that this person started, with the live changes they made;
    seen: runs that were listed for them; failures: what they began and could not end, after which they begin with a
    fresh page; gave_up: so many of these came in a row that they left.
    """

    def __init__(
        self,
        server: Server,
        browsers: Browsers,
        number: int,
        rng: random.Random,
        journal: Journal,
        patience: float = PATIENCE,
    ) -> None:
        self.number = number
        self.times: dict[str, list[float]] = defaultdict(list)
        self.problems: list[str] = []
        self.runs: dict[str, int] = {}
        self.seen: set[str] = set()
        self.stopped: set[str] = set()
        self.rounds = self.failures = 0
        self.gave_up = False
        super().__init__(rng, patience)
        self._server, self._browsers, self._journal = server, browsers, journal
        self._context: Any = None
        self._cookies: list[Any] = []

    async def enter(self) -> None:
        """Open the page, and wait until it can be used."""
        await self._attempt("opening the page", self._arrive)

    async def live(self, end: float) -> None:
        """Use the page until then."""
        failed = 0
        while (left := end - time.monotonic()) > 0 and not self.gave_up:
            try:
                went_well = await asyncio.wait_for(self._attempt("a round", self._round), left + LAST_ROUND)
            except TimeoutError:  # of the time that there is: people go home in the middle of something
                return
            failed = 0 if went_well else failed + 1
            self.gave_up = failed >= MOST_FAILURES
        if self.gave_up:
            self._problem(f"gave up after {failed} failures in a row")

    async def leave(self) -> None:
        """Close the browser context; one that has crashed is closed."""
        if self._context is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self._context.close(), self.patience)
            self._context = None

    async def _attempt(self, what: str, act: Callable[[], Awaitable[None]]) -> bool:
        """Whether it went well. Whatever fails is told; the next attempt begins with a fresh page, as people do."""
        try:
            if self._context is None and act != self._arrive:
                await self._arrive()
            await act()
        except Exception as error:  # Playwright's own, or something that did not come
            self.failures += 1
            self._problem(f"{what} failed: {' '.join((str(error) or type(error).__name__).split())[:300]}")
            await self.look_closely(what)
            await self.leave()
            await asyncio.sleep(1)
            return False
        return True

    def _problem(self, text: str) -> None:
        self.problems.append(text)
        self._journal.note("problem", person=self.number, text=text)

    async def look_closely(self, what: str) -> None:
        """Note what the page is like, because something did not come."""
        with contextlib.suppress(Exception):
            state = await self.tab.evaluate("inklingProbe.state()")
            wanted = RunFolder(self._server.runs / self._shown()).control() if self._shown() else None
            self._journal.note("page", person=self.number, what=what, state=state, control=str(wanted))

    def took(self, what: str, seconds: float) -> None:
        """Note how long something took."""
        self.times[what].append(seconds)
        self._journal.note("seconds", person=self.number, what=what, value=seconds)

    def _complain(self, text: str) -> None:
        if not any(each in text for each in HARMLESS):
            self._problem(f"the browser's console: {text[:300]}")

    async def _arrive(self) -> None:
        """With a new context, which has the cookies of the last one: it is the same person."""
        self._context = await self._browsers.context()
        await self._context.add_cookies(self._cookies)
        await self._context.add_init_script(PROBE)
        self.tab = await self._context.new_page()
        self.tab.set_default_timeout(self.patience * 1000)
        self.tab.on("console", lambda line: self._complain(line.text) if line.type == "error" else None)
        self.tab.on("pageerror", lambda error: self._complain(str(error)))
        begun = time.monotonic()
        await self.tab.goto(self._server.url)
        await self.tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
        await self.tab.locator(".st-key-control-bar button").first.wait_for()
        self.took("opened", time.monotonic() - begun)

    async def _round(self) -> None:
        """Train, draw while waiting, steer, look at all runs, pause, go on, stop."""
        self._cookies = await self._context.cookies()
        run = await self._train()
        await self._wait_for_turn(run)
        await self.draw()
        await self._steer(run)
        await self.think(1, 4)
        await self.draw()
        await self._look_at_runs()
        await self._pause_and_go_on(run)
        await self._stop(run)
        if await self.tab.locator("[data-testid=stException]").count():
            self._problem("the page shows an exception")
        self.rounds += 1
        self._journal.note("round", person=self.number, run=run.id)

    async def _wait_for_turn(self, run: RunFolder) -> None:
        """Draw meanwhile."""
        wanted = time.time()
        turn = asyncio.create_task(self.until(lambda: began(run), TURN_PATIENCE))
        try:
            while not turn.done():
                await self.draw()
                await self.think(*BETWEEN_DIGITS)
            self.took("begun", max(float(await turn) - wanted, 0.0))
        finally:
            turn.cancel()

    async def _train(self) -> RunFolder:
        before = self._shown()
        await self.tab.locator(".st-key-main-train button").click()
        run_id = str(await self.until(lambda: self._shown() if self._shown() != before else ""))
        if run_id in self.runs:
            self._problem(f"Train led to run {run_id}, which was there before")
        self.runs[run_id] = 0
        return RunFolder(self._server.runs / run_id)

    async def _steer(self, run: RunFolder) -> None:
        """Move the learning rate by a step, and wait for the batch that learns at it. Down and up in turn: the settings
        stay from run to run, and after an hour of steps down there is none left."""
        known = len(events_of(run, "SettingsChanged"))
        key = "ArrowRight" if self.rounds % 2 else "ArrowLeft"
        moved = 0.0

        async def move() -> None:
            nonlocal moved
            moved = time.time()
            await self.tab.locator(RATE).get_by_role("slider").first.press(key)
            self.runs[run.id] += 1

        changed = await self.insist(
            "a step of the learning rate",
            move,
            lambda: self.until(
                lambda: next(iter(events_of(run, "SettingsChanged")[known:]), None) or ended(run), AGAIN_SECONDS
            ),
        )
        if changed["event"] == "SettingsChanged":
            self.took("changed", float(changed["time"]) - moved)

    async def _look_at_runs(self) -> None:
        """Only runs of one's own are there, if they belong to people."""
        begun = time.monotonic()
        await self.tab.get_by_role("link", name="Runs", exact=True).first.click()
        await self.tab.locator(".run-table tr[data-id]").first.wait_for()
        self.took("listed", time.monotonic() - begun)
        seen = await self.tab.evaluate(
            "[...document.querySelectorAll('.run-table tr[data-id]')].map((row) => row.dataset.id)"
        )
        self.seen |= set(seen)
        await self.think(1, 3)
        await self.tab.get_by_role("link", name="Train", exact=True).first.click()
        await self.tab.locator(".st-key-pad canvas.upper-canvas").wait_for()

    async def _pause_and_go_on(self, run: RunFolder) -> None:
        pause = self.tab.locator(".st-key-main-pause button")
        if ended(run) or not await pause.count():
            return
        await self.insist(
            "Pause",
            lambda: pause.click(timeout=1000 * AGAIN_SECONDS),
            lambda: self.until(lambda: events_of(run, "Paused") or ended(run), AGAIN_SECONDS),
        )
        await self.think(1, 3)
        if not ended(run):
            await self.tab.locator(".st-key-main-resume button").click()
            await self.think(1, 3)

    async def _stop(self, run: RunFolder) -> None:
        stop = self.tab.locator(".st-key-stop button")
        if not ended(run) and await stop.is_enabled():
            clicked = 0.0
            self.stopped.add(run.id)

            async def click() -> None:
                nonlocal clicked
                clicked = time.time()
                await stop.click(timeout=1000 * AGAIN_SECONDS)

            end = await self.insist(
                "Stop", click, lambda: self.until(lambda: ended(run) or left_the_queue(run), AGAIN_SECONDS)
            )
            if isinstance(end, dict) and end["time"] > clicked:
                self.took("stopped", end["time"] - clicked)
        await self.tab.locator(".st-key-main-train button").wait_for()

    def _shown(self) -> str:
        """The run in the address."""
        return parse_qs(urlsplit(self.tab.url).query).get("run", [""])[0]
