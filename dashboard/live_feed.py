"""New content for blocks, charts and sliders that are on the page already, which the page fetches by itself.

A run of a Streamlit script, or of a fragment of it, makes the browser go through all that is on the page: three times a
second that took more of a processor than the training left over. What moves so often is therefore asked for over HTTP,
by one element that hands it on to the places that slower runs of the page have made.

    st.html(block("figures", html))               # a place, with what is in it so far
    live_chart(figure, key="loss", ...)           # a chart or time_slider is a place too, under its key
    offer(fresh, every=0.3)                       # outside of fragments: fresh() says what is in the places now
    begin(); ...; tell({"answer": html})          # what a run has just found, to a page that waits for it

After a stroke on the pad the page asks at once for what the next run tells: the answer is there before the browser has
gone through the page that this run makes. How long the run took to tell is in the answer's head, as Server-Timing
(W3C), which a browser's tools show.
"""

import asyncio
import contextlib
import functools
import itertools
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from streamlit.runtime.scriptrunner import RerunException, StopException, add_script_run_ctx, get_script_run_ctx

from dashboard import pages, session
from engine.rundir import Status

PATH = "inkling/live"
_SCRIPT = Path(__file__).with_suffix(".js")
_STYLE = ".st-key-live_feed { position: absolute; width: 0; height: 0; overflow: hidden; }"
_serial = itertools.count()
PATIENCE = 2.0  # seconds that a question waits for what is told next
TICK = 0.3  # seconds between two looks at what moves while a run trains
QUEUED_TICK = 1.0  # the same while it waits for a core: ten pages that do so have one server, and often one machine


@dataclass(frozen=True)
class Fresh:
    """What is new: HTML by the name of its block, and what a component shows by its key. Others stay as they are."""

    blocks: dict[str, str]
    parts: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Told:
    """What a run of the page has told, and how many milliseconds after it began."""

    blocks: dict[str, str]
    took: float


NOTHING_TOLD = Told({}, 0.0)


@dataclass
class Tab:
    """One browser tab. It is kept in the tab's own session, so that it goes when that goes.

    token: names it in the address that is fetched; nobody else can guess it.
    """

    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    fresh: Callable[[], Fresh | None] | None = None
    context: Any = None  # of the tab's newest run: whose state, language and address `fresh` sees
    looking: threading.Lock = field(default_factory=threading.Lock)
    waiting: "tuple[asyncio.AbstractEventLoop, asyncio.Future[Told]] | None" = None
    handing: threading.Lock = field(default_factory=threading.Lock)  # who waits, between this and the server's thread
    told: dict[str, str] = field(default_factory=dict)  # last; runs that know nothing newer answer no question
    begun: float = 0.0  # when the newest run of the page began, by the performance counter

    async def next_told(self) -> Told:
        """What a run tells next that is new; nothing where none does for a while, or the page asks anew meanwhile."""
        self._answer(NOTHING_TOLD)
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Told] = loop.create_future()
        with self.handing:
            self.waiting = loop, told
        try:
            return await asyncio.wait_for(told, PATIENCE)
        except TimeoutError:
            return NOTHING_TOLD
        finally:
            with self.handing:
                if self.waiting is not None and self.waiting[1] is told:
                    self.waiting = None

    def tell(self, blocks: dict[str, str]) -> None:
        """Answer the question that waits, if one does, with what is new. From any thread."""
        if blocks != self.told:
            self.told = blocks
            self._answer(Told(blocks, 1000 * (time.perf_counter() - self.begun)))

    def _answer(self, told_now: Told) -> None:
        with self.handing:
            waiting, self.waiting = self.waiting, None
        if waiting is not None:
            loop, told = waiting
            with contextlib.suppress(RuntimeError):  # the server ends
                loop.call_soon_threadsafe(lambda: None if told.done() else told.set_result(told_now))

    def look(self) -> dict[str, Any]:
        """What the tab's element is answered; {} while an earlier question is still at work.

        stale: the page has to be made anew. So it is too where something goes wrong, once: a run of the page tells
        people what, and offers to be asked again.
        """
        if self.fresh is None or not self.looking.acquire(blocking=False):
            return {}
        try:
            found: list[dict[str, Any]] = []
            # A thread of its own, because it takes on the tab's context, and nothing else may find that there later.
            worker = threading.Thread(target=lambda: found.append(self._found()), name="live-feed")
            add_script_run_ctx(worker, self.context)
            worker.start()
            worker.join()
            return found[0]
        finally:
            self.looking.release()

    def _found(self) -> dict[str, Any]:
        try:
            fresh = self.fresh() if self.fresh is not None else None
        except (StopException, RerunException):  # the run of the page whose context this is was cut short
            return {"stale": True}
        except BaseException as error:  # whatever it is, it must not come three times a second
            self.fresh = None
            traceback.print_exception(error, file=sys.stderr)
            return {"stale": True}
        return {"stale": True} if fresh is None else {"blocks": fresh.blocks, "parts": fresh.parts}


