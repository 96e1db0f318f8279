"""The results as Markdown and as JSON."""

import math
import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import mean, stdev
from typing import Any

import numpy as np

from engine.reproduce.claims import CLAIMS, OPEN, Verdict, judge
from engine.reproduce.experiments import EXPERIMENTS, REPORTED_ON, Experiment
from engine.reproduce.results import Result

SURE = 2.0  # standard errors


@dataclass
class Report:
    """All results so far. data: name of the data set that the first coursework's experiments ran on."""

    data: str
    results: dict[str, list[Result]] = field(default_factory=dict)

    def add(self, result: Result) -> None:
        """Take a result in."""
        self.results.setdefault(result.experiment, []).append(result)

    @property
    def verdicts(self) -> list[Verdict]:
        """Of all claims whose experiments were run."""
        return [verdict for claim in CLAIMS if (verdict := judge(claim, self.results)) is not None]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "date": time.strftime("%Y-%m-%d"),
            "machine": machine(),
            "data": self.data,
            "experiments": [self._experiment(EXPERIMENTS[name]) for name in EXPERIMENTS if name in self.results],
            "claims": [
                {"claim": v.claim.text, "a": v.claim.a, "b": v.claim.b, "outcome": v.outcome, "evidence": v.evidence}
                for v in self.verdicts
            ],
        }

    def _experiment(self, experiment: Experiment) -> dict[str, Any]:
        found = self.results[experiment.name]
        return {
            "name": experiment.name,
            "reported_by": experiment.by,
            "reported_accuracy": experiment.accuracy,
            "test_accuracy": summary([r.test_accuracy for r in found]),
            "validation_accuracy": summary([r.validation_accuracy for r in found]),
            "steps_to_best": summary([r.best_step for r in found]),
            "seconds": summary([r.seconds for r in found]),
            "level": self.level(experiment),
            "runs": [r.to_json() for r in found],
        }

    def level(self, experiment: Experiment) -> str:
        """Our mean against the reported figure: above, level or below; "" where they are of other images.

        Theirs is of one run on N test images, whose standard error is sqrt(p (1 - p) / N); ours has that of its mean.
        """
        accuracies = [r.test_accuracy for r in self.results[experiment.name] if r.test_accuracy is not None]
        images = REPORTED_ON.get(self.data if experiment.brings_data else "mnist")
        if experiment.accuracy is None or images is None or not accuracies:
            return ""
        p, ours = experiment.accuracy, mean(accuracies)
        error = math.sqrt(p * (1 - p) / images + (stdev(accuracies) ** 2 / len(accuracies) if accuracies[1:] else 0))
        if abs(ours - p) < SURE * error:
            return "level"
        return "above" if ours > p else "below"

    def markdown(self) -> str:
        """Both tables, with the words that they need."""
        if not self.results:
            return "Nothing is finished yet.\n"
        return "\n".join([*self._head(), *self._table(), "", *self._claims()]) + "\n"

    def _head(self) -> Iterator[str]:
        seeds = sorted({len(found) for found in self.results.values()})
        counts = f"{seeds[0]} to {seeds[-1]} seeds" if len(seeds) > 1 else f"{seeds[0]} seed{'s' * (seeds[0] > 1)}"
        yield f"Measured on {time.strftime('%d %B %Y').lstrip('0')}, on {machine()}, with {counts} of each."
        yield ""
        yield (
            "Weights are those of the epoch with the best validation accuracy; the test images are looked at once, at "
            "a run's end. ± is the standard deviation over the seeds. Steps are those to the best epoch, seconds those "
            "of the whole run, validation included, with one process and whatever else the machine did."
        )
        if self.data not in REPORTED_ON:
            yield ""
            yield (
                f"The first coursework's experiments ran on {self.data} here, not on its own data, so its figures "
                "cannot be compared with ours; what it says of one experiment against another can."
            )
        yield ""

    def _table(self) -> Iterator[str]:
        yield "| experiment | reported | test accuracy | against it | validation | steps | seconds |"
        yield "|---|---|---|---|---|---|---|"
        for name, experiment in EXPERIMENTS.items():
            if name not in self.results:
                continue
            found = self.results[name]
            reported = "–" if experiment.accuracy is None else f"{100 * experiment.accuracy:.4g} %"
            reported += f" ({experiment.how})" if experiment.how else ""
            cells = [
                name,
                reported,
                percent([r.test_accuracy for r in found]),
                self.level(experiment) or "–",
                percent([r.validation_accuracy for r in found]),
                whole([r.best_step for r in found]),
                whole([r.seconds for r in found]),
            ]
            yield f"| {' | '.join(cells)} |"

    def _claims(self) -> Iterator[str]:
        verdicts = self.verdicts
        if not verdicts:
            return
        yield "| claim of theirs | here | evidence |"
        yield "|---|---|---|"
        for verdict in verdicts:
            outcome = verdict.outcome if verdict.outcome == OPEN else f"**{verdict.outcome}**"
            yield f"| {verdict.claim.text} ({verdict.claim.a} – {verdict.claim.b}) | {outcome} | {verdict.evidence} |"


def summary(values: list[float | None]) -> dict[str, float] | None:
    """Mean, standard deviation and count; None where a run has no such figure."""
    numbers = [value for value in values if value is not None]
    if len(numbers) < len(values) or not numbers:
        return None
    spread = stdev(numbers) if len(numbers) > 1 else 0.0
    return {"mean": mean(numbers), "deviation": spread, "count": len(numbers)}


def percent(values: list[float | None]) -> str:
    """ "97.12 ± 0.08 %"."""
    found = summary(values)
    if found is None:
        return "–"
    spread = f" ± {100 * found['deviation']:.2f}" if found["count"] > 1 else ""
    return f"{100 * found['mean']:.2f}{spread} %"


def whole(values: list[float | None]) -> str:
    """ "12,300"."""
    found = summary(values)
    return "–" if found is None else f"{found['mean']:,.0f}"


def machine() -> str:
    """What ran it, in words."""
    return f"{os.cpu_count()} cores of {platform.machine()}, {platform.system()}, NumPy {np.__version__}"
