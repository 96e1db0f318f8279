"""What is measured of the page's answers: how long after a click, a key or a stroke it comes."""

import itertools
import time
from typing import Any

from inkling_browser import draw, tile
from page_figures import Effort, Figure
from page_session import Page, opened


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


def stop(browser: Any, effort: Effort) -> list[Figure]:
    """From the click on Stop to the worker's last word."""
    halted = Figure("click on Stop to halted", "ms", most=300)
    with opened(browser) as page:
        for _ in range(effort.times):
            page.train()
            page.tab.wait_for_timeout(2000)
            clicked = page.press("Stop")
            halted.values.append(1000 * (page.event("RunEnded", clicked)["time"] - clicked))
    return [halted]


def change(browser: Any, effort: Effort) -> list[Figure]:
    """From a key that moves the learning rate to the first batch that learns at it."""
    applied = Figure("live change to its first batch", "ms", most=500)
    with opened(browser) as page:
        page.train()
        for key, _ in zip(itertools.cycle(["ArrowLeft", "ArrowRight"]), range(2 * effort.times), strict=False):
            page.tab.wait_for_timeout(1500)
            moved = page.nudge(key)
            applied.values.append(1000 * (page.event("SettingsChanged", moved)["time"] - moved))
    return [applied]


def drawing(browser: Any, effort: Effort) -> list[Figure]:
    """From the end of a stroke to the new answer; 200 ms of it are the canvas component's own."""
    idle = Figure("end of a stroke to the answer, idle", "ms", most=350)
    training = Figure("end of a stroke to the answer, while training", "ms", most=450)
    with opened(browser) as page:
        page.train()
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
    if page.tab.locator(".st-key-pad-clear button").is_enabled():  # there is something on it
        page.press("Clear")
    page.until(lambda: page.tab.locator(".ink-answer b").count() == 0)
    page.tab.wait_for_timeout(700)
    page.forget("answers")
    page.tab.evaluate("inklingProbe.listen = true")
    draw(page.tab, digit)
    ended = page.noted("strokes")[-1]["at"]
    answers = page.until(lambda: [each for each in page.noted("answers") if each["text"]])
    page.tab.evaluate("inklingProbe.listen = false")
    return float(answers[0]["at"] - ended)
