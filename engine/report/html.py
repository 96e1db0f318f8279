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
from engine.report.judged import judged_html, pinned_html, which_html
from engine.report.parts import (
    changes_html,
    facts_html,
    moment,
    network_html,
    said,
    section,
    settings_html,
    tiles_html,
)
from engine.report.tables import curves_csv, data_json, epochs_csv
from engine.saying import ENGLISH, Language, spoken

HERE = Path(__file__).parent
MOST_ROWS = 5_000  # of batches in the files inside the page; all of them are in those beside it
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def render(runs: Sequence[Gathered], title: str = "", address: str = "", say: Language = ENGLISH) -> str:
    """The page, as text in UTF-8. runs: one, or several that are compared. address: where a page of Inkling is.

    say: the language of the page; what people wrote stays as it is.

    Raises ValueError without any run.
    """
    if not runs:
        raise ValueError("a report needs at least one run.")
    alone = len(runs) == 1
    usual = say("Lab report: {name}", name=runs[0].name) if alone else say("Comparison of {n} runs", n=len(runs))
    title = title.strip() or usual
    drawn = charts(runs, say)
    body = _one(runs[0], address, say) if alone else _several(runs, address, say)
    lead = say("Made by Inkling on {time}.", time=moment(time.time(), say))
    script = spoken((HERE / "charts.js").read_text(encoding="utf-8"), say)
    return "\n".join(
        [
            "<!doctype html>",
            f'<html lang="{escape(say.code)}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{(HERE / 'report.css').read_text(encoding='utf-8')}</style></head>",
            f'<body><main><h1>{escape(title)}</h1><p class="lead">{escape(lead)}</p>',
            body.replace(_CHARTS, _charts_html(drawn, say)),
            _downloads(runs, say),
            "</main>",
            f'<script type="application/json" id="charts">{_harmless(json.dumps(drawn, allow_nan=False))}</script>',
            f"<script>{script}</script></body></html>",
        ]
    )


_CHARTS = "\0charts\0"  # a sign that no escaped text can hold


def _one(run: Gathered, address: str, say: Language) -> str:
    problems = "".join(f'<p class="warn">{escape(say(each))}</p>' for each in run.problems)
    return "".join(
        [
            tiles_html(run, say),
            section(say("Hypothesis"), _hypothesis(run, say)),
            section(say("Settings"), network_html(run, say) + settings_html(run, say)),
            section(say("Changed while it trained"), changes_html(run, say)),
            section(say("Curves"), _CHARTS),
            *(section(which_html(each, say), judged_html(each, say)) for each in run.judged),
            section(say("Drawn by hand"), pinned_html(run, say)) if run.pinned else "",
            section(say("Notes"), said(run.about.note)) if run.about.note else "",
            section(say("Conclusion"), said(run.about.conclusion) or _none(say)),
            section(say("To do it again"), facts_html(run, address, machine(), say) + problems),
        ]
    )


def _several(runs: Sequence[Gathered], address: str, say: Language) -> str:
    problems = "".join(
        f'<p class="warn">{escape(run.name)}: {escape(say(each))}</p>' for run in runs for each in run.problems
    )
    parts = [
        section(say("Result"), comparison(runs, say)),
        section(say("Curves"), _CHARTS),
        section(say("Hypotheses, notes and conclusions"), "".join(_words(run, n, say) for n, run in enumerate(runs))),
    ]
    for run in runs:
        changed = changes_html(run, say) if run.history.changes else ""
        judged = "".join(
            f"<h3>{escape(which_html(each, say))}</h3>{judged_html(each, say, brief=True)}" for each in run.judged
        )
        facts = facts_html(run, address, machine(), say)
        parts.append(section(run.name, network_html(run, say) + changed + judged + facts))
    return "".join([*parts, problems])


def _none(say: Language) -> str:
    return f"<p>{escape(say('None was written.'))}</p>"


def _words(run: Gathered, number: int, say: Language) -> str:
    text = _hypothesis(run, say) + said(run.about.note) + said(run.about.conclusion)
    return f'<div class="run tone-{2 + number % 7}"><h3>{escape(run.name)}</h3>{text}</div>'


def _hypothesis(run: Gathered, say: Language) -> str:
    """What was expected, and when that was written: only what was written before the run is a hypothesis."""
    about = run.about
    if not about.hypothesis:
        return _none(say)
    step, when = about.hypothesis_step, about.hypothesis_time
    date = say(" on {time}", time=moment(when, say)) if when is not None else ""
    if step == 0 and (when is None or when <= run.created + 1 or run.history.step == 0):
        note = say("Written before the run began{date}.", date=date)
    elif step is None:
        note = say("It is not known when this was written{date}.", date=date)
    else:
        note = say(
            "Written{date}, when {step:,} steps had been made: the writer may have seen curves.", date=date, step=step
        )
    return f'{said(about.hypothesis)}<p class="small">{escape(note)}</p>'


def _charts_html(drawn: list[dict[str, object]], say: Language) -> str:
    """Places for the curves; the script fills them."""
    hint = escape(say("Point at a curve to read it; drag across to zoom in; double-click to see all of it."))
    lead = f'<p class="small hint">{hint}</p>' if drawn else f"<p>{escape(say('Nothing was learned yet.'))}</p>"
    needed = escape(say("The curves need JavaScript."))
    places = [
        f'<figure id="chart-{number}" data-words="{escape(str(chart["title"]))}"><h3>{escape(str(chart["title"]))}</h3>'
        '<div class="below"><div class="reading"></div><div class="legend"></div></div></figure>'
        for number, chart in enumerate(drawn)
    ]
    return f"{lead}<noscript><p>{needed}</p></noscript>{''.join(places)}"


def _downloads(runs: Sequence[Gathered], say: Language) -> str:
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
    told = [say("All numbers of this report.")]
    if thinned:
        told.append(say("Of longer runs, {count:,} batches are in here, evenly spread.", count=MOST_ROWS))
    note = escape(say.joined(told))
    return section(say("Data"), f'<p class="small">{note}</p><p class="downloads">{links}</p>')


def _harmless(text: str) -> str:
    """JSON that ends no script element, whatever is in it."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
