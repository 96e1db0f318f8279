"""What is measured on the page: one function a group of figures, each on a server of its own."""

import itertools
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from inkling_browser import draw, tile
from page_figures import Figure
from page_session import Page, opened

from dashboard.processes import PROJECT
from engine.presets import DEFAULT, PRESETS
from engine.rundir import EventReader, RunFolder

RATE = "[class*=st-key-form][class*=optimizer-learning_rate] [role=slider]"
X_RANGE = "document.querySelector('.st-key-loss .live-chart')._fullLayout.xaxis.range"
SLOW = 20.0  # steps per second, where an update must come with few steps
FEW, MANY = 200, 20_000  # steps of a short and of a long run
ENDLESS = replace(PRESETS[DEFAULT].config, epochs=10_000)
names = (f"measured-{number}" for number in itertools.count())


@dataclass(frozen=True)
class Effort:
    """How long to measure. times: repetitions; seconds: of one look at a run; minutes: of the long look."""

    times: int = 5
    seconds: float = 15.0
    minutes: float = 0.5


def train(page: Page) -> RunFolder:
    """Open a run that never ends by itself, let the page train it, and wait for its curve."""
    run = RunFolder.create(page.server.runs, ENDLESS, next(names))
    page.open(run.id)
    page.press("Continue")
    page.until(page.points)
    return run


def start(browser: Any, effort: Effort) -> list[Figure]:
    """From the command to a trained network."""
    usable, good = Figure("start of the server to a page that can be used"), Figure("click on Train to 97 % validated")
    for _ in range(effort.times):
        begun = time.perf_counter()
        with opened(browser) as page:
            page.open()
            usable.values.append(time.perf_counter() - begun)
            clicked = page.press("Train")
            page.until(lambda page=page: tile(page.tab, "Validation accuracy") >= 97)
            good.values.append(time.time() - clicked)
    return [usable, good]


def click(browser: Any, effort: Effort) -> list[Figure]:
    """From the click on Train to the first point of the loss curve."""
    first = Figure("click on Train to the first point, first run of a server", most=1.0)
    later = Figure("click on Train to the first point, later run", most=1.0)
    without = Figure("click on Train to the first point, without a spare worker")
    for spare, _ in itertools.product((True, False), range(effort.times)):
        with opened(browser, spare) as page:
            page.open()
            page.tab.wait_for_timeout(1500)  # people look before they click
            (first if spare else without).values.append(_to_first_point(page))
            if spare:
                page.tab.wait_for_timeout(2000)
                page.press("Stop")
                page.tab.wait_for_timeout(6000)
                later.values.append(_to_first_point(page))
    return [first, later, without]


def _to_first_point(page: Page) -> float:
    before = max((each["newest"] for each in page.noted("drawn")), default=0) or float("inf")
    clicked = page.press("Train")

    def point() -> float:
        found = (each["at"] / 1000 for each in page.noted("drawn") if 0 < each["newest"] < before)
        return next((at for at in found if at > clicked), 0.0)

    return float(page.until(point)) - clicked


def chart(browser: Any, effort: Effort) -> list[Figure]:
    """How often the curve moves while the default network trains at full speed."""
    rate = Figure("chart updates while training", "1/s", least=3.0)
    rests = Figure("time between two updates")
    longest = Figure("longest time between two updates", most=0.7)
    with opened(browser) as page:
        train(page)
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


def stop(browser: Any, effort: Effort) -> list[Figure]:
    """From the click on Stop to the worker's last word."""
    halted = Figure("click on Stop to halted", "ms", most=300)
    with opened(browser) as page:
        for _ in range(effort.times):
            train(page)
            page.tab.wait_for_timeout(2000)
            clicked = page.press("Stop")
            halted.values.append(1000 * (page.event("RunEnded", clicked)["time"] - clicked))
    return [halted]


def change(browser: Any, effort: Effort) -> list[Figure]:
    """From a key that moves the learning rate to the first batch that learns at it."""
    applied = Figure("live change to its first batch", "ms", most=500)
    with opened(browser) as page:
        train(page)
        for key, _ in zip(itertools.cycle(["ArrowLeft", "ArrowRight"]), range(2 * effort.times), strict=False):
            page.tab.wait_for_timeout(1500)
            moved = _nudge(page, key)
            applied.values.append(1000 * (page.event("SettingsChanged", moved)["time"] - moved))
    return [applied]


