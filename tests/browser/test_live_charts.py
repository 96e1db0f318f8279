"""Charts that are drawn piece by piece while a run trains, in a real browser."""

import itertools
from typing import Any

from inkling_browser import Server, stop, tile, wait

from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten, ReLU
from engine.rundir import RunFolder

CONFIG = TrainingConfig(
    data=DataConfig(train_images=6400, validation_images=500),
    layers=(Flatten(), Dense(units=16), ReLU(), Dense(units=10)),
    epochs=400,
)  # an epoch is 100 steps
# Counts how often Plotly draws all of a chart anew, and notes after each drawing what it has to show.
WATCH = """() => {
    const { react } = window.Plotly;
    const name = (element) => element.closest('.st-key-loss') ? 'loss' : 'accuracy';
    window.anew = { loss: 0, accuracy: 0 };
    window.Plotly.react = (element, ...rest) => {
        window.anew[name(element)] += 1;
        return react(element, ...rest);
    };
    window.noted = [];
    document.addEventListener('live-chart-drawn', ({ target }) => {
        const { shapes, xaxis } = target.layout;
        window.noted.push([name(target), window.anew[name(target)], shapes?.[0]?.x0 ?? -1, xaxis.range[1]]);
    });
}"""
# What can be seen of the axes and the marks of both charts, and where.
LOOK = """() => [...document.querySelectorAll('.st-key-loss .live-chart, .st-key-accuracy .live-chart')].map((chart) =>
    [...chart.querySelectorAll('.xtick text, .ytick text, .annotation-text, .shapelayer path, .g-ytitle text')]
        .map((each) => {
            const { x, y, width } = each.getBoundingClientRect();
            return [each.textContent, Math.round(x), Math.round(y), Math.round(width)];
        }).sort())"""


def moved_by_itself(noted: list[list[Any]], what: int) -> bool:
    """The best epoch's mark (2) or the axis (3) is elsewhere, though Plotly has not drawn all of that chart anew."""
    for chart in ("loss", "accuracy"):
        own = [each for each in noted if each[0] == chart]
        pairs = itertools.pairwise(own)
        if not any(a[1] == b[1] and a[what] >= 0 and a[what] != b[what] for a, b in pairs):
            return False
    return True


# The best epoch elsewhere, and the axes longer: as a run in training would tell it.
MOVE = """() => ['loss', 'accuracy'].forEach((key) => {
    const part = window.inklingParts.get(key);
    const data = structuredClone(part.data);
    const { shapes, annotations, xaxis } = data.figure.layout;
    Object.assign(shapes[0], { x0: 150, x1: 150 });
    Object.assign(annotations.find(({ text }) => text.startsWith('best:')), { x: 150, text: 'best: elsewhere' });
    xaxis.range[1] *= LONGER;
    part.show(data);
})"""
ANEW = "['loss', 'accuracy'].forEach((key) => window.inklingParts.get(key).anew())"


def drawings(tab: Any) -> int:
    return int(tab.evaluate("window.noted.length"))


def after(tab: Any, script: str) -> Any:
    """What is seen of both charts when the script has had them drawn."""
    before = drawings(tab)
    tab.evaluate(script)
    wait(tab, lambda: drawings(tab) >= before + 2)
    return tab.evaluate(LOOK)


def test_marks_and_axes_that_move_are_where_plotly_itself_draws_them(tab: Any, server: Server) -> None:
    RunFolder.create(server.runs, CONFIG, "watched")
    tab.goto(f"{server.url}/?run=watched")
    tab.wait_for_function("window.Plotly && document.querySelector('.st-key-main-continue button')")
    tab.evaluate(WATCH)
    tab.locator(".st-key-main-continue button").click()
    wait(tab, lambda: tile(tab, "Epoch") >= 5)
    wait(tab, lambda: all(moved_by_itself(tab.evaluate("window.noted"), what) for what in (2, 3)))
    stop(tab)
    tab.mouse.move(5, 5)  # a chart under the pointer is drawn by Plotly alone
    tab.wait_for_timeout(1000)  # until nothing moves any more
    assert tab.evaluate(LOOK) == after(tab, ANEW)
    for longer in ("1", "1.3"):
        anew = tab.evaluate("window.anew")
        pieces = after(tab, MOVE.replace("LONGER", longer))
        assert tab.evaluate("window.anew") == anew, "Plotly drew all of it"
        assert all(any(each[0] == "best: elsewhere" for each in chart) for chart in pieces)
        assert pieces == after(tab, ANEW)
