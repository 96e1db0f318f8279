"""How well a network reads: which digits go wrong and why, how sure it is, what it bears, and against another one."""

from pathlib import Path

import streamlit as st

from dashboard import evaluating, session, style
from dashboard.controlled import controlled
from dashboard.evaluating import (
    choosing,
    classes,
    confidence,
    held_apart,
    mistakes,
    robust_view,
    summary,
    two,
    watching,
)
from dashboard.evaluating.desk import VIEWS, EvaluateDesk, desk, tell_address
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source, evaluated, rival
from dashboard.evaluating.watching import Sight
from dashboard.evaluating.wording import share
from dashboard.language import say, translated
from dashboard.live_chart import load_plotly
from dashboard.markdown import literal
from engine.rundir import RunFolder

STYLE = f"<style>{(Path(evaluating.__file__).with_name('evaluate.css')).read_text(encoding='utf-8')}</style>"


def render() -> None:
    """The whole page."""
    here = desk()
    st.html(STYLE)
    here.fragment(_page, lambda: _has_news(here))
    load_plotly()  # last: its 4.8 MB must not hold up the rest


def _has_news(here: EvaluateDesk) -> bool:
    source = evaluated(here, session.shown_run())
    return source is not None and here.images == "validation" and watching.has_news(here, source, "validation")


def _page() -> None:
    here, run = desk(), session.shown_run()
    with here.making():
        tell_address(here)
        with st.container(key="evaluate-head", gap="small"):
            choosing.render(here, run)
        with st.container(key="evaluate-body", gap="small"):
            source = evaluated(here, run)
            if source is None:
                style.sentence(_nothing(run), session.runs().status(run).state if run is not None else "")
            else:
                _source(here, source)


def _nothing(run: RunFolder | None) -> str:
    """Why there is nothing to evaluate."""
    if run is None:
        return say("There is no network to evaluate yet. Train one on the page Train.")
    if session.runs().status(run).going:
        return say("This run has no weights yet; they come within seconds of its start.")
    return say("This run has no weights: it ended before the first were written.")


def _source(here: EvaluateDesk, source: Source) -> None:
    with st.container(key="evaluate-test"):
        seen = held_apart.sight(here, source) if here.images == "test" else watching.watch(here, source, "validation")
    here.seen = seen.found if seen is not None else None
    if seen is None:
        return
    here.waiting |= seen.waits
    if seen.found is None:
        _not_yet(seen, source)
        return
    rewound = session.shown().at_step is not None and source.run is not None
    summary.render(source, seen.found, "running" if source.live else "rewound" if rewound else "")
    _views(here)
    with st.container(key=f"evaluate-view-{here.view}", gap="small"):
        _view(here, source, seen.found)


def _not_yet(seen: Sight, source: Source) -> None:
    if seen.problem == "gone":
        style.sentence(say("These weights are gone: the snapshot made room for another, or the run was deleted."))
    elif seen.problem:
        style.sentence(say("{name} cannot be evaluated: {problem}", name=source.name, problem=translated(seen.problem)))
    else:
        st.progress(
            seen.share, say("{name} reads the images: {done}", name=literal(source.name), done=share(seen.share, 0))
        )


def _views(here: EvaluateDesk) -> None:
    titles = {
        "mistakes": say("Mistakes"),
        "classes": say("Classes"),
        "confidence": say("Confidence"),
        "robustness": say("Robustness"),
        "two": say("Two networks"),
    }
    controlled(
        st.segmented_control,
        say("What to look at"),
        "evaluate-view",
        here.view,
        lambda wish: _turn_to(here, wish),
        options=list(VIEWS),
        required=True,
        format_func=lambda each: titles[each],
        label_visibility="collapsed",
    )


def _turn_to(here: EvaluateDesk, view: str | None) -> None:
    here.view, here.page, here.picked = view or VIEWS[0], 0, None


def _view(here: EvaluateDesk, source: Source, found: Outcome) -> None:
    """Only the one that is open is worked out."""
    other = rival(here)
    match here.view:
        case "mistakes":
            mistakes.render(here, source, found)
        case "classes":
            classes.render(here, source, found)
        case "confidence":
            confidence.render(here, source, found)
        case "robustness":
            robust_view.render(here, source, found, other)
        case "two":
            two.render(here, source, found, other)
