"""Ten bars, as HTML: what stands out, what is claimed, what is there without an answer."""

import re

import numpy as np
import pytest

from dashboard.charts import probability_bars
from dashboard.charts.bars import percent

SHARES = [0.001, 0.02, 0.9, 0.03, 0, 0.01, 0, 0.03, 0.009, 0]


def test_the_likeliest_digit_stands_out_and_small_ones_can_be_read() -> None:
    bars = probability_bars(SHARES, "A two")
    rows = re.findall(r'<div( class="top")?><span>(\d)</span>.*?width:([\d.]+)%.*?<b>(.*?)</b>', bars)
    assert [row[1] for row in rows] == list("0123456789")
    assert [row[3] for row in rows][:3] == ["&lt; 1 %", "2 %", "90 %"]
    assert [bool(row[0]) for row in rows] == [number == 2 for number in range(10)]
    assert float(rows[2][2]) == 90
    assert 'aria-label="A two"' in bars


def test_compact_bars_are_as_high_as_the_probabilities() -> None:
    heights = [float(each) for each in re.findall(r"height:([\d.]+)%", probability_bars(SHARES, compact=True))]
    assert heights == pytest.approx([100 * share for share in SHARES], abs=0.06)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "< 1 %"), (0.004, "< 1 %"), (0.412, "41 %"), (0.994, "99 %"), (0.9961, "> 99 %"), (0.99999, "> 99.9 %")],
)
def test_no_certainty_is_claimed_that_is_not_there(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize("probabilities", [None, np.full(10, np.nan)])
def test_bars_are_empty_without_probabilities(probabilities: object) -> None:
    bars = probability_bars(probabilities)  # type: ignore[arg-type]
    assert re.findall(r"width:([\d.]+)%", bars) == ["0.00"] * 10
    assert "<b></b>" in bars
    assert "top" not in bars


def test_what_bars_say_is_escaped() -> None:
    assert "<script>" not in probability_bars(SHARES, '"><script>')
