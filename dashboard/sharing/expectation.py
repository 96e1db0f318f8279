"""What a person expects of the runs that they start next: it goes into each run's report, with the time of writing."""

import time
from dataclasses import dataclass

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.language import say
from engine.about import LONGEST_NOTE, About


@dataclass
class Expectation:
    """The text, and when it was last changed."""

    text: str = ""
    written: float = 0.0  # seconds since 1970


def expected() -> Expectation:
    """Of this tab."""
    return session.kept("expectation", Expectation)


def about() -> About | None:
    """What to say of a run that begins now; None: nothing."""
    here = expected()
    return About(hypothesis=here.text, hypothesis_step=0, hypothesis_time=here.written) if here.text else None


def render(place: str) -> None:
    """A field for it. place: tells two on different pages apart."""

    def changed(text: str) -> None:
        here = expected()
        here.text, here.written = text.strip(), time.time()

    controlled(
        st.text_area,
        say("What do you expect of the next run, and why?"),
        f"expectation-{place}",
        expected().text,
        changed,
        max_chars=LONGEST_NOTE,
        height=90,
        placeholder=say("With dropout it will read fewer training images and more validation images, because …"),
        help=say(
            "Your hypothesis. It is kept with each run that you start, with the time at which you wrote it, and stands "
            "in the run's lab report."
        ),
    )
