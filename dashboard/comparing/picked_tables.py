"""Words and tables on the picked runs: who leads, what repeats say, and the settings that differ."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from dashboard.comparing.catalog import Summary
from dashboard.comparing.contrasts import Contrast, contrasts
from dashboard.comparing.groups import Group, Results, results, versus
from dashboard.comparing.picking import picking
from dashboard.comparing.ranking import Ranking
from dashboard.comparing.run_table import line_style
from dashboard.language import say, spoken, translated
from dashboard.training.progress import duration
from engine.config import TrainingConfig


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


def any_groups(lines: Sequence[Line]) -> bool:
    """Whether a line stands for several seeds."""
    return any(len(line.runs) > 1 for line in lines)


def in_words(lines: Sequence[Line], ranking: Ranking) -> list[str]:
    """What the chart says, in plain words."""
    if not any_groups(lines):
        only = ranking.standings[0] if len(ranking.standings) == 1 else None
        if only is not None:
            return (
                [
                    say(
                        "{name}: best validation accuracy {percent}.",
                        name=only.entrant.name,
                        percent=_percent(only.best),
                    )
                ]
                if only.best
                else []
            )
        return [ranking.said(spoken())]
    found = [_results(line) for line in lines]
    going = sum(each.going for each in found)
    more = (
        [say("{going} of the runs {word} still to come.", going=going, word="is" if going == 1 else "are")]
        if going and len(found) > 1
        else []
    )
    said = versus(found, spoken())
    return [*said, *more] if said else [each.said(spoken()) for each in found]


def _results(line: Line) -> Results:
    return results(Group(line.id, "repeats", line.runs))


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 60 else duration(value)


def _swatch(line_id: str, given: dict[str, int]) -> str:
    style = line_style(given[line_id])
    return f'<i class="rt-line" style="border-top: 3px {style["dash"]} {style["color"]}"></i>'


def ranking_table(ranking: Ranking, lines: Sequence[Line], given: dict[str, int]) -> str:
    """The runs in their places, as HTML. given: line -> place in the order of colours."""
    of_run = {run.id: line.id for line in lines for run in line.runs}
    point = say("After {point}", point=translated(ranking.point)) if ranking.point else say("So far")
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
        name = f"{_swatch(of_run[entrant.id], given)}{escape(entrant.name)}<small>{escape(translated(state))}</small>"
        rows.append([name if cell is None else escape(cell) for cell in cells])
    return _table(["", say("Run"), point, say("Time"), say("Best"), say("Test")], rows)


def group_table(lines: Sequence[Line], given: dict[str, int]) -> str:
    """Mean and range of the seeds of each line, as HTML."""
    rows = []
    for line in lines:
        found = _results(line)
        values = [100 * value for value in found.validation]
        mean = f"{sum(values) / len(values):.2f} %" if values else "–"
        spread = say("{min:.2f} to {max:.2f}", min=min(values), max=max(values)) if len(values) > 1 else "–"
        test = f"{100 * sum(found.test) / len(found.test):.2f} %" if found.test else "–"
        through = say("{count} of {count2}", count=len(values), count2=len(line.runs))
        rows.append([f"{_swatch(line.id, given)}{escape(line.name)}", through, mean, spread, test])
    return _table(
        [say("Settings"), say("Seeds through"), say("Mean validation"), say("Range"), say("Mean test")],
        rows,
        "runs-groups",
    )


def _contrasts(configs: tuple[TrainingConfig, ...]) -> list[Contrast]:
    """What differs; worked out anew only for other settings. A run's settings stay the same object as they are kept."""
    page = picking()
    if len(page.told[0]) != len(configs) or any(a is not b for a, b in zip(page.told[0], configs, strict=True)):
        page.told = (configs, contrasts(configs))
    return page.told[1]


def differences(lines: Sequence[Line], given: dict[str, int]) -> None:
    """Only the settings that are not the same in all."""
    told = [(line, line.runs[0].config) for line in lines if line.runs[0].config is not None]
    if len(told) < 2:
        return
    found = _contrasts(tuple(config for _, config in told if config is not None))
    if any_groups(lines):
        found = [row for row in found if row.name != "Seed"]
    st.markdown(say("##### Settings that differ"), anchors=False)
    if not found:
        st.caption(say("None: these runs were asked for the same."))
        return
    heads = [say("Setting"), *(f"{_swatch(line.id, given)}{escape(line.name)}" for line, _ in told)]
    rows = [
        [f"<b>{escape(translated(row.name))}</b>", *(escape(translated(value)) for value in row.values)]
        for row in found
    ]
    st.html(_table(heads, rows, "runs-differences"))


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], name: str = "runs-ranking") -> str:
    """An HTML table of cells that are HTML already."""
    head = "".join(f"<th scope='col'>{cell}</th>" for cell in heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div class="runs-scroll">{table}</div>'