def _nudge(page: Page, key: str) -> float:
    """Move the learning rate by one step; the time of the key."""
    page.tab.locator(RATE).first.press(key)
    return page.noted("keys")[-1]["at"] / 1000


def speed(browser: Any, effort: Effort) -> list[Figure]:
    """The same run from a shell and with the page open, in turns, so that a busy machine is busy for both."""
    alone, watched = (
        Figure("steps per second, from a shell", "1/s"),
        Figure("steps per second, with the page open", "1/s"),
    )
    lost = Figure("training speed lost with the page open", "%", most=15)
    for _ in range(effort.times):
        with opened(browser) as page:
            run = RunFolder.create(page.server.runs, ENDLESS, next(names))
            worker = subprocess.Popen([sys.executable, "-m", "engine.worker", str(run.path)], cwd=PROJECT)
            time.sleep(effort.seconds + 2)
            worker.send_signal(signal.SIGTERM)
            worker.wait()
            alone.values.append(_steps_per_second(run))
        with opened(browser) as page:
            run = train(page)
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
        with opened(browser) as page:
            run = train(page)
            total = []
            for step in (FEW, MANY):
                page.until(lambda page=page, step=step: page.step() >= step - 50, 600)
                page.pace(SLOW)
                found = _costs(page, effort.seconds)
                page.pace(0)
                total.append(found["server"] + found["browser"])
                for what, value in found.items():
                    costs[step, what].values.append(value)
            ratio.values.append(total[1] / total[0])
            assert page.run().id == run.id
    return [*costs.values(), ratio]


def _costs(page: Page, seconds: float) -> dict[str, float]:
    """Of one update on average."""
    page.tab.wait_for_timeout(1500)
    server, browser = page.processor_seconds()
    received = page.tab.evaluate("inklingProbe.received")
    page.forget("drawn")
    page.tab.wait_for_timeout(seconds * 1000)
    later = page.processor_seconds()
    drawn = [each["cost"] for each in page.noted("drawn") if each["chart"] == "loss"]
    return {
        "server": 1000 * (later[0] - server) / len(drawn),
        "browser": 1000 * (later[1] - browser) / len(drawn),
        "drawing the loss": sum(drawn) / len(drawn),
        "sent": (page.tab.evaluate("inklingProbe.received") - received) / 1024 / len(drawn),
    }


def zoom(browser: Any, effort: Effort) -> list[Figure]:
    """Whether a part of the curve that a person looks at stays there while training goes on, pauses and ends."""
    lost = Figure("looks at which the zoom was lost", "of all", most=0)
    with opened(browser) as page:
        train(page)
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
        train(page)
        draw(page.tab, 3)
        page.tab.wait_for_timeout(1500)
        drawn = page.tab.evaluate("inklingProbe.look()")
        assert drawn > 500, f"the drawing has only {drawn} bright pixels"
        page.tab.evaluate("inklingProbe.watch = true")
        end = time.monotonic() + 60 * effort.minutes
        acts: list[Callable[[], object]] = [
            lambda: _nudge(page, "ArrowLeft"),
            lambda: _nudge(page, "ArrowRight"),
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


def drawing(browser: Any, effort: Effort) -> list[Figure]:
    """From the end of a stroke to the new answer; 200 ms of it are the canvas component's own."""
    idle = Figure("end of a stroke to the answer, idle", "ms", most=350)
    training = Figure("end of a stroke to the answer, while training", "ms", most=450)
    with opened(browser) as page:
        train(page)
        page.tab.wait_for_timeout(3000)
        for figure in (training, idle):
            if figure is idle:
                page.press("Stop")
                page.tab.wait_for_timeout(2000)
            for digit, _ in zip(itertools.cycle((7, 1)), range(4 * effort.times), strict=False):
                figure.values.append(_to_answer(page, digit))
    return [idle, training]


def _to_answer(page: Page, digit: int) -> float:
    """Draw on an empty pad; milliseconds from the end of the last stroke to an answer."""
    page.press("Clear")
    page.until(lambda: page.tab.locator(".ink-answer b").count() == 0)
    page.tab.wait_for_timeout(700)
    page.forget("answers")
    draw(page.tab, digit)
    ended = page.noted("strokes")[-1]["at"]
    answers = page.until(lambda: [each for each in page.noted("answers") if each["text"]])
    return float(answers[0]["at"] - ended)


MEASURES: dict[str, Callable[[Any, Effort], list[Figure]]] = {
    each.__name__: each for each in (start, click, chart, stop, change, speed, tick, zoom, steady, drawing)
}
