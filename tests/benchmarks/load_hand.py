"""A hand at a page: it draws and waits."""

import asyncio
import contextlib
import itertools
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

from inkling_browser import STROKES

CLEAR = ".st-key-pad-clear button"
LOOK_SECONDS = 0.25  # between two looks whether something is there: each costs the browser something
AGAIN_SECONDS = 10.0  # after which a person clicks again
FORGET = """() => {
    inklingProbe.answers = []; inklingProbe.strokes.length = 0; inklingProbe.drawn = []; inklingProbe.listen = true;
    inklingProbe.runs = [];
}"""


class Hand(ABC):
    """tab: the page; patience: seconds for what should be there at once; again: clicks and keys made twice."""

    tab: Any

    def __init__(self, rng: random.Random, patience: float) -> None:
        self.patience = patience
        self.again = 0
        self._rng = rng
        self._digits = itertools.cycle((7, 1, 3))

    async def draw(self) -> None:
        """Draw a digit, and wait for the answer."""
        await self._clear()
        await self.think(0.7, 0.8)
        await self.tab.evaluate(FORGET)
        box = await self.pad()
        for stroke in STROKES[next(self._digits)]:
            points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            await self.tab.mouse.move(*points[0])
            await self.tab.mouse.down()
            for x, y in points[1:]:
                await self.tab.mouse.move(x, y, steps=3)
            await self.tab.mouse.up()
        drawn = await self.number_of("inklingProbe.strokes.at(-1)?.at ?? 0")
        answered = await self.number_of(f"inklingProbe.answers.find(({{ at, text }}) => text && at > {drawn})?.at ?? 0")
        await self.tab.evaluate("inklingProbe.listen = false")
        self.took("answers", (answered - drawn) / 1000)
        if milliseconds := await self.tab.evaluate("inklingProbe.runs.at(-1)"):
            self.took("told", milliseconds / 1000)

    async def _clear(self) -> None:
        """An empty pad. Its ink tells: the answer is gone for a moment while the page is made anew."""
        await self.number_of("inklingProbe.look() >= 0")  # there is a pad
        if await self.tab.evaluate("inklingProbe.look()"):
            clear = self.tab.locator(CLEAR)
            await self.insist("Clear", lambda: clear.click(timeout=1000 * AGAIN_SECONDS), self._emptied)

    async def _emptied(self) -> None:
        """Wait until there is no ink, for as long as people do. Raises TimeoutError."""
        await self.number_of("inklingProbe.look() === 0", AGAIN_SECONDS)

    async def insist(self, what: str, act: Callable[[], Awaitable[None]], come: Callable[[], Awaitable[Any]]) -> Any:
        """Act until what should come of it has come, as people do whose click was lost: the page is slow, and something
        may move under the mouse. Gives what came. Raises TimeoutError.

        come: waits for it, no longer than AGAIN_SECONDS.
        """
        end = time.monotonic() + self.patience
        for attempt in itertools.count():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: {attempt} times in {self.patience:.0f} s, and in vain")
            if attempt:
                self.again += 1
                await self.look_closely(what)
            with contextlib.suppress(Exception):  # the button may be another one by now: what comes tells
                await act()
            with contextlib.suppress(TimeoutError):
                return await come()
        raise AssertionError("never reached")

    async def pad(self) -> Any:
        """Where it lies. A fresh one may just be taking the place of one that was cleared.

        Playwright's own scrolling waits for an element that stands still, which on a busy machine takes long to see.
        """
        canvas = self.tab.locator(".st-key-pad canvas.upper-canvas")
        end = time.monotonic() + self.patience
        while time.monotonic() < end:
            with contextlib.suppress(Exception):
                await canvas.evaluate("canvas => canvas.scrollIntoView({ block: 'nearest' })", timeout=5_000)
                if (box := await canvas.bounding_box(timeout=5_000)) is not None:
                    return box
            await asyncio.sleep(0.2)
        raise TimeoutError(f"no pad within {self.patience:.0f} s")

    @abstractmethod
    def took(self, what: str, seconds: float) -> None:
        """Note how long something took."""

    @abstractmethod
    async def look_closely(self, what: str) -> None:
        """Note what the page is like, because something did not come."""

    async def think(self, least: float, most: float) -> None:
        """A while."""
        await asyncio.sleep(self._rng.uniform(least, most))

    async def until(self, what: Callable[[], Any], seconds: float = 0.0) -> Any:
        """What it gives, once that is anything. Raises TimeoutError."""
        seconds = seconds or self.patience
        end = time.monotonic() + seconds
        while not (found := what()):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s in vain")
            await asyncio.sleep(LOOK_SECONDS)
        return found

    async def number_of(self, expression: str, seconds: float = 0.0) -> float:
        """A number from the page, once it is not 0. Raises TimeoutError."""
        seconds = seconds or self.patience
        end = time.monotonic() + seconds
        while not (found := await self.tab.evaluate(expression)):
            if time.monotonic() > end:
                raise TimeoutError(f"waited {seconds:.0f} s in vain for {expression}")
            await asyncio.sleep(LOOK_SECONDS)
        return float(found)
