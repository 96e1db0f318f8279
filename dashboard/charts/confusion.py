"""What was read as what: a table of counts in colours."""

import numpy as np
import numpy.typing as npt

from dashboard.charts.figure import Figure, Trace, layout
from dashboard.language import say
from dashboard.palette import Palette, faded, palette
from engine.metrics import Counts

_STRONGEST = 0.6  # of a cell's colour: the count on it stays readable on light and on dark pages
_LEAST_SCALE = 0.03  # share of a class that is mistaken at which a cell has its full colour, at least


def confusion_figure(counts: Counts, *, dark: bool = False) -> Figure:
    """counts[i, j]: images of class i that were read as class j. Right ones in blue, mistakes in orange.

    Colours go by the share of the true class, so rare classes weigh as much as common ones. The scale of the
    mistakes ends at the worst of them: in a good network they would be too pale to be seen.
    """
    colors = palette(dark)
    counts = np.asarray(counts)
    classes = [str(number) for number in range(len(counts))]
    totals = np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shares = counts / totals
    right = np.eye(len(counts), dtype=bool)
    worst = max(float(shares[~right].max(initial=0.0)), _LEAST_SCALE)
    texts = [[f"{count:,}" if count else "" for count in row] for row in counts.tolist()]
    hover = [[_cell(i, j, counts, totals) for j in range(len(counts))] for i in range(len(counts))]
    traces = [
        _cells("right", shares, right, colors.training, 1.0, texts, hover, classes, colors),
        _cells("mistakes", shares, ~right, colors.validation, worst, texts, hover, classes, colors),
    ]
    axis = {"type": "category", "fixedrange": True, "showgrid": False, "dtick": 1}
    x = axis | {"title": say("read as")}
    y = axis | {"title": say("true digit"), "autorange": "reversed", "scaleanchor": "x", "constrain": "domain"}
    figure_layout = layout(colors, x, y, showlegend=False)
    figure_layout["margin"] = {"l": 50, "r": 8, "t": 8, "b": 44, "pad": 2}
    return {"data": traces, "layout": figure_layout}


def _cells(
    uid: str,
    shares: npt.NDArray[np.floating],
    shown: npt.NDArray[np.bool_],
    color: str,
    top: float,
    texts: list[list[str]],
    hover: list[list[str]],
    classes: list[str],
    colors: Palette,
) -> Trace:
    """The cells of one kind; the others are gaps."""
    cells = np.where(shown, shares, np.nan).tolist()
    return {
        "type": "heatmap",
        "uid": uid,  # becomes part of a CSS selector
        "x": classes,
        "y": classes,
        "z": [[None if value != value else round(value, 5) for value in row] for row in cells],
        "zmin": 0,
        "zmax": top,
        "colorscale": [[0, faded(color, 0.0)], [1, faded(color, _STRONGEST)]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "text": texts,
        "texttemplate": "%{text}",
        "textfont": {"color": colors.text, "size": 11},
        "hovertext": hover,
        "hovertemplate": "%{hovertext}<extra></extra>",
        "hoverongaps": False,
    }


def _cell(true: int, read: int, counts: Counts, totals: Counts) -> str:
    count, total = int(counts[true, read]), int(totals[true, 0])
    how = say("read correctly") if true == read else say("read as {read}", read=read)
    return say(
        "{true} {how}: {count:,} of {total:,} ({count2:.1%})",
        true=true,
        how=how,
        count=count,
        total=total,
        count2=count / total,
    )


def confusion_words(counts: Counts, most: int = 3) -> str:
    """How many are right, and the commonest mistakes, in a sentence or two."""
    counts = np.asarray(counts)
    total, right = int(counts.sum()), int(np.trace(counts))
    if not total:
        return say("No images were read.")
    mistakes = counts.copy()
    np.fill_diagonal(mistakes, 0)
    order = np.argsort(mistakes, axis=None, kind="stable")[::-1][:most]
    pairs = [(int(place) // len(counts), int(place) % len(counts)) for place in order if mistakes.flat[place]]
    told = ", ".join(
        say("{true} as {read} ({mistakes}×)", true=true, read=read, mistakes=mistakes[true, read])
        for true, read in pairs
    )
    opening = say("{right:,} of {total:,} images are read correctly.", right=right, total=total)
    return say("{opening} The commonest mistakes: {told}.", opening=opening, told=told) if told else opening
