"""The tour of two minutes: six things to do on the real page, each noticed when it is really done.

It never holds anything up: whatever a person does instead is done, and the step waits. Nothing here draws.
"""

from dataclasses import dataclass, field

from dashboard import session
from dashboard.language import say
from engine.layers import Dropout
from engine.rundir import RunError

STEPS = ("train", "curves", "draw", "rate", "dropout", "runs")
CLIMBED = 0.8  # validation accuracy at which the curves have something to show


@dataclass
class Tour:
    """step: a place in STEPS; None while there is no tour. met: how things stood when the step began."""

    step: int | None = None
    met: dict[str, object] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)  # steps that were really done, in order
    over: bool = False  # it was ended, or came to its end, in this tab
    seen: bool | None = None  # whether this browser has seen it before; None: it has not said yet

    @property
    def now(self) -> str:
        """The name of the step; "" while there is no tour, "end" after the last one."""
        if self.step is None:
            return ""
        return STEPS[self.step] if self.step < len(STEPS) else "end"


def tour() -> Tour:
    """Of this tab."""
    return session.kept("tour", Tour)


def start() -> None:
    """From the first step."""
    now = tour()
    now.step, now.met, now.done, now.seen, now.over = 0, standing(), [], True, False


def leave() -> None:
    """No tour any more, and no offer of one."""
    now = tour()
    now.step, now.over = None, True


def skip() -> None:
    """Go on to the next step though this one was not done."""
    _next()


def notice() -> bool:
    """Whether the person has done what the step asks for; then the next one begins."""
    now = tour()
    if now.step is None or now.now == "end" or not _is_done(now.now, now.met, standing()):
        return False
    now.done.append(now.now)
    _next()
    return True


def _next() -> None:
    now = tour()
    if now.step is not None and now.step < len(STEPS):
        now.step += 1
        now.met = standing()


def standing() -> dict[str, object]:
    """What the steps look at."""
    draft, shown = session.draft(), session.shown()
    step, accuracy = 0, 0.0
    try:
        history = session.runs().history(session.runs().open(shown.run_id)) if shown.run_id else None
    except RunError:  # it was deleted meanwhile
        history = None
    if history is not None:
        step = history.step
        looks = [*history.validation["accuracy"][-1:], *history.epochs["validation_accuracy"][-1:]]
        accuracy = max((float(each) for each in looks), default=0.0)
    return {
        "run": shown.run_id,
        "step": step,
        "accuracy": accuracy,
        "sketch": session.drawing().sketch,
        "rate": draft.rest.optimizer.learning_rate,
        "dropout": tuple(row.layer for row in draft.rows if isinstance(row.layer, Dropout)),
        "page": session.place().page,
    }


def _is_done(step: str, before: dict[str, object], now: dict[str, object]) -> bool:
    if step == "train":
        return isinstance(now["step"], int) and now["step"] > 0
    if step == "curves":
        return isinstance(now["accuracy"], float) and now["accuracy"] >= CLIMBED
    if step == "draw":
        return now["sketch"] is not None and now["sketch"] is not before["sketch"]
    if step == "runs":
        return now["page"] == "runs"
    return now[step] != before[step]


def title(step: str) -> str:
    """What the step is called."""
    return {
        "train": say("Let it learn"),
        "curves": say("Watch the curves"),
        "draw": say("Draw a digit"),
        "rate": say("Change the learning rate"),
        "dropout": say("Add dropout"),
        "runs": say("Look at your runs"),
        "end": say("That was the tour"),
    }[step]


def text(step: str) -> str:
    """What is to be done, and what there is to see."""
    return {
        "train": say("Press **Train**. A network with random weights begins to learn handwritten digits."),
        "curves": say(
            "The loss falls, the accuracy rises: blue on the images it learns from, orange on images it never learns "
            "from. Wait until it reads 80 % of those."
        ),
        "draw": say("Draw a digit with the mouse or a finger. The answer follows every stroke, while it still learns."),
        "rate": say(
            "In the settings on the left (behind » on a narrow screen), move the **learning rate**. It acts at once: "
            "look for the mark on the curve."
        ),
        "dropout": say(
            "Press **Add dropout** under “Against overfitting”, or change it where there is one. A layer cannot come "
            "into a run that is under way: the page offers a new one with it."
        ),
        "runs": say(
            "Open the page **Runs**. Every run is kept, with its settings and curves; lay them over each other."
        ),
        "end": say(
            "Every control explains itself behind its question mark. On the page **Learn** there are more words, and "
            "challenges: mystery networks with one hidden fault each."
        ),
    }[step]


TARGETS = {  # what a step points at, as the browser finds it
    "train": ".st-key-control-bar [class*=st-key-main-] button",
    "curves": ".st-key-charts",
    "draw": ".st-key-pad",
    "rate": "[class*=st-key-form--optimizer-learning_rate]",
    "dropout": ".st-key-add-dropout button, [class*=st-key-form-side-row]",
    "runs": "[data-testid=stTopNavLink][href$=runs]",
}
