"""Who leads among runs, and by how much, at a point that all of them have reached. No streamlit."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.history import History, fields
from engine.saying import ENGLISH, Language

FAILED = ("diverged", "failed")


@dataclass(frozen=True)
class Entrant:
    """A run in a comparison."""

    id: str
    name: str
    state: str
    reason: str
    history: History


@dataclass(frozen=True)
class Standing:
    """A run's place, from 1; 0 for one that has nothing to be compared by. Accuracies are shares; None: unknown."""

    entrant: Entrant
    place: int
    accuracy: float | None  # at the point of comparison
    seconds: float | None  # of training until then
    best: float | None
    test: float | None


@dataclass(frozen=True)
class Ranking:
    """All runs, the best first. point: "3 epochs", "400 steps", or "" while there is nothing to compare."""

    standings: tuple[Standing, ...]
    point: str
    over: bool  # nobody goes on
    race: bool  # they started for this comparison: one of them wins

    @property
    def sentence(self) -> str:
        """Who leads, in plain English."""
        return self.said()

    def said(self, say: Language = ENGLISH) -> str:
        """Who leads, in plain words."""
        ranked = [each for each in self.standings if each.place]
        waiting = sum(1 for each in self.standings if not each.place and each.entrant.reason not in FAILED)
        failed = [each.entrant.name for each in self.standings if each.entrant.reason in FAILED]
        rest = [say("{names} diverged or failed.", names=_listed(failed, say))] if failed else []
        if waiting and not self.over:
            count = len(self.standings)
            one = say("{waiting} of {count} has yet to begin.", waiting=waiting, count=count)
            rest.append(one if waiting == 1 else say("{n} of {count} have yet to begin.", n=waiting, count=count))
        if len(ranked) < 2:
            return say.joined(rest or [say("There is nothing to compare yet.")])
        won = say("wins") if self.over else say("leads")
        return say.joined([*_lead(ranked, say(self.point), won if self.race else say("is ahead"), say), *rest])


def rank(entrants: Sequence[Entrant], race: bool = False) -> Ranking:
    """Compare at the last epoch that all who have begun have completed; before that, at the last step with a look."""
    begun = [each for each in entrants if len(each.history.batches) and each.reason not in FAILED]
    epochs = min((len(each.history.epochs) for each in begun), default=0)
    step = 0.0
    if not epochs:
        looked = [each for each in begun if len(each.history.validation) or len(each.history.epochs)]
        step = min((_last_look(each.history) for each in looked), default=0.0)
    found = []
    for entrant in entrants:
        place = _at(entrant.history, epochs, step) if entrant in begun else None
        accuracy, seconds = place if place else (None, None)
        found.append(Standing(entrant, 0, accuracy, seconds, _best(entrant.history), _test(entrant.history)))
    found.sort(key=lambda each: -1.0 if each.accuracy is None else each.accuracy, reverse=True)
    placed: list[Standing] = []
    for number, each in enumerate(found):
        if each.accuracy is not None:
            tied = number and found[number - 1].accuracy == each.accuracy
            place_now = placed[-1].place if tied else number + 1
            each = Standing(each.entrant, place_now, each.accuracy, each.seconds, each.best, each.test)
        placed.append(each)
    point = f"{epochs:,} epoch{'' if epochs == 1 else 's'}" if epochs else f"{step:,.0f} steps" if step else ""
    over = all(each.state in ("ended", "interrupted") for each in entrants)
    return Ranking(tuple(placed), point, over, race)


def _last_look(history: History) -> float:
    ends = [float(table["step"][-1]) for table in (history.validation, history.epochs) if len(table)]
    return max(ends, default=0.0)


def _at(history: History, epochs: int, step: float) -> tuple[float, float] | None:
    """(accuracy, seconds) at the end of that epoch, or else of the last look up to that step."""
    if epochs:
        row = epochs - 1
        accuracy, seconds = (float(history.epochs[name][row]) for name in ("validation_accuracy", "seconds"))
    else:
        row = int(np.searchsorted(history.validation["step"], step, side="right")) - 1
        if row < 0:
            return None
        accuracy, seconds = float(history.validation["accuracy"][row]), float(history.validation["seconds"][row])
    return (accuracy, seconds) if math.isfinite(accuracy) else None


def _best(history: History) -> float | None:
    return history.best.accuracy if history.best else None


def _test(history: History) -> float | None:
    value = fields.number((history.ended or {}).get("test_accuracy"))
    return value if math.isfinite(value) else None


def _lead(ranked: Sequence[Standing], point: str, verb: str, say: Language) -> list[str]:
    first = [each for each in ranked if each.place == 1]
    best = _percent(first[0].accuracy)
    if len(first) > 1:
        names = _listed([each.entrant.name for each in first], say)
        return [say("{names} are level after {point}: {best}.", names=names, point=point, best=best)]
    second = next(each for each in ranked if each.place > 1)
    told = {"name": first[0].entrant.name, "verb": verb, "point": point, "best": best}
    told |= {"other": _percent(second.accuracy), "second": second.entrant.name}
    if len(ranked) > 2:
        words = [say("{name} {verb} after {point}: {best} against {other} of {second}.", **told)]
    else:
        words = [say("{name} {verb} after {point}: {best} against {other}.", **told)]
    images = min(_images(each.entrant.history) for each in (first[0], second))
    if images and _may_be_luck(first[0].accuracy or 0.0, second.accuracy or 0.0, images):
        words.append(say("So small a difference may be luck; repeats with other seeds would tell."))
    return words


def _images(history: History) -> int:
    return fields.whole(history.started, "validation_images")


def _may_be_luck(a: float, b: float, images: int) -> bool:
    """Less than two standard errors of the difference of two shares of that many images."""
    share = (a + b) / 2
    return abs(a - b) < 2 * math.sqrt(2 * share * (1 - share) / images)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.2f} %"


def _listed(names: Sequence[str], say: Language) -> str:
    return names[0] if len(names) == 1 else say("{join} and {last}", join=", ".join(names[:-1]), last=names[-1])
