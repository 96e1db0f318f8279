"""How sure the network is: whether it is right to be so, and what is gained by not answering when it is not."""

import math

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.charts.bars import percent
from dashboard.controlled import controlled
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.figures import calibration_figure, coverage_figure, stretched
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source
from dashboard.evaluating.wording import share
from dashboard.language import say
from dashboard.live_chart import live_chart
from engine.metrics import Coverage, coverage

HEIGHT = 380
POINTS = 160  # of the curves
STEPS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)
SMALL_ERROR = 0.01  # of the calibration, below which it is as good as right
FEW = 30  # images in a bin, below which nothing is read off it
PAD_MOST = 0.99  # the largest threshold of the drawing pad


def render(here: EvaluateDesk, source: Source, found: Outcome) -> None:
    """Two figures, each with its words."""
    with st.container(horizontal=True, key="evaluate-confidence", gap="medium"):
        with st.container(key="evaluate-calibration", gap="xsmall"):
            st.markdown(f"**{say('Is it as sure as it is right?')}**")
            words = _calibration_words(found)
            texts = {
                "confidence": say("how sure the network is"),
                "accuracy": say("how often it is right"),
                "images": say("images"),
                "point": say("sure {confidence} on average, right {accuracy}<br>{count} images"),
            }
            live_chart(calibration_figure(found.calibration, texts), "calibration-chart", source.key, HEIGHT, words)
            st.caption(words)
        with st.container(key="evaluate-coverage", gap="xsmall"):
            st.markdown(f"**{say('What if it may withhold an answer?')}**")
            _coverage(here, source, found)


def _calibration_words(found: Outcome) -> str:
    """Reads the figure."""
    curve = found.calibration
    sure, right = float(found.confidence.mean()), found.hits / len(found.right)
    opening = say(
        "On average it is {sure} sure and {right} right; the calibration error, the mean distance of the "
        "points from the dotted line, is {error}.",
        sure=share(sure, 1),
        right=share(right, 1),
        error=share(curve.error, 1),
    )
    if curve.error < SMALL_ERROR:
        verdict = say("It is about as sure as it is right: its percentages can be taken at their word.")
    elif sure > right:
        verdict = say("It is surer than it is right: points lie below the line.")
    else:
        verdict = say("It is righter than it is sure: points lie above the line, as label smoothing makes them.")
    warmth = found.temperature
    mend = ""
    if abs(math.log(warmth)) > math.log(1.05):
        mend = say(
            "Dividing its outputs by {warmth:.2f} before the softmax (temperature scaling, Guo et al. 2017) would "
            "mend most of it, and change no answer.",
            warmth=warmth,
        )
    few = say("Bins with few images, see the bars below, say little.") if _has_few(found) else ""
    return " ".join(each for each in (opening, verdict, mend, few) if each)


def _has_few(found: Outcome) -> bool:
    counts = found.calibration.counts
    return bool(((counts > 0) & (counts < FEW)).any())


def _coverage(here: EvaluateDesk, source: Source, found: Outcome) -> None:
    low = float(found.confidence.min(initial=1.0))
    ends = stretched([min(low, 0.5), 1.0])
    odds = 10 ** np.linspace(float(ends[0]), float(ends[1]), POINTS)
    curve = coverage(found.shares, found.held.labels, odds / (1 + odds))
    (at,) = (coverage(found.shares, found.held.labels, [here.threshold]),)
    words = _coverage_words(at, len(found.right))
    texts = {
        "threshold": say("least confidence for an answer"),
        "answered": say("answered"),
        "accuracy": say("right, of what is answered"),
    }
    live_chart(coverage_figure(curve, here.threshold, texts), "coverage-chart", source.key, HEIGHT, words)
    with st.container(horizontal=True, vertical_alignment="bottom", key="coverage-tools", gap="small"):
        controlled(
            st.select_slider,
            say("Answer only when at least so sure"),
            "evaluate-threshold",
            here.threshold,
            lambda wish: setattr(here, "threshold", float(wish)),
            options=list(STEPS),
            format_func=lambda each: f"{100 * each:g} %",
            width=360,
        )
        if session.desk().least != min(here.threshold, PAD_MOST):
            st.button(
                say("Use it on the pad"),
                key="threshold-to-pad",
                on_click=_use_on_pad,
                args=(here.threshold,),
                help=say("On the pages Train and Draw, answers that are less sure than this become “I don't know”."),
            )
    st.markdown(words)
    st.caption(
        say(
            "Look for the threshold at which the orange line has risen as far as you need, and read off the blue "
            "one what it costs in answers. The axis is stretched towards 100 %, where most images lie."
        )
    )


def _use_on_pad(threshold: float) -> None:
    session.desk().least = min(threshold, PAD_MOST)


def _coverage_words(at: Coverage, total: int) -> str:
    """The slider's place in words."""
    count, wrong = int(at.counts[0]), int(at.wrong[0])
    asked = f"{100 * float(at.thresholds[0]):g} %"
    if not count:
        return say("At {asked}, it answers none of the images.", asked=asked)
    return say(
        "At **{asked}**, it answers **{answered}** of the images ({count:,} of {total:,}), and of these answers "
        "**{right}** are right: {wrong:,} mistakes are left, {withheld:,} images would go to a person.",
        asked=asked,
        answered=percent(count / total),
        count=count,
        total=total,
        right=share(float(at.accuracy[0])),
        wrong=wrong,
        withheld=total - count,
    )
