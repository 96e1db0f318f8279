"""What the page fetches while a run trains: by whom, when it must be made anew, and what becomes of errors."""

import asyncio
import gc
import json
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from dashboard import live_feed
from dashboard.live_feed import QUEUED_TICK, TICK, Fresh, Tab, block, tick
from dashboard.training import pulse
from engine.config import TrainingConfig
from engine.rundir import RunFolder, Status


def known(fresh: Any) -> Tab:
    """A tab that asks, as `offer` leaves it."""
    tab = Tab(fresh=fresh)
    live_feed._tabs[tab.token] = tab
    return tab


def ask(token: str) -> dict[str, Any]:
    """As a browser asks, without the network between."""
    request = Request({"type": "http", "method": "GET", "headers": [], "query_string": f"tab={token}".encode()})
    answer = asyncio.run(live_feed.route().endpoint(request))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = json.loads(answer.body)
    return found


@pytest.mark.parametrize(
    ("states", "seconds"),
    [
        ([], None),
        (["ended", "interrupted"], None),
        (["ended", "queued"], QUEUED_TICK),
        (["queued", "running"], TICK),
        (["paused"], TICK),
    ],
)
def test_a_page_whose_runs_only_wait_for_a_core_asks_less_often(states: list[str], seconds: float | None):
    assert tick(Status(state) for state in states) == seconds


def test_a_tab_gets_its_own_figures():
    one = known(lambda: Fresh({"figures": "<b>1</b>"}, {"loss": {"height": 3}}))
    two = known(lambda: Fresh({"figures": "<b>2</b>"}, {}))
    assert ask(one.token) == {"blocks": {"figures": "<b>1</b>"}, "parts": {"loss": {"height": 3}}}
    assert ask(two.token) == {"blocks": {"figures": "<b>2</b>"}, "parts": {}}


async def wait_for_next(tab: Tab, *told: dict[str, str]) -> Any:
    """What a page is answered that asks for what comes next, while a run in another thread tells things."""
    query = f"tab={tab.token}&next".encode()
    request = Request({"type": "http", "method": "GET", "headers": [], "query_string": query})
    asked = asyncio.create_task(live_feed.route().endpoint(request))
    while tab.waiting is None:
        await asyncio.sleep(0)
    for blocks in told:
        await asyncio.to_thread(tab.tell, blocks)
    answer = await asked
    found = json.loads(answer.body)
    timing = answer.headers.get("server-timing", "")
    assert re.fullmatch(r"run;dur=\d+\.\d", timing) if found["blocks"] else not timing
    return found


def test_a_page_that_waits_gets_what_is_told_next():
    tab = known(None)
    tab.tell({"answer": "old"})
    assert asyncio.run(wait_for_next(tab, {"answer": "old"}, {"answer": "7"})) == {"blocks": {"answer": "7"}}
    assert tab.waiting is None


def test_a_page_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(live_feed, "PATIENCE", 0.01)
    tab = known(None)
    assert asyncio.run(wait_for_next(tab)) == {"blocks": {}}
    tab.tell({"answer": "7"})  # nobody waits, and nothing breaks


def test_a_newer_question_takes_the_place_of_an_older_one():
    async def both(tab: Tab) -> list[Any]:
        first = asyncio.create_task(tab.next_told())
        await asyncio.sleep(0)
        second = asyncio.create_task(tab.next_told())
        await asyncio.sleep(0)
        tab.tell({"answer": "7"})
        return await asyncio.gather(first, second)

    assert [told.blocks for told in asyncio.run(both(known(None)))] == [{}, {"answer": "7"}]


@pytest.mark.parametrize("token", ["", "nobody", "../../etc", "x" * 5000])
def test_who_knows_no_token_gets_nothing(token):
    known(lambda: Fresh({"figures": "secret"}, {}))
    assert ask(token) == {}


@pytest.mark.parametrize(("site", "code"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200)])
def test_pages_of_other_sites_are_answered_nothing(site: str, code: int) -> None:
    tab = known(lambda: Fresh({"figures": "secret"}, {}))
    headers = [(b"sec-fetch-site", site.encode())]
    scope = {"type": "http", "method": "GET", "headers": headers, "query_string": f"tab={tab.token}".encode()}
    answer = asyncio.run(live_feed.route().endpoint(Request(scope)))
    assert answer.status_code == code
    assert (b"secret" in answer.body) == (code == 200)
    assert "access-control-allow-origin" not in answer.headers


def test_tokens_cannot_be_guessed_and_tabs_leave_nothing_behind() -> None:
    gc.collect()
    before = len(live_feed._tabs)
    tokens = set()
    for _ in range(200):
        tab = known(lambda: Fresh({}, {}))
        tokens.add(tab.token)
        ask(tab.token)
        del tab
    assert len(tokens) == 200
    assert min(map(len, tokens)) >= 22  # of 64 characters: 128 bits
    gc.collect()
    assert len(live_feed._tabs) <= before
    assert not [each for each in threading.enumerate() if each.name == "live-feed"]


