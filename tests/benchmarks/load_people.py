"""A person at the page: what they do, how long it takes, and what they see that they should not."""

import asyncio
import itertools
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from inkling_browser import STROKES, Server

from engine.rundir import EventReader, RunFolder

PROBE = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
PATIENCE = 60.0  # seconds for what should be there at once
TURN_PATIENCE = 900.0  # seconds for a turn in the queue
RATE = "[class*=st-key-form][class*=optimizer-learning_rate]"
CLEAR = ".st-key-pad-clear button"
HARMLESS = ("favicon", "WebSocket connection to")  # a page that is left while it loads


class Person:
    """One browser context.

    times: seconds, by what was waited for; runs: those that this person started, with the live changes they made.
    """

    def __init__(self, server: Server, number: int, rng: random.Random) -> None:
        self.number = number
        self.times: dict[str, list[float]] = defaultdict(list)
        self.problems: list[str] = []
        self.runs: dict[str, int] = {}
        self.stopped: set[str] = set()
        self.rounds = 0
        self._server = server
        self._rng = rng
        self._digits = itertools.cycle((7, 1, 3))

    async def enter(self, browser: Any) -> None:
        """Open the page, and wait until it can be used."""
        self._context = await browser.new_context(viewport={"width": 1280, "height": 900})
        await self._context.add_init_script(PROBE)
        self._tab = await self._context.new_page()
        self._tab.set_default_timeout(PATIENCE * 1000)
        self._tab.on("console", lambda line: self._complain(line.text) if line.type == "error" else None)
        self._tab.on("pageerror", lambda error: self._complain(str(error)))
        await self._attempt("opening the page", self._open)

    async def live(self, end: float) -> None:
        """Use the page until then."""
        while time.monotonic() < end:
            await self._attempt("a round", self._round)
            self.rounds += 1

    async def leave(self) -> None:
        """Close the browser context."""
        await self._context.close()

    async def _attempt(self, what: str, act: Callable[[], Awaitable[None]]) -> None:
        """Whatever fails is told, and begun anew with a fresh page, as people do."""
        try:
            await act()
        except Exception as error:  # Playwright's own, or something that did not come
            self.problems.append(f"{what} failed: {str(error).splitlines()[0][:200]}")
            await asyncio.sleep(1)
            await self._tab.goto(self._server.url)

    def _complain(self, text: str) -> None:
        if not any(each in text for each in HARMLESS):
            self.problems.append(f"the browser's console: {text[:300]}")

    async def _open(self) -> None:
        begun = time.monotonic()
        await self._tab.goto(self._server.url)
        await self._tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
        await self._tab.locator(".st-key-control-bar button").first.wait_for()
        self.times["opened"].append(time.monotonic() - begun)

    async def _round(self) -> None:
        """Train, draw while waiting, steer, look at all runs, pause, go on, stop."""
        run = await self._train()
        wanted = time.time()
        turn = asyncio.create_task(self._until(lambda: _began(run), TURN_PATIENCE))
        while not turn.done():
            await self._draw()
            await self._think(2, 5)
        self.times["begun"].append(max(float(await turn) - wanted, 0.0))
        await self._draw()
        await self._steer(run)
        await self._think(1, 4)
        await self._draw()
        await self._look_at_runs()
        await self._pause_and_go_on(run)
        await self._stop(run)
        if await self._tab.locator("[data-testid=stException]").count():
            self.problems.append("the page shows an exception")

    async def _train(self) -> RunFolder:
        before = self._shown()
        await self._tab.locator(".st-key-main-train button").click()
        run_id = str(await self._until(lambda: self._shown() if self._shown() != before else ""))
        if run_id in self.runs:
            self.problems.append(f"Train led to run {run_id}, which was there before")
        self.runs[run_id] = 0
        return RunFolder(self._server.runs / run_id)

    async def _steer(self, run: RunFolder) -> None:
        """Move the learning rate by a step, and wait for the batch that learns at it."""
        known = len(_events(run, "SettingsChanged"))
        slider = self._tab.locator(RATE).get_by_role("slider").first
        moved = time.time()
        await slider.press("ArrowLeft")
        self.runs[run.id] += 1
        changed = await self._until(lambda: (_events(run, "SettingsChanged")[known:] or [None])[0] or _ended(run))
        if changed["event"] == "SettingsChanged":
            self.times["changed"].append(float(changed["time"]) - moved)

    async def _draw(self) -> None:
        """Draw a digit, and wait for the answer."""
        clear = self._tab.locator(CLEAR)
        if await clear.is_enabled():
            await clear.click()
        await self._gone(".ink-answer b")
        await self._think(0.7, 0.8)
        await self._tab.evaluate("inklingProbe.answers = []; inklingProbe.strokes.length = 0; inklingProbe.drawn = []")
        canvas = self._tab.locator(".st-key-pad canvas.upper-canvas")
        await canvas.scroll_into_view_if_needed()
        box = await canvas.bounding_box()
        for stroke in STROKES[next(self._digits)]:
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            await self._tab.mouse.move(*points[0])
            await self._tab.mouse.down()
            for x, y in points[1:]:
                await self._tab.mouse.move(x, y, steps=3)
            await self._tab.mouse.up()
        stroke = await self._seen("inklingProbe.strokes.at(-1)?.at ?? 0")
        answer = await self._seen(f"inklingProbe.answers.find(({{ at, text }}) => text && at > {stroke})?.at ?? 0")
        self.times["answers"].append((answer - stroke) / 1000)

    async def _look_at_runs(self) -> None:
        """Only runs of one's own are there, if they belong to people."""
        begun = time.monotonic()
        await self._tab.get_by_role("link", name="Runs", exact=True).first.click()
        await self._tab.locator(".run-table tr[data-id]").first.wait_for()
        self.times["listed"].append(time.monotonic() - begun)
        seen = await self._tab.evaluate(
            "[...document.querySelectorAll('.run-table tr[data-id]')].map((row) => row.dataset.id)"
        )
        self.seen = set(seen) | getattr(self, "seen", set())
        await self._think(1, 3)
        await self._tab.get_by_role("link", name="Train", exact=True).first.click()
        await self._tab.locator(".st-key-pad canvas.upper-canvas").wait_for()

    async def _pause_and_go_on(self, run: RunFolder) -> None:
        pause = self._tab.locator(".st-key-main-pause button")
        if _ended(run) or not await pause.count():
            return
        await pause.click()
        await self._until(lambda: _events(run, "Paused") or _ended(run))
        await self._think(1, 3)
        if not _ended(run):
            await self._tab.locator(".st-key-main-resume button").click()
            await self._think(1, 3)

    async def _stop(self, run: RunFolder) -> None:
        stop = self._tab.locator(".st-key-stop button")
        if not _ended(run) and await stop.is_enabled():
            clicked = time.time()
            await stop.click()
            self.stopped.add(run.id)
            ended = await self._until(lambda: _ended(run) or _left_the_queue(run))
            if isinstance(ended, dict) and ended["time"] > clicked:
                self.times["stopped"].append(ended["time"] - clicked)
        await self._tab.locator(".st-key-main-train button").wait_for()

    def _shown(self) -> str:
        """The run in the address."""
        return parse_qs(urlsplit(self._tab.url).query).get("run", [""])[0]

    async def _think(self, least: float, most: float) -> None:
        await asyncio.sleep(self._rng.uniform(least, most))

    async def _until(self, what: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        end = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s in vain")
            await asyncio.sleep(0.05)
        return found

    async def _seen(self, expression: str) -> float:
        end = time.monotonic() + PATIENCE
        while not (found := await self._tab.evaluate(expression)):
            if time.monotonic() > end:
                raise TimeoutError(f"no answer to a drawing within {PATIENCE:.0f} s")
            await asyncio.sleep(0.05)
        return float(found)

    async def _gone(self, selector: str) -> None:
        end = time.monotonic() + PATIENCE
        while await self._tab.locator(selector).count():
            if time.monotonic() > end:
                raise TimeoutError(f"{selector} stayed for {PATIENCE:.0f} s")
            await asyncio.sleep(0.05)


def _events(run: RunFolder, kind: str) -> list[dict[str, Any]]:
    return [event for event in EventReader(run.events_file).read() if event.get("event") == kind]


def _began(run: RunFolder) -> float:
    """When its first batches were told, by the clock; 0 before."""
    return next((float(event["time"]) for event in _events(run, "RunStarted")), 0.0)


def _ended(run: RunFolder) -> dict[str, Any] | None:
    return next(iter(_events(run, "RunEnded")), None)


def _left_the_queue(run: RunFolder) -> bool:
    """It was given up while it waited at a pause: nobody will end it but a later wish."""
    return run.status().state in ("ended", "interrupted")
