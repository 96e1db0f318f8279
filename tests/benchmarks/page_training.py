"""What is measured while a run trains: how often the curve moves, what that costs, and whether the page keeps still."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from inkling_browser import draw
from page_figures import Effort, Figure
from page_runs import fresh, trained_for
from page_session import Page, opened

from dashboard.running.processes import PROJECT
from engine.rundir import EventReader, RunFolder

X_RANGE = "document.querySelector('.st-key-loss .live-chart')._fullLayout.xaxis.range"
SLOW = 20.0  # steps per second, where an update must come with few steps
FEW, MANY = 200, 20_000  # steps of a short and of a long run


def chart(browser: Any, effort: Effort) -> list[Figure]:
    """How often the curve moves while the default network trains at full speed."""
    rate = Figure("chart updates while training", "1/s", least=3.0)
    rests = Figure("time between two updates")
    longest = Figure("longest time between two updates", most=0.7)
    with opened(browser) as page:
        page.train()
        page.tab.wait_for_timeout(3000)
        for _ in range(effort.times):
            page.forget("drawn")
            page.tab.wait_for_timeout(effort.seconds * 1000)
            at = [each["at"] / 1000 for each in page.points()]
            gaps = [after - before for before, after in itertools.pairwise(at)]
            rests.values += gaps
            longest.values.append(max(gaps))
            rate.values.append(len(gaps) / (at[-1] - at[0]))
    return [rate, rests, longest]


def speed(browser: Any, effort: Effort) -> list[Figure]:
    """The same run from a shell and with the page open, in turns, so that a busy machine is busy for both."""
    alone, watched = (
        Figure("steps per second, from a shell", "1/s"),
        Figure("steps per second, with the page open", "1/s"),
    )
    lost = Figure("training speed lost with the page open", "%", most=15)
    for _ in range(effort.times):
        with opened(browser) as page:
            run = fresh(page.server.runs)
            worker = subprocess.Popen([sys.executable, "-m", "engine.worker", str(run.path)], cwd=PROJECT)
            time.sleep(effort.seconds + 2)
            worker.send_signal(signal.SIGTERM)
            worker.wait()
            alone.values.append(_steps_per_second(run))
        with opened(browser) as page:
            run = page.train()
            page.tab.wait_for_timeout(effort.seconds * 1000)
            watched.values.append(_steps_per_second(run))
        lost.values.append(100 * (1 - watched.values[-1] / alone.values[-1]))
    return [alone, watched, lost]


def _steps_per_second(run: RunFolder) -> float:
    """Over all but the first two seconds."""
    events = [event for event in EventReader(run.events_file).read() if event["event"] == "Batches"]
    first = next(event for event in events if event["seconds"] > 2)
    last = events[-1]
    return (last["step"][-1] - first["step"][-1]) / (last["seconds"] - first["seconds"])


def tick(browser: Any, effort: Effort) -> list[Figure]:
    """What one update costs in a short and in a long run, slowed down so that both bring as few steps."""
    costs = {
        (step, what): Figure(f"cost of an update at step {step:,}, {what}", unit)
        for what, unit in (("server", "ms"), ("browser", "ms"), ("drawing the loss", "ms"), ("sent", "KB"))
        for step in (FEW, MANY)
    }
    ratio = Figure(f"cost of an update at step {MANY:,} against {FEW}", "times", most=1.3)
    for _ in range(effort.times):
        total = []
        for step in (FEW, MANY):
            with opened(browser) as page:
                page.train(trained_for(page.server.runs, step, SLOW))
                found = _costs(page, effort.seconds)
            total.append(found["server"] + found["browser"])
            for what, value in found.items():
                costs[step, what].values.append(value)
        ratio.values.append(total[1] / total[0])
    return [*costs.values(), ratio]


def _costs(page: Page, seconds: float) -> dict[str, float]:
    """Of one update on average."""
    page.tab.wait_for_timeout(1500)
    server, browser = page.processor_seconds()
    received, updates = page.tab.evaluate("[inklingProbe.received, inklingProbe.updates]")
    page.forget("drawn")
    page.tab.wait_for_timeout(seconds * 1000)
    later = page.processor_seconds()
    sent, count = page.tab.evaluate(f"[inklingProbe.received - {received}, inklingProbe.updates - {updates}]")
    drawn = [each["cost"] for each in page.noted("drawn") if each["chart"] == "loss"]
    return {
        "server": 1000 * (later[0] - server) / count,
        "browser": 1000 * (later[1] - browser) / count,
        "drawing the loss": sum(drawn) / len(drawn),
        "sent": sent / 1024 / count,
    }


def zoom(browser: Any, effort: Effort) -> list[Figure]:
    """Whether a part of the curve that a person looks at stays there while training goes on, pauses and ends."""
    lost = Figure("looks at which the zoom was lost", "of all", most=0)
    with opened(browser) as page:
        page.train()
        page.tab.wait_for_timeout(2000)
        box = page.tab.locator(".st-key-loss .live-chart").bounding_box()
        page.tab.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2)
        page.tab.mouse.down()
        page.tab.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2, steps=5)
        page.tab.mouse.up()
        page.tab.wait_for_timeout(500)
        zoomed = page.tab.evaluate(X_RANGE)
        for button in ("", "Pause", "Resume", "Stop"):
            if button:
                page.press(button)
            for _ in range(20):
                page.tab.wait_for_timeout(100)
                lost.values.append(float(page.tab.evaluate(X_RANGE) != zoomed))
    return [lost]


def steady(browser: Any, effort: Effort) -> list[Figure]:
    """A drawing on the pad, and the places of what is on the page, while it trains and settings change."""
    minutes = f"in {effort.minutes:g} minutes"
    wiped, jumped = (
        Figure(f"canvas wiped {minutes}", "times", most=0),
        Figure(f"page jumped {minutes}", "times", most=0),
    )
    with opened(browser) as page:
        page.train()
        draw(page.tab, 3)
        page.tab.wait_for_timeout(1500)
        drawn = page.tab.evaluate("inklingProbe.look()")
        assert drawn > 500, f"the drawing has only {drawn} bright pixels"
        page.tab.evaluate("inklingProbe.watch = true")
        end = time.monotonic() + 60 * effort.minutes
        acts: list[Callable[[], object]] = [
            lambda: page.nudge("ArrowLeft"),
            lambda: page.nudge("ArrowRight"),
            lambda: page.press("Pause"),
            lambda: page.press("Resume"),
        ]
        for act in itertools.cycle(acts):
            page.tab.wait_for_timeout(min(4000, max(1000 * (end - time.monotonic()), 0)))
            if time.monotonic() >= end:
                break
            act()
        found = {what: page.noted(what) for what in ("wipes", "jumps")}
    for each in (*found["wipes"][:5], *found["jumps"][:5]):
        print(each, file=sys.stderr)
    wiped.values.append(len(found["wipes"]))
    jumped.values.append(len(found["jumps"]))
    return [wiped, jumped]