def test_where_the_run_of_the_page_was_cut_short_a_newer_one_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    def stop() -> None:
        raise StopException

    tab = known(stop)
    assert ask(tab.token) == {"stale": True}
    assert ask(tab.token) == {"stale": True}  # until a newer one offers anew
    assert capsys.readouterr().err == ""


def test_a_tab_that_is_gone_is_forgotten():
    token = known(lambda: Fresh({"figures": "old"}, {})).token
    assert ask(token) == {}


def test_none_asks_for_the_page_to_be_made_anew():
    tab = known(lambda: None)
    assert ask(tab.token) == {"stale": True}


def test_an_error_is_told_once_to_the_log_and_not_repeated(capsys):
    calls = []

    def fresh() -> Fresh:
        calls.append(1)
        raise RuntimeError("a fault")

    tab = known(fresh)
    assert ask(tab.token) == {"stale": True}
    assert ask(tab.token) == {}
    assert len(calls) == 1
    assert "a fault" in capsys.readouterr().err


def test_a_second_question_does_not_pile_up_behind_a_slow_one():
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Fresh:
        begun.set()
        go_on.wait(10)
        return Fresh({}, {})

    tab = known(slow)
    first: list[dict[str, Any]] = []
    asking = threading.Thread(target=lambda: first.append(tab.look()))
    asking.start()
    assert begun.wait(10)
    assert tab.look() == {}
    go_on.set()
    asking.join(10)
    assert first == [{"blocks": {}, "parts": {}}]


def test_blocks_of_the_same_content_are_not_the_same():
    assert block("a", "<b>1</b>") != block("a", "<b>1</b>")
    assert 'data-live="a"' in block("a", "")


def one_run(root: Path) -> RunFolder:
    """A run named "first" that has made three steps, one of them with a loss that is no number."""
    run = RunFolder.create(root, TrainingConfig(), "first")
    batches = {"step": [1, 2, 3], "epoch": [0.1, 0.2, 0.3], "loss": [2.0, None, 1.0], "accuracy": [0.1, 0.2, 0.3]}
    batches |= {"learning_rate": [0.1] * 3, "gradient_norm": [1.0, None, 1.0], "images_per_second": 9.0, "seconds": 1.0}
    run.events_file.write_text(json.dumps({"event": "Batches", **batches}) + "\n", encoding="utf-8")
    return run


def test_the_train_page_offers_what_it_shows(root: Path) -> None:
    """In its own language, of its own run, and as JSON that a browser can read though losses are not numbers."""

    def script() -> None:
        import streamlit as st

        from dashboard import session
        from dashboard.training import curves_panel, pulse, time_machine

        session.show("first")
        runs = session.runs()
        run = runs.open("first")
        history = runs.history(run)
        found = time_machine.found_of(run)
        pulse.note(run, runs.status(run), history, found, curves_panel.View("first", "step", 0.6, False, None))
        st.session_state["fresh"] = pulse.fresh()
        session.shown().at_step = 1
        st.session_state["rewound"] = pulse.fresh()

    one_run(root)
    at = AppTest.from_function(script).run()
    assert not at.exception
    fresh = at.session_state["fresh"]
    assert "ink-tiles" in fresh.blocks["figures"]
    assert {"figures", "answer"} <= set(fresh.blocks)
    assert set(fresh.parts) == {"loss", "accuracy"}
    assert json.loads(json.dumps(fresh.parts, allow_nan=False))
    assert at.session_state["rewound"] == Fresh({}, {})  # the page that shows this moment is on its way


def test_the_train_page_is_made_anew_when_its_worker_has_something_to_say(root: Path, monkeypatch: Any) -> None:
    """And not before, nor again as long as it says the same."""
    monkeypatch.setattr(pulse, "FILES_TICK", 0.0)

    def script() -> None:
        import streamlit as st

        from dashboard import session
        from dashboard.training import curves_panel, pulse, time_machine
        from engine.files import NOTE, WARNING

        session.show("first")
        runs = session.runs()
        run = runs.open("first")
        found = st.session_state["found"] = []
        view = curves_panel.View("first", "step", 0.6, False, None)
        for said in ("", f"{WARNING}the disk is slow\n", f"{NOTE}a snapshot was damaged\n"):
            with run.log_file.open("a", encoding="utf-8") as log:
                log.write(said)
            found.append(pulse.fresh() is None)
            pulse.note(run, runs.status(run), runs.history(run), time_machine.found_of(run), view)
            found.append(pulse.fresh() is None)

    one_run(root)
    at = AppTest.from_function(script).run()
    assert not at.exception
    assert at.session_state["found"][1:] == [False, True, False, True, False]
