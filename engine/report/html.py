"""The report's page: one file, which needs nothing else and asks nobody.

Whatever people wrote comes in through `escape`, and what the script reads as JSON without a "<". A policy in the head
forbids the page to fetch anything.
"""

import base64
import json
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path

from engine.recipe import machine
from engine.report.comparing import comparison
from engine.report.figures import charts
from engine.report.gather import Gathered
from engine.report.judged import judged_html, pinned_html
from engine.report.parts import changes_html, facts_html, network_html, said, section, settings_html, tiles_html
from engine.report.tables import curves_csv, data_json, epochs_csv

HERE = Path(__file__).parent
MOST_ROWS = 5_000  # of batches in the files inside the page; all of them are in those beside it
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def render(runs: Sequence[Gathered], title: str = "", address: str = "") -> str:
    """The page, as text in UTF-8. runs: one, or several that are compared. address: where a page of Inkling is.

    Raises ValueError without any run.
    """
    if not runs:
        raise ValueError("a report needs at least one run.")
    title = title.strip() or (f"Lab report: {runs[0].name}" if len(runs) == 1 else f"Comparison of {len(runs)} runs")
    drawn = charts(runs)
    body = _one(runs[0], address) if len(runs) == 1 else _several(runs, address)
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{(HERE / 'report.css').read_text(encoding='utf-8')}</style></head>",
            f'<body><main><h1>{escape(title)}</h1><p class="lead">{escape(_lead())}</p>',
            body.replace(_CHARTS, _charts_html(drawn)),
            _downloads(runs),
            "</main>",
            f'<script type="application/json" id="charts">{_harmless(json.dumps(drawn, allow_nan=False))}</script>',
            f"<script>{(HERE / 'charts.js').read_text(encoding='utf-8')}</script></body></html>",
        ]
    )


_CHARTS = "\0charts\0"  # a sign that no escaped text can hold


def _lead() -> str:
    return f"Made by Inkling on {time.strftime('%d %B %Y, %H:%M')}."


def _one(run: Gathered, address: str) -> str:
    problems = "".join(f'<p class="warn">{escape(each)}</p>' for each in run.problems)
    return "".join(
        [
            tiles_html(run),
            section("Hypothesis", _hypothesis(run)),
            section("Settings", network_html(run) + settings_html(run)),
            section("Changed while it trained", changes_html(run)),
            section("Curves", _CHARTS),
            *(section(f"{each.which.capitalize()} images", judged_html(each)) for each in run.judged),
            section("Drawn by hand", pinned_html(run)) if run.pinned else "",
            section("Notes", said(run.about.note)) if run.about.note else "",
            section("Conclusion", said(run.about.conclusion) or "<p>None was written.</p>"),
            section("To do it again", facts_html(run, address, machine()) + problems),
        ]
    )


def _several(runs: Sequence[Gathered], address: str) -> str:
    problems = "".join(
        f'<p class="warn">{escape(run.name)}: {escape(each)}</p>' for run in runs for each in run.problems
    )
    parts = [
        section("Result", comparison(runs)),
        section("Curves", _CHARTS),
        section("Hypotheses, notes and conclusions", "".join(_words(run, n) for n, run in enumerate(runs))),
    ]
    for run in runs:
        changed = changes_html(run) if run.history.changes else ""
        judged = "".join(
            f"<h3>{each.which.capitalize()} images</h3>{judged_html(each, brief=True)}" for each in run.judged
        )
        parts.append(section(run.name, network_html(run) + changed + judged + facts_html(run, address, machine())))
    return "".join([*parts, problems])


def _words(run: Gathered, number: int) -> str:
    text = _hypothesis(run) + said(run.about.note) + said(run.about.conclusion)
    return f'<div class="run tone-{2 + number % 7}"><h3>{escape(run.name)}</h3>{text}</div>'


def _hypothesis(run: Gathered) -> str:
    """What was expected, and when that was written: only what was written before the run is a hypothesis."""
    about = run.about
    if not about.hypothesis:
        return "<p>None was written.</p>"
    step, when = about.hypothesis_step, about.hypothesis_time
    date = f" on {time.strftime('%d %B %Y, %H:%M', time.localtime(when))}" if when is not None else ""
    if step == 0 and (when is None or when <= run.created + 1 or run.history.step == 0):
        note = f"Written before the run began{date}."
    elif step is None:
        note = f"It is not known when this was written{date}."
    else:
        note = f"Written{date}, when {step:,} steps had been made: the writer may have seen curves."
    return f'{said(about.hypothesis)}<p class="small">{escape(note)}</p>'


def _charts_html(drawn: list[dict[str, object]]) -> str:
    """Places for the curves; the script fills them."""
    hint = (
        '<p class="small hint">Point at a curve to read it; drag across to zoom in; double-click to see all of it.</p>'
    )
    places = [
        f'<figure id="chart-{number}" data-words="{escape(str(chart["title"]))}"><h3>{escape(str(chart["title"]))}</h3>'
        '<div class="below"><div class="reading"></div><div class="legend"></div></div></figure>'
        for number, chart in enumerate(drawn)
    ]
    none = "" if drawn else "<p>Nothing was learned yet.</p>"
    return f"{hint if drawn else none}<noscript><p>The curves need JavaScript.</p></noscript>{''.join(places)}"


def _downloads(runs: Sequence[Gathered]) -> str:
    """The data in the page itself, as files."""
    files = [("data.json", "application/json", data_json(runs, MOST_ROWS))]
    for number, run in enumerate(runs, 1):
        prefix = f"{number}-" if len(runs) > 1 else ""
        files.append((f"{prefix}curves.csv", "text/csv", curves_csv(run.history, MOST_ROWS)))
        files.append((f"{prefix}epochs.csv", "text/csv", epochs_csv(run.history)))
    links = "".join(
        f'<a download="{name}" href="data:{kind};base64,{base64.b64encode(text.encode()).decode("ascii")}">{name}</a>'
        for name, kind, text in files
    )
    thinned = any(len(run.history.batches) > MOST_ROWS for run in runs)
    note = f" Of longer runs, {MOST_ROWS:,} batches are in here, evenly spread." if thinned else ""
    return section("Data", f'<p class="small">All numbers of this report.{note}</p><p class="downloads">{links}</p>')


def _harmless(text: str) -> str:
    """JSON that ends no script element, whatever is in it."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
