"""The picked runs over each other: their curves in one chart, who leads, and the settings in which they differ."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard import session
from dashboard.catalog import Summary
from dashboard.charts.figure import Figure
from dashboard.charts.overlay import Curve, View, overlay_figure
from dashboard.contrasts import contrasts
from dashboard.groups import Group, Results, results, versus
from dashboard.live_chart import live_chart
from dashboard.picking import picking
from dashboard.progress import duration
from dashboard.ranking import Entrant, Ranking, rank
from dashboard.run_table import line_style
from engine.history import History
from engine.rundir import RunError

MOST_RUNS = 20  # whose curves are drawn; the server keeps those of a few more
CHART_HEIGHT = 360
MEAN = "mean"
QUANTITIES = {"accuracy": "Accuracy", "loss": "Loss"}
SHOWS = {"validation": "Validation", "training": "Training", "both": "Both"}
X_AXES = {"step": "Steps", "epoch": "Epochs", "seconds": "Time"}
GROUPED = {MEAN: "Mean of seeds", "each": "Each run"}
BANDS = {"range": "Smallest to largest", "deviation": "Standard deviation"}


@dataclass(frozen=True)
class Line:
    """One line of the chart: a run, or the seeds of one set of repeats."""

    id: str
    name: str
    runs: tuple[Summary, ...]


def lines_of(picked: Sequence[Summary], together: bool) -> list[Line]:
    """What is drawn. together: runs that were started as repeats share a line, if two or more are picked."""
    found: dict[str, list[Summary]] = {}
    for each in picked:
        shared = together and each.about.kind == "repeats" and each.about.group
        found.setdefault(each.about.group if shared else each.id, []).append(each)
    return [
        Line(name, Group(name, "repeats", tuple(runs)).name, tuple(runs))
        if len(runs) > 1
        else Line(runs[0].id, runs[0].name, tuple(runs))
        for name, runs in found.items()
    ]


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
    said = _said(lines, ranking)
    with st.container(horizontal=True, key="overlay", gap="medium"):
        with st.container(key="overlay-chart", gap="xsmall"):
            figure = _figure(lines, histories, view, given)
            live_chart(
                figure, "runs-chart", "runs", CHART_HEIGHT, f"{view.quantity} of {len(lines)} lines. {' '.join(said)}"
            )
            st.html(f'<div class="runs-caption">{escape(_caption(view, lines, len(picked)))}</div>')
        with st.container(key="overlay-side", gap="xsmall"):
            paragraphs = "".join(f"<p>{escape(line)}</p>" for line in said)
            st.html(f'<div class="runs-said" role="status">{paragraphs}</div>')
            st.html(_ranking_table(ranking, lines, given) if not _any_groups(lines) else _group_table(lines, given))
    _differences(lines, given)


def _histories(picked: Sequence[Summary]) -> dict[str, History]:
    """Their curves; a run that was deleted a moment ago has none."""
    found = {}
    for each in picked:
        with contextlib.suppress(RunError):
            found[each.id] = session.runs().history(session.runs().open(each.id))
    return found


def _options(picked: Sequence[Summary]) -> tuple[View, bool]:
    with st.container(horizontal=True, vertical_alignment="center", key="overlay-options", gap="small"):
        quantity = _choice("What", QUANTITIES, "overlay-quantity")
        shows = _choice("Of which images", SHOWS, "overlay-shows")
        x = _choice("Along the bottom", X_AXES, "overlay-x")
        together, band = False, "range"
        if _has_repeats(picked):
            together = _choice("Repeats", GROUPED, "overlay-grouped") == MEAN
            if together:
                band = _choice("Band", BANDS, "overlay-band")
        log = quantity == "loss" and st.toggle("Log loss", key="overlay-log", persist_state="session")
        smoothing = 0.6
        if shows != "validation":
            smoothing = st.slider(
                "Smoothing",
                0.0,
                1.0,
                0.6,
                0.05,
                key="overlay-smoothing",
                width=190,
                format="Smoothing %.2f",
                persist_state="session",
                label_visibility="collapsed",
            )
    return View(quantity, shows, x, smoothing, bool(log), band), together


def _choice(label: str, options: dict[str, str], key: str) -> str:
    chosen = st.segmented_control(
        label,
        list(options),
        default=next(iter(options)),
        required=True,
        key=key,
        format_func=lambda each: options[each],
        label_visibility="collapsed",
        persist_state="session",
    )
    return chosen or next(iter(options))


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
        words.append("Solid: validation; dotted: training.")
    elif view.shows == "training":
        words.append("Training batches, smoothed.")
    else:
        words.append("On the validation images, at the ends of epochs; before the first, on a part of them.")
    if _any_groups(lines):
        edge = {"range": "from the smallest to the largest of the seeds", "deviation": "one standard deviation"}
        sides = " to each side" if view.band == "deviation" else ""
        words.append(f"Lines: means of the seeds, as far as all have come; bands: {edge[view.band]}{sides}.")
    if view.x == "seconds" and len(lines) > 1:
        words.append("Runs that train at the same time share the cores: their seconds are longer than alone.")
    if view.x == "step" and len({run.config.batch_size for line in lines for run in line.runs if run.config}) > 1:
        words.append("Batches differ in size, so steps do too: compare by epochs or time.")
    if picked > MOST_RUNS:
        words.append(f"The first {MOST_RUNS} of {picked} picked runs are drawn.")
    return " ".join(words)


def _any_groups(lines: Sequence[Line]) -> bool:
    return any(len(line.runs) > 1 for line in lines)


def _said(lines: Sequence[Line], ranking: Ranking) -> list[str]:
    """What the chart says, in plain words."""
    if not _any_groups(lines):
        only = ranking.standings[0] if len(ranking.standings) == 1 else None
        if only is not None:
            return [f"{only.entrant.name}: best validation accuracy {_percent(only.best)}."] if only.best else []
        return [ranking.sentence]
    found = [_results(line) for line in lines]
    going = sum(each.going for each in found)
    more = [f"{going} of the runs {'is' if going == 1 else 'are'} still to come."] if going and len(found) > 1 else []
    said = versus(found)
    return [*said, *more] if said else [each.sentence for each in found]


def _results(line: Line) -> Results:
    return results(Group(line.id, "repeats", line.runs))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 60 else duration(value)


def _swatch(line_id: str, given: dict[str, int]) -> str:
    style = line_style(given[line_id])
    return f'<i class="rt-line" style="border-top: 3px {style["dash"]} {style["color"]}"></i>'


def _ranking_table(ranking: Ranking, lines: Sequence[Line], given: dict[str, int]) -> str:
    of_run = {run.id: line.id for line in lines for run in line.runs}
    point = f"After {ranking.point}" if ranking.point else "So far"
    rows = []
    for each in ranking.standings:
        entrant = each.entrant
        state = entrant.reason or entrant.state
        seconds = "–" if each.seconds is None else _seconds(each.seconds)
        cells = (
            str(each.place or "–"),
            None,
            _percent(each.accuracy),
            seconds,
            _percent(each.best),
            _percent(each.test),
        )
        name = f"{_swatch(of_run[entrant.id], given)}{escape(entrant.name)}<small>{escape(state)}</small>"
        rows.append([name if cell is None else escape(cell) for cell in cells])
    return _table(["", "Run", point, "Time", "Best", "Test"], rows)


def _group_table(lines: Sequence[Line], given: dict[str, int]) -> str:
    rows = []
    for line in lines:
        found = _results(line)
        values = [100 * value for value in found.validation]
        mean = f"{sum(values) / len(values):.2f} %" if values else "–"
        spread = f"{min(values):.2f} to {max(values):.2f}" if len(values) > 1 else "–"
        test = f"{100 * sum(found.test) / len(found.test):.2f} %" if found.test else "–"
        through = f"{len(values)} of {len(line.runs)}"
        rows.append([f"{_swatch(line.id, given)}{escape(line.name)}", through, mean, spread, test])
    return _table(["Settings", "Seeds through", "Mean validation", "Range", "Mean test"], rows, "runs-groups")


def _differences(lines: Sequence[Line], given: dict[str, int]) -> None:
    """Only the settings that are not the same in all."""
    told = [(line, line.runs[0].config) for line in lines if line.runs[0].config is not None]
    if len(told) < 2:
        return
    found = contrasts([config for _, config in told if config is not None])
    if _any_groups(lines):
        found = [row for row in found if row.name != "Seed"]
    st.markdown("##### Settings that differ", anchors=False)
    if not found:
        st.caption("None: these runs were asked for the same.")
        return
    heads = ["Setting", *(f"{_swatch(line.id, given)}{escape(line.name)}" for line, _ in told)]
    rows = [[f"<b>{escape(row.name)}</b>", *(escape(value) for value in row.values)] for row in found]
    st.html(_table(heads, rows, "runs-differences"))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], name: str = "runs-ranking") -> str:
    """An HTML table of cells that are HTML already."""
    head = "".join(f"<th scope='col'>{cell}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="runs-scroll">{table}</div>'
