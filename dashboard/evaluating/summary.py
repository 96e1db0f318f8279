"""The figures above all views, and one plain sentence."""

import streamlit as st

from dashboard import style
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source
from dashboard.evaluating.wording import share
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine.metrics import log_loss, wilson_interval


def render(source: Source, found: Outcome, state: str) -> None:
    """state: "running" while the figures follow a run, "rewound", or ""."""
    count, hits = len(found.right), found.hits
    low, high = wilson_interval(hits, count)
    which = say("test") if found.held.which == "test" else say("validation")
    words = say(
        "{name}, {weights}, step {step:,}: {hits:,} of {count:,} {which} images are read correctly.",
        name=source.name,
        weights=source.which or say("as it ships"),
        step=found.step,
        hits=hits,
        count=count,
        which=which,
    )
    style.sentence(words, state)
    style.tiles(
        [
            (
                say("Accuracy"),
                share(hits / count),
                say("95 %: {low:.2f} to {high:.2f}", low=100 * low, high=100 * high),
            ),
            (say("Mistakes"), f"{count - hits:,}", say("of {count:,}", count=count)),
            (say("Mean F1 of the classes"), share(found.scores.macro[2]), ""),
            (say("Mean loss (log)"), f"{float(log_loss(found.shares, found.held.labels).mean()):.4f}", ""),
            (
                say("How sure it is"),
                share(float(found.confidence.mean())),
                say("off by {error}", error=share(found.calibration.error, 1)),
            ),
        ]
    )
    if found.held.total > count:
        st.caption(
            say("The first {count:,} of {total:,} {which} images.", count=count, total=found.held.total, which=which)
        )
    if found.held.changed:
        st.warning(literal(translated(found.held.changed)), icon=":material/warning:")
