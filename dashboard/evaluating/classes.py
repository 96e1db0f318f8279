"""Each class by itself: how much of what was read as it is right, and how much of it was found."""

from html import escape

import streamlit as st

from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.outcome import Outcome
from dashboard.evaluating.sources import Source
from dashboard.evaluating.wording import share
from dashboard.language import say
from engine.metrics import wilson_interval


def render(here: EvaluateDesk, source: Source, found: Outcome) -> None:
    """A table with bars, the means below it, and a caption."""
    scores = found.scores
    heads = [say("Class"), say("Precision"), say("Recall"), say("F1"), say("Images"), say("Mostly misread as")]
    lowest = min((float(each.min()) for each in (scores.precision, scores.recall, scores.f1)), default=0.0)
    start = max(0.0, min(0.9, lowest - 0.05))  # where the bars begin: all are long, the differences lie at their ends
    rows = ""
    for number in range(found.classes):
        low, high = wilson_interval(int(found.counts[number, number]), int(scores.support[number]))
        span = say("95 % interval: {low} to {high}", low=share(low, 1), high=share(high, 1))
        row = [_bar(float(scores.precision[number]), start), _bar(float(scores.recall[number]), start, span)]
        row += [_bar(float(scores.f1[number]), start), f"{scores.support[number]:,}", escape(_misread(found, number))]
        rows += f"<tr><th scope='row'>{number}</th>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    means = [share(each) for each in scores.macro]
    total = f"{int(scores.support.sum()):,}"
    cells = "".join(f"<td>{escape(each)}</td>" for each in (*means, total, ""))
    foot = f"<tr><th scope='row'>{escape(say('Mean'))}</th>{cells}</tr>"
    head = "".join(f"<th scope='col'>{escape(each)}</th>" for each in heads)
    st.html(
        f"<div class='evaluate-scroll'><table class='evaluate-classes'><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody><tfoot>{foot}</tfoot></table></div>"
    )
    st.caption(_caption(found, start))


def _bar(value: float, start: float, hint: str = "") -> str:
    width = 100 * max(value - start, 0.0) / (1 - start)
    title = f' title="{escape(hint)}"' if hint else ""
    return f"<div class='evaluate-bar'{title}><u style='width:{width:.1f}%'></u><span>{share(value)}</span></div>"


def _misread(found: Outcome, number: int) -> str:
    row = found.counts[number].copy()
    row[number] = 0
    if not row.any():
        return "–"
    return say("{read} ({count}×)", read=int(row.argmax()), count=int(row.max()))


def _caption(found: Outcome, start: float) -> str:
    scores = found.scores
    how = say(
        "Precision: of all that was read as this class, the share that is. Recall: of all that is this class, the "
        "share that was found. F1 is their harmonic mean; the last line has the plain means over the classes, in which "
        "rare classes weigh as much as common ones. A low recall means that the network overlooks a class, a low "
        "precision that it sees it where it is not. Bars begin at {start}.",
        start=share(start, 0),
    )
    there = [number for number in range(found.classes) if scores.support[number]]
    if len(there) < 2:
        return how
    worst = min(there, key=lambda number: float(scores.f1[number]))
    best = max(there, key=lambda number: float(scores.f1[number]))
    told = say("Here {worst} is the hardest and {best} the easiest class.", worst=worst, best=best)
    return f"{how} {told}"
