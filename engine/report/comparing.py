"""Several runs beside each other: a ranking, what differs, and whether the difference is more than luck."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import combinations

from engine.comparing import compare, verdict
from engine.report.gather import Gathered
from engine.report.parts import outcome, percent, table
from engine.report.tables import differing
from engine.saying import Language


def comparison(runs: Sequence[Gathered], say: Language) -> str:
    """The ranking, the settings that differ, and a sentence that promises no more than the numbers hold."""
    ranked = sorted(runs, key=lambda run: accuracy(run) or 0.0, reverse=True)
    rows = [
        [
            run.name,
            percent(accuracy(run)),
            percent((run.history.ended or {}).get("test_accuracy")),
            f"{sum(row.parameters for row in run.layers):,}" if run.layers else "–",
            f"{run.history.epoch:.3g}",
            say("{seconds:.1f} s", seconds=run.history.seconds),
            outcome(run, say),
        ]
        for run in ranked
    ]
    heads = (
        say("Run"),
        say("Validation"),
        say("Test"),
        say("Parameters"),
        say("Epochs"),
        say("Time"),
        say("State"),
    )
    found = differing([run.config for run in runs], say)
    differences = (
        table(
            (say("Setting"), *(run.name for run in runs)),
            [[path, *values] for path, values in found],
            say("Settings that differ."),
        )
        if found
        else f"<p>{escape(say('All were asked for the same.'))}</p>"
    )
    told = "".join(f"<p>{escape(sentence)}</p>" for sentence in _verdicts(runs, ranked, say))
    return told + table(heads, rows, say("The best validation accuracy first.")) + differences


def accuracy(run: Gathered) -> float | None:
    """Of the best epoch on validation images; None before the first."""
    best = run.history.best
    return best.accuracy if best is not None and best.accuracy == best.accuracy else None


def _verdicts(runs: Sequence[Gathered], ranked: Sequence[Gathered], say: Language) -> list[str]:
    """Between groups that differ in more than their seed, where each has two runs or more."""
    groups: dict[object, list[Gathered]] = {}
    for run in runs:
        if accuracy(run) is not None:
            groups.setdefault(replace(run.config, seed=1), []).append(run)
    repeated = [group for group in groups.values() if len(group) > 1]
    if len(repeated) > 1:
        pairs = list(combinations(repeated, 2))[:6]
        return [verdict(compare(_accuracies(a), _accuracies(b)), a[0].name, b[0].name, say) for a, b in pairs]
    known = [run for run in ranked if accuracy(run) is not None]
    if len(known) < 2:
        return [say("Fewer than two of the runs have a complete epoch; there is nothing to compare yet.")]
    first, second = (accuracy(run) or 0.0 for run in known[:2])
    a, b = known[0].name, known[1].name
    if first == second:
        return [say("{a} and {b} do equally well on the validation images.", a=a, b=b)]
    return [
        say(
            "{a} is ahead of {b} by {points:.2f} points. One run of each cannot tell whether that is more than luck: "
            "repeat both with other seeds.",
            a=a,
            b=b,
            points=100 * (first - second),
        )
    ]


def _accuracies(group: Sequence[Gathered]) -> list[float]:
    return [found for run in group if (found := accuracy(run)) is not None]
