"""The picked runs over each other: their curves in one chart, who leads, and the settings in which they differ."""

import contextlib
from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboard import session
from dashboard.chart_options import SMOOTHING, X_AXES, choice, log_loss, smoothing
from dashboard.charts.figure import Figure
from dashboard.charts.overlay import Curve, View, overlay_figure
from dashboard.comparing.catalog import Summary
from dashboard.comparing.picked_tables import (
    Line,
    any_groups,
    differences,
    group_table,
    in_words,
    lines_of,
    ranking_table,
)
from dashboard.comparing.picking import picking
from dashboard.comparing.ranking import Entrant, rank
from dashboard.language import say, spoken, translated
from dashboard.live_chart import live_chart
from engine.history import History
from engine.rundir import RunError

MOST_RUNS = 20  # whose curves are drawn; the server keeps those of a few more
CHART_HEIGHT = 360
MEAN = "mean"
QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}
SHOWS = {"validation": "Validation", "training": "Training", "both": "Both"}
GROUPED = {MEAN: "Mean of seeds", "each": "Each run"}
BANDS = {"range": "Smallest to largest", "deviation": "Standard deviation"}


def tones(picked: Sequence[Summary]) -> dict[str, int]:
    """Run -> the place of its line in the order of colours, as the chart shows it."""
    lines = lines_of(picked[:MOST_RUNS], _together(picked))
    given = picking().give_tones([line.id for line in lines])
    return {run.id: given[line.id] for line in lines for run in line.runs}


def _has_repeats(picked: Sequence[Summary]) -> bool:
    named = [each.about.group for each in picked if each.about.kind == "repeats"]
    return len(named) > len(set(named))


def _together(picked: Sequence[Summary]) -> bool:
    return _has_repeats(picked) and st.session_state.get("overlay-grouped", MEAN) == MEAN


def render(picked: Sequence[Summary]) -> None:
    """Chart, ranking and differences."""
    histories = _histories(picked[:MOST_RUNS])
    shown = [each for each in picked if each.id in histories]
    view, together = _options(shown)
    lines = lines_of(shown, together)
    given = picking().give_tones([line.id for line in lines])
    entrants = [Entrant(each.id, each.name, each.state, each.reason, histories[each.id]) for each in shown]
    races = {each.about.group if each.about.kind == "race" else "" for each in shown}
    ranking = rank(entrants, race=len(races) == 1 and "" not in races)
    said = in_words(lines, ranking)
    with st.container(horizontal=True, key="overlay", gap="medium"):
        with st.container(key="overlay-chart", gap="xsmall"):
            figure = _figure(lines, histories, view, given)
            live_chart(
                figure,
                "runs-chart",
                "runs",
                CHART_HEIGHT,
                say(
                    "{quantity} of {count} lines. {join}",
                    quantity=translated(view.quantity),
                    count=len(lines),
                    join=spoken().joined(said),
                ),
            )
            st.html(f'<div class="runs-caption">{escape(_caption(view, lines, len(picked)))}</div>')
        with st.container(key="overlay-side", gap="xsmall"):
            paragraphs = "".join(f"<p>{escape(line)}</p>" for line in said)
            st.html(f'<div class="runs-said" role="status">{paragraphs}</div>')
            st.html(group_table(lines, given) if any_groups(lines) else ranking_table(ranking, lines, given))
    differences(lines, given)


def _histories(picked: Sequence[Summary]) -> dict[str, History]:
    """Their curves; a run that was deleted a moment ago has none."""
    found = {}
    for each in picked:
        with contextlib.suppress(RunError):
            found[each.id] = session.runs().history(session.runs().open(each.id))
    return found


def _options(picked: Sequence[Summary]) -> tuple[View, bool]:
    with st.container(horizontal=True, vertical_alignment="center", key="overlay-options", gap="small"):
        quantity = choice(say("What"), QUANTITIES, "overlay-quantity")
        shows = choice(say("Of which images"), SHOWS, "overlay-shows")
        x = choice(say("Along the bottom"), X_AXES, "overlay-x")
        together, band = False, "range"
        if _has_repeats(picked):
            together = choice(say("Repeats"), GROUPED, "overlay-grouped") == MEAN
            if together:
                band = choice(say("Band"), BANDS, "overlay-band")
        log = quantity == "loss" and log_loss("overlay-log")
        smooth = SMOOTHING if shows == "validation" else smoothing("overlay-smoothing")
    return View(quantity, shows, x, smooth, log, band), together


def _figure(lines: Sequence[Line], histories: dict[str, History], view: View, given: dict[str, int]) -> Figure:
    """The newest figure; made anew only when a line in it has grown."""
    page = picking()
    curves = [
        Curve(line.id, line.name, given[line.id], tuple(histories[run.id] for run in line.runs)) for line in lines
    ]
    made_of = (view, tuple((c.id, c.name, c.tone, *((id(h), h.version) for h in c.histories)) for c in curves))
    if page.drawn[0] != made_of:
        page.drawn = (made_of, overlay_figure(curves, view))
    figure: Figure = page.drawn[1]
    return figure


def _caption(view: View, lines: Sequence[Line], picked: int) -> str:
    words = []
    if view.shows == "both":
        words.append(say("Solid: validation; dotted: training."))
    elif view.shows == "training":
        words.append(say("Training batches, smoothed."))
    else:
        words.append(say("On the validation images, at the ends of epochs; before the first, on a part of them."))
    if any_groups(lines):
        edge = {
            "range": say("from the smallest to the largest of the seeds"),
            "deviation": say("one standard deviation"),
        }
        sides = say(" to each side") if view.band == "deviation" else ""
        words.append(
            say(
                "Lines: means of the seeds, as far as all have come; bands: {edge}{sides}.",
                edge=edge[view.band],
                sides=sides,
            )
        )
    if view.x == "seconds" and len(lines) > 1:
        words.append(say("Runs that train at the same time share the cores: their seconds are longer than alone."))
    if view.x == "step" and len({run.config.batch_size for line in lines for run in line.runs if run.config}) > 1:
        words.append(say("Batches differ in size, so steps do too: compare by epochs or time."))
    if picked > MOST_RUNS:
        words.append(
            say("The first {most_runs} of {picked} picked runs are drawn.", most_runs=MOST_RUNS, picked=picked)
        )
    return " ".join(words)
