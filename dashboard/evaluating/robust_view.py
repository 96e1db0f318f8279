"""What the network bears: accuracy as images are turned, moved, thickened, and so on."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.charts.bars import percent
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.figures import robustness_figure
from dashboard.evaluating.outcome import Outcome, Stamp
from dashboard.evaluating.sources import Source
from dashboard.evaluating.wording import amount, share
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.markdown import literal
from dashboard.running.jobs import Progress, Tell, stamp
from engine.checkpoint import load_checkpoint
from engine.judging import DISTURBANCES, Disturbance, Robustness, robustness, sample, training_changes

HEIGHT = 220
HALF_LOST = 0.5  # of the undisturbed accuracy

Points = tuple[Robustness, ...]


@dataclass(frozen=True)
class Named:
    """How a disturbance is called: its title, its axis, and its unit."""

    title: str
    axis: str
    unit: str = ""
    factor: float = 1.0  # from the engine's amounts to those of the axis
    unit_in_words: str = ""  # where the axis's title says it


@dataclass
class Kept:
    """The curves that are on the page: while a network trains, they stay those of the weights they began with."""

    key: tuple[Any, ...] = ()
    asked: Stamp | None = None
    found: Outcome | None = None
    rival: str = ""  # its key
    rival_asked: Stamp | None = None


def render(here: EvaluateDesk, source: Source, found: Outcome, rival: Source | None) -> None:
    """A small figure for each disturbance, drawn point by point."""
    kept = session.kept("evaluate-robustness", Kept)
    key = (source.key, found.held.which)
    if kept.key != key or (not source.live and kept.asked != found.stamp):
        kept.key, kept.asked, kept.found, kept.rival = key, found.stamp, found, ""
    if rival is not None and (kept.rival != rival.key or not rival.live):
        kept.rival, kept.rival_asked = rival.key, _stamp_of(rival)
    shown = kept.found or found
    count = len(sample(len(shown.held.labels)))
    changes = training_changes(shown.config)
    _head(kept, found, source, rival, count)
    progress = {name: _curve(here, kept.asked or found.stamp, shown, name, rank) for rank, name in _ranked(0)}
    others = {name: _curve(here, kept.rival_asked, shown, name, rank) for rank, name in _ranked(1)} if rival else {}
    problem = next((each.problem for each in (*progress.values(), *others.values()) if each.problem), "")
    if problem:
        st.caption(say("Not all curves can be drawn: {problem}", problem=literal(translated(problem))))
    with st.container(key="robustness-progress"):
        _bar([*progress.values(), *others.values()])
    with st.container(horizontal=True, key="robustness-figures", gap="small"):
        for name, disturbance in DISTURBANCES.items():
            with st.container(key=f"robust-{name.replace(' ', '-')}", gap="xsmall"):
                curves = [(source.name, _points(progress[name]))]
                curves += [(rival.name, _points(others[name]))] if rival and name in others else []
                _figure(name, disturbance, shown, curves, disturbance.trained(changes))


def _ranked(first: int) -> list[tuple[int, str]]:
    """The undisturbed network's curves come before the rival's, and both after what other views ask for."""
    return [(1 + 10 * first + place, name) for place, name in enumerate(DISTURBANCES)]


def _stamp_of(source: Source) -> Stamp | None:
    try:
        return stamp(source.path)
    except OSError:
        return None


def _head(kept: Kept, found: Outcome, source: Source, rival: Source | None, count: int) -> None:
    words = say(
        "Accuracy on {count:,} of the {which} images, each disturbed by the same amount. Look for how far a curve "
        "stays up: within the green band training showed such images, outside it the network is on its own. Pale "
        "bands are 95 % intervals.",
        count=count,
        which=say("test") if found.held.which == "test" else say("validation"),
    )
    if rival is not None:
        told = say("Solid blue: {a}. Dashed orange: {b}.", a=literal(source.name), b=literal(rival.name))
        words = f"{words} {told}"
    st.caption(words)
    if source.live and kept.asked != found.stamp and kept.found is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="robustness-again", gap="small"):
            st.caption(say("These are the weights of step {step:,}.", step=kept.found.step))
            st.button(say("Use the newest"), key="robustness-newest", type="tertiary", on_click=_again, args=(kept,))


def _again(kept: Kept) -> None:
    kept.key = ()


def _curve(here: EvaluateDesk, asked: Stamp | None, shown: Outcome, name: str, rank: int) -> Progress[Points]:
    """Points found so far. The weights may have been replaced since: then the curve is of those that are there now."""
    if asked is None:
        return Progress(problem=say("the weights are gone."))
    held = shown.held

    def work(tell: Tell) -> Points:
        model = load_checkpoint(asked[0])
        if held.images.shape[1:] != model.checkpoint.image_shape[:2] or model.classes != shown.classes:
            raise ValueError("the two networks read other images or know other classes.")
        places = sample(len(held.labels))
        points: list[Robustness] = []
        for point in robustness(model, held.images[places], held.labels[places], DISTURBANCES[name], tell):
            points.append(point)
            tell(len(points) / len(DISTURBANCES[name].values), tuple(points))
        return tuple(points)

    key = ("robustness", *asked, held.which, held.source, shown.config.seed, name)
    found = session.jobs().ask(key, work, rank=rank)
    here.waiting |= not found.done
    return found


def _points(progress: Progress[Points]) -> Points:
    return progress.result or progress.partial or ()


def _bar(progress: list[Progress[Points]]) -> None:
    done = sum(1.0 if each.done else each.share for each in progress) / max(len(progress), 1)
    if done < 1:
        st.progress(done, say("Reading disturbed images: {done}. Leaving this view stops it.", done=share(done, 0)))


def _names(name: str) -> Named:
    return {
        "rotation": Named(say("Rotation"), say("degrees, counterclockwise"), "°"),
        "shift": Named(say("Shift"), say("pixels in one of four directions"), unit_in_words=say(" pixels")),
        "scale": Named(say("Size"), say("of the original size"), " %", 100),
        "stroke width": Named(say("Stroke width"), say("pixels thinner or thicker"), unit_in_words=say(" pixels")),
        "noise": Named(say("Noise"), say("standard deviation, of 255")),
        "contrast": Named(say("Contrast"), say("of the ink's brightness"), " %", 100),
        "slant": Named(say("Slant"), say("pixels sideways per pixel of height")),
    }[name]


def _figure(
    name: str,
    disturbance: Disturbance,
    shown: Outcome,
    curves: list[tuple[str, Points]],
    trained: tuple[float, float] | None,
) -> None:
    named = _names(name)
    factor = named.factor
    amounts = disturbance.amounts(shown.held.images.shape[1])
    ends = (amounts[0] * factor, amounts[-1] * factor)
    scaled = [
        (who, [Robustness(p.amount * factor, p.accuracy, p.low, p.high) for p in points]) for who, points in curves
    ]
    band = (trained[0] * factor, trained[1] * factor) if trained is not None else None
    texts = {
        "amount": named.axis,
        "unit": named.unit,
        "unit_hover": "%{x:.4g}" + named.unit,
        "trained": say("training"),
    }
    words = _words(named, curves[0][1], len(amounts), trained is not None)
    st.markdown(f"**{named.title}**")
    live_chart(
        robustness_figure(scaled, ends, band, texts), f"robust-chart-{name.replace(' ', '-')}", name, HEIGHT, words
    )
    st.caption(words)


def _words(named: Named, points: Points, count: int, trained: bool) -> str:
    """At which amount, on either side, the accuracy has fallen below half of what it was."""
    if len(points) < count:
        return say("Being found …")
    unit, factor = named.unit or named.unit_in_words, named.factor
    told = [amount(factor * each, unit) for each in half_lost(points)]
    if told:
        said = say("Half of its accuracy is lost at about {amounts}.", amounts=say(" and ").join(told))
    else:
        worst = min(points, key=lambda point: point.accuracy)
        at, left = amount(factor * worst.amount, unit), percent(worst.accuracy)
        said = say("It never loses half of its accuracy here; the least is {left} at {at}.", left=left, at=at)
    return said if trained else f"{said} {say('Training had none of it.')}"


def half_lost(points: Points) -> list[float]:
    """The amounts below and above the undisturbed one (the first point) at which half of its accuracy is lost.

    Between two points of the curve they lie on the straight line through both.
    """
    start, found = points[0], []
    for side in (-1, 1):
        ordered = sorted((p for p in points if side * (p.amount - start.amount) >= 0), key=lambda p: side * p.amount)
        for before, after in pairwise(ordered):
            if after.accuracy < HALF_LOST * start.accuracy:
                way = (before.accuracy - HALF_LOST * start.accuracy) / (before.accuracy - after.accuracy)
                found.append(before.amount + way * (after.amount - before.amount))
                break
    return found