_tabs: WeakValueDictionary[str, Tab] = WeakValueDictionary()


def block(name: str, html: str) -> str:
    """HTML for st.html, whose content `fresh` can change; texts in it are escaped already.

    No two are the same: else the browser would keep what was fetched where a later run of the page brings back what
    was there before.
    """
    return f'<div data-live="{name}" data-serial="{next(_serial)}" style="display:contents">{html}</div>'


def tick(statuses: Iterable[Status]) -> float | None:
    """Seconds between two looks at runs that stand so; None: all have come to their ends."""
    going = [status for status in statuses if status.going]
    if not going:
        return None
    return QUEUED_TICK if all(status.state == "queued" for status in going) else TICK


def offer(fresh: Callable[[], Fresh | None], every: float | None) -> None:
    """Have the page ask for what is new each so many seconds, and be made anew when `fresh` gives None; None: never.

    To be called in every run of the whole page, so that an old question is not asked on.
    """
    tab = session.kept("live-tab", Tab)
    tab.fresh, tab.context = (fresh, get_script_run_ctx(suppress_warning=True)) if every else (None, None)
    _tabs[tab.token] = tab
    st.fragment(_element)({"address": f"{_path()}?tab={tab.token}", "milliseconds": 1000 * (every or 0)})


def _element(data: dict[str, Any]) -> None:
    """In a fragment of its own, so that its wish waits for the run of the page under way.

    A wish for a whole page ends that run instead, and where it has hardly begun, Streamlit loses the click that it was
    to answer: what the browser told of its widgets is read only after a look whether something newer waits.
    """
    _component()(data=data, key="live_feed", height=1, on_stale_change=pages.made_anew)


def begin() -> None:
    """A run of the page, or of a part of it, begins that will tell something."""
    session.kept("live-tab", Tab).begun = time.perf_counter()


def tell(blocks: dict[str, str]) -> None:
    """Hand blocks to the page before this run is through, where the page waits for them."""
    session.kept("live-tab", Tab).tell(blocks)


def route() -> Route:
    """Where the server answers."""
    return Route(_path(), _answer)


def _path() -> str:
    """Below the path at which a proxy serves the page, where it is not the root."""
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"/{base}/{PATH}" if base else f"/{PATH}"


async def _answer(request: Request) -> Response:
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return Response(status_code=403)  # a browser asks for a page of somebody else's; it knows no token, but still
    tab = _tabs.get(request.query_params.get("tab", ""))
    headers, found = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}, {}
    if tab is not None and "next" in request.query_params:
        told = await tab.next_told()
        found["blocks"] = told.blocks
        if told.blocks:
            headers["Server-Timing"] = f"run;dur={told.took:.1f}"
    elif tab is not None:
        found = await run_in_threadpool(tab.look)
    return JSONResponse(found, headers=headers)


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "live_feed", isolate_styles=False, css=_STYLE, js=_SCRIPT.read_text(encoding="utf-8")
    )
