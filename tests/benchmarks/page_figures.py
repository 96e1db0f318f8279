"""How long to measure, what was measured, what it should be, and a table of both."""

import json
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Effort:
    """How long to measure. times: repetitions; seconds: of one look at a run; minutes: of the long look."""

    times: int = 5
    seconds: float = 15.0
    minutes: float = 0.5


@dataclass
class Figure:
    """A quantity that was measured some times.

    most, least: the goal, if there is one; the 95th percentile (from the bad end) is held against it.
    """

    name: str
    unit: str = "s"
    most: float | None = None
    least: float | None = None
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """NaN without values."""
        return statistics.median(self.values) if self.values else math.nan

    @property
    def bad(self) -> float:
        """The value that 95 % of all are at least as good as; with fewer than 20, the worst."""
        if not self.values:
            return math.nan
        ordered = sorted(self.values, reverse=self.least is not None)
        return ordered[min(math.ceil(0.95 * len(ordered)), len(ordered)) - 1]

    @property
    def goal(self) -> str:
        """In words; "" without one."""
        if self.most is not None:
            return f"at most {self.most:g}"
        return "" if self.least is None else f"at least {self.least:g}"

    @property
    def verdict(self) -> str:
        """Whether the goal is reached: "yes", "median" (but not 95 %), "no"; "" without a goal or a value."""
        if not self.goal or math.isnan(self.median):
            return ""
        return "yes" if self._fits(self.bad) else "median" if self._fits(self.median) else "no"

    def _fits(self, value: float) -> bool:
        return (self.most is None or value <= self.most) and (self.least is None or value >= self.least)

    def to_json(self) -> dict[str, Any]:
        """All of it, with what follows from it."""
        told = {"median": self.median, "95 %": self.bad, "goal": self.goal, "reached": self.verdict}
        known = {
            name: None if isinstance(value, float) and math.isnan(value) else value for name, value in told.items()
        }
        return {"name": self.name, "unit": self.unit, **known, "values": self.values}


def as_table(figures: Iterable[Figure]) -> str:
    """One line a figure."""
    rows: list[tuple[str, ...]] = [("", "median", "95 %", "goal", "reached", "n")]
    for each in figures:
        numbers = map(_short, (each.median, each.bad))
        rows.append((f"{each.name}, {each.unit}", *numbers, each.goal, each.verdict, str(len(each.values))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    aligned = ("{:<{}}", "{:>{}}", "{:>{}}", "{:<{}}", "{:<{}}", "{:>{}}")
    return "\n".join(
        "  ".join(form.format(text, width) for form, text, width in zip(aligned, row, widths, strict=True)).rstrip()
        for row in rows
    )


def _short(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def as_json(figures: Iterable[Figure]) -> str:
    """The same for programs."""
    return json.dumps([each.to_json() for each in figures], indent=1)
