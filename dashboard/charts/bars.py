"""What a network says of a digit: a bar for each class, as HTML.

Ten bars that change several times a second, for each of several networks and pinned digits, are too much for a chart
library; and the browser lays them out within a millisecond.
"""

import html

import numpy as np
import numpy.typing as npt

from dashboard.language import say


def probability_bars(probabilities: npt.ArrayLike | None, label: str = "", compact: bool = False) -> str:
    """A bar for each class, the likeliest in the strong colour. None, or nothing finite: empty bars.

    label: what they say, in words, for people who cannot see them. compact: upright and narrow, without figures.
    """
    shares = np.zeros(10) if probabilities is None else np.nan_to_num(np.asarray(probabilities, np.float64).ravel())
    shares = np.clip(shares, 0.0, 1.0)
    top = int(shares.argmax()) if shares.any() else -1
    bar = _column if compact else _row
    bars = "".join(bar(number, float(share), number == top, top >= 0) for number, share in enumerate(shares))
    kind = "ink-columns" if compact else "ink-bars"
    return f'<div class="{kind}" role="img" aria-label="{html.escape(label or say("no answer yet"))}">{bars}</div>'


def _row(number: int, share: float, top: bool, known: bool) -> str:
    """The figures stand in a column of their own, so that small ones can be read too."""
    text = html.escape(percent(share)) if known else ""
    mark = ' class="top"' if top else ""
    return f'<div{mark}><span>{number}</span><i><u style="width:{100 * share:.2f}%"></u></i><b>{text}</b></div>'


def _column(number: int, share: float, top: bool, known: bool) -> str:
    mark = ' class="top"' if top else ""
    return f'<div{mark}><i><u style="height:{100 * share:.1f}%"></u></i><span>{number}</span></div>'


def percent(share: float) -> str:
    """0.412 -> "41 %". Never "100 %" for what is not certain, nor "0 %" for what is not impossible."""
    hundredths = 100 * share
    if hundredths < 0.5:
        return "< 1 %"
    return f"{hundredths:.0f} %" if hundredths < 99.5 else "> 99 %" if hundredths < 99.95 else "> 99.9 %"
