"""Runs that were started together: races, and repeats with other seeds; and what repeats say. No streamlit."""

import functools
import math
import secrets
import statistics
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dashboard.comparing.catalog import Summary
from dashboard.comparing.contrasts import title
from dashboard.comparing.race import Lane
from dashboard.comparing.wording import config_words
from dashboard.running.runs import Runs
from engine.about import LONGEST_NAME, About
from engine.comparing import Comparison, compare, verdict
from engine.config import TrainingConfig
from engine.saying import ENGLISH, Language

FEWEST_SEEDS, MOST_SEEDS = 3, 10
COMPLETE = ("finished", "target", "patience")  # reasons for which a run's last figures count as its result


@dataclass(frozen=True)
class Group:
    """The runs of one race, or of one set of repeats, in the order in which they were started."""

    id: str
    kind: str
    members: tuple[Summary, ...]

    @property
    def name(self) -> str:
        """What it is about: the shared name of repeats, or what differs in a race."""
        if self.kind == "repeats":
            return self.members[0].about.name.rpartition(", seed ")[0] or self.members[0].name
        configs = [each.config for each in self.members if each.config is not None]
        return f"race: {title(configs) or 'nothing differs'}"


def groups(summaries: Iterable[Summary]) -> dict[str, Group]:
    """All groups, by id; those of the newest runs first."""
    found: dict[str, list[Summary]] = {}
    for each in summaries:
        if each.about.group:
            found.setdefault(each.about.group, []).append(each)
    return {
        name: Group(name, members[0].about.kind, tuple(sorted(members, key=lambda each: (each.created, each.id))))
        for name, members in found.items()
    }


def start_race(runs: Runs, lanes: Sequence[Lane]) -> list[str]:
    """Start them all, in this order; returns their ids. Raises RunError."""
    group = _new_id("race")
    return [runs.start(lane.config, about=About(name=lane.name, group=group, kind="race")).id for lane in lanes]


def start_repeats(runs: Runs, lanes: Sequence[Lane], seeds: int) -> list[str]:
    """Each with this many seeds, counted up from its own; returns the ids. Raises RunError.

    The first seeds of all come first, so that groups can be compared before all of them are through.
    """
    named = {place: _new_id("repeats") for place in range(len(lanes))}
    started = []
    for number in range(seeds):
        for place, lane in enumerate(lanes):
            seed = (lane.config.seed + number) % 2**32
            name = f"{lane.name[: LONGEST_NAME - 20]}, seed {seed}"
            about = About(name=name, group=named[place], kind="repeats")
            started.append(runs.start(replace(lane.config, seed=seed), about=about).id)
    return started


def repeats_name(config: TrainingConfig) -> str:
    """What repeats of these settings are called."""
    return config_words(config)[: LONGEST_NAME - 20]


def _new_id(kind: str) -> str:
    return time.strftime(f"{kind}-%y%m%d-%H%M%S-") + secrets.token_hex(2)


@dataclass(frozen=True)
class Results:
    """What the complete runs of a group ended with. Accuracies are shares; left_out: who has none yet, or never."""

    name: str
    validation: tuple[float, ...]
    test: tuple[float, ...]
    going: int
    failed: int

    @property
    def sentence(self) -> str:
        """`said` in English."""
        return self.said()

    def said(self, say: Language = ENGLISH) -> str:
        """Mean and spread, and how many runs they are of."""
        count = len(self.validation)
        rest = say(" {going} more still to come.", going=self.going) if self.going else ""
        if self.failed == 1:
            rest += say(" {failed} diverged, failed or was stopped: left out.", failed=1)
        elif self.failed:
            rest += say(" {failed} diverged, failed or were stopped: left out.", failed=self.failed)
        if not count:
            return say("{name}: no seed is through yet.{rest}", name=self.name, rest=rest)
        mean, low, high = (100 * f(self.validation) for f in (statistics.fmean, min, max))
        spread = test = ""
        if count > 1:
            spread = say(
                " on average, from {low:.2f} to {high:.2f} (standard deviation {deviation:.2f})",
                low=low,
                high=high,
                deviation=100 * statistics.stdev(self.validation),
            )
        if len(self.test) > 1:
            test = say("; test {accuracy:.2f} %", accuracy=100 * statistics.fmean(self.test))
        return say(
            "{name}: {count} seed{s}, validation accuracy {mean:.2f} %{spread}{test}.{rest}",
            name=self.name,
            count=count,
            s="" if count == 1 else "s",
            mean=mean,
            spread=spread,
            test=test,
            rest=rest,
        )


def results(group: Group) -> Results:
    """The results of a set of repeats so far."""
    complete = [each for each in group.members if each.reason in COMPLETE and each.final is not None]
    going = sum(1 for each in group.members if each.going)
    return Results(
        group.name,
        tuple(each.final for each in complete if each.final is not None),
        tuple(each.test for each in complete if each.test is not None),
        going,
        len(group.members) - len(complete) - going,
    )


def versus(found: Sequence[Results], say: Language = ENGLISH) -> list[str]:
    """Whether one set of repeats beats another beyond luck; of more than two, the two best are compared."""
    able = [each for each in found if len(each.validation) > 1]
    if len(able) < 2:
        return []
    able.sort(key=lambda each: statistics.fmean(each.validation), reverse=True)
    a, b = able[:2]
    said = [say("Of {count} sets the two best are compared.", count=len(able))] if len(able) > 2 else []
    said.append(f"{say('Validation')}: {_verdict(a.validation, b.validation, a.name, b.name, say)}")
    if len(a.test) > 1 and len(b.test) > 1:
        said.append(f"{say('Test')}: {_verdict(a.test, b.test, a.name, b.name, say)}")
    return said


def _verdict(a: tuple[float, ...], b: tuple[float, ...], name_a: str, name_b: str, say: Language) -> str:
    if not all(math.isfinite(value) for value in (*a, *b)):
        return say("an accuracy is not a number.")
    return verdict(_compared(a, b), name_a, name_b, say)


@functools.lru_cache(maxsize=64)
def _compared(a: tuple[float, ...], b: tuple[float, ...]) -> Comparison:
    return compare(a, b)
