"""What happened at a point of a run: the best epoch, live changes, the end. A vertical line and a short label each."""

import html
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.charts.lines import place_of
from dashboard.language import say, translated
from dashboard.palette import Palette, faded
from engine.history import History
from engine.limits import public_id

_MOST_LINES = 30  # the newest ones; more would be a hatching
_LABEL_ROWS = 3
_CHARACTERS_ACROSS = 64  # of a label's letters that fit beside each other in a narrow chart
_LONGEST = 30

Layout = dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """x: on the chart's axis. kind: "best", "change", "end" or "now"."""

    x: float
    label: str
    words: str  # what a pointer over the label reads
    kind: str


def marks(history: History, x: str, end: float) -> list[Mark]:
    """The most important first: its label is placed first."""
    found = []
    best = history.best
    if best is not None:
        row = int(np.flatnonzero(history.epochs["step"] == best.step)[0])
        words = say(
            "Best epoch: {number}, validation accuracy {accuracy:.2f} %",
            number=best.number,
            accuracy=100 * best.accuracy,
        )
        found.append(
            Mark(
                float(history.epochs[x][row]),
                say("best: {accuracy:.2f} %", accuracy=100 * best.accuracy),
                words,
                "best",
            )
        )
    if history.ended is not None and history.ended.get("reason") == "diverged":
        found.append(Mark(end, "diverged", say("From here on the loss was infinite or undefined"), "end"))
    for change in reversed(history.changes[-_MOST_LINES:]):
        place = place_of(history, change.step, x, change.epoch)
        texts = [say("forked from {parent}", parent=public_id(change.parent))] if change.parent else []
        texts += [change_text(path, pair) for path, pair in change.changes.items()]
        more = f" +{len(texts) - 1}" if len(texts) > 1 else ""
        words = "<br>".join(say("step {step:,}: {text_}", step=change.step, text_=text) for text in texts[:8])
        found.append(Mark(place, _shortened(texts[0]) + more, words, "change"))
    return found


def change_text(path: str, pair: list[Any]) -> str:
    """("optimizer.learning_rate", [0.1, 0.01]) -> "learning rate 0.1 to 0.01"."""
    parts = path.split(".")
    name = translated(parts[-1].replace("_", " ")[:40])
    if parts[0] == "layers" and len(parts) > 2 and parts[1].isdecimal() and len(parts[1]) < 5:
        name = say("{name} of layer {int}", name=name, int=int(parts[1]) + 1)
    old, new = (_shown(value) for value in pair)
    return f"{name} {old} → {new}" if old and new else name


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return say("on") if value else say("off")
    if isinstance(value, int | float):
        return f"{value:g}" if abs(value) < 1e15 else ""
    return value[:20] if isinstance(value, str) else ""


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def marks_layout(
    found: list[Mark], colors: Palette, end: float, at_top: bool, reserved: float = 0.0
) -> tuple[list[Layout], list[Layout]]:
    """Shapes and annotations. Labels stand where no data are: at the top, or at the bottom, in up to three rows.

    reserved: share of the first row, from the left, in which something else stands.
    """
    tints = {"best": colors.best, "change": colors.change, "end": colors.text, "now": colors.faint_text}
    shapes, notes = [], []
    taken: list[list[tuple[float, float]]] = [[] for _ in range(_LABEL_ROWS)]
    taken[0].append((0.0, reserved))
    for mark in found:
        tint = tints[mark.kind]
        line = {"color": tint, "width": 1.5, "dash": "dot"}
        shapes.append(
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": mark.x,
                "x1": mark.x,
                "y0": 0,
                "y1": 1,
                "line": line,
                "layer": "below",
            }
        )
        share = mark.x / end if end else 0.0
        width = (len(mark.label) + 2) / _CHARACTERS_ACROSS
        left = share - width if share > 0.6 else share
        row = next(
            (r for r, spans in enumerate(taken) if all(left >= b or left + width <= a for a, b in spans)),
            None,
        )
        if row is None or (left < -0.02):
            continue
        taken[row].append((left, left + width))
        notes.append(_label(mark, tint, row, share > 0.6, at_top))
    return shapes, notes


def rewound_layout(place: float, axis: Layout, colors: Palette) -> list[Layout]:
    """Shapes for a run that is rewound to `place`: a strong line there, and a veil from there to the axis's end."""
    span = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "above"}
    veil = {"type": "rect", "x0": place, "x1": axis["range"][1], "line": {"width": 0}}
    veil["fillcolor"] = faded(colors.hover, 0.72)
    line = {"type": "line", "x0": place, "x1": place, "line": {"color": colors.text, "width": 2}}
    return [span | veil, span | line]


def _label(mark: Mark, tint: str, row: int, left_of_line: bool, at_top: bool) -> Layout:
    return {
        "x": mark.x,
        "xref": "x",
        "xanchor": "right" if left_of_line else "left",
        "xshift": -3 if left_of_line else 3,
        "y": 1 if at_top else 0,
        "yref": "paper",
        "yanchor": "top" if at_top else "bottom",
        "yshift": -16 * row if at_top else 16 * row,
        "text": html.escape(mark.label),  # Plotly reads tags and links in texts
        "hovertext": mark.words if mark.kind != "change" else _escaped_lines(mark.words),
        "showarrow": False,
        "font": {"size": 12, "color": tint},
        "borderpad": 1,
    }


def _escaped_lines(words: str) -> str:
    return "<br>".join(html.escape(line) for line in words.split("<br>"))


def spike_note(limits: Any, colors: Palette) -> list[Layout]:
    """A word on what lies above the axis."""
    if limits.peak is None:
        return []
    return [
        _free_note(say("↑ up to {peak:,.3g}", peak=limits.peak), colors, x=0.03, y=1, xanchor="left", yanchor="top")
    ]


def empty_note(history: History, colors: Palette, text: str = "") -> Layout:
    """What stands in a chart that has no line yet."""
    text = text or (
        say("The curve begins with the first batch") if history.started is None else say("Training begins…")
    )
    return _free_note(text, colors, x=0.5, y=0.5, xanchor="center", yanchor="middle", font_size=14)


def _free_note(text: str, colors: Palette, font_size: int = 12, **place: Any) -> Layout:
    font = {"size": font_size, "color": colors.faint_text}
    return {"xref": "paper", "yref": "paper", "text": text, "showarrow": False, "font": font} | place
