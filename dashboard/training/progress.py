"""The figures of a run: tiles and one plain sentence."""

import math
from collections.abc import Callable

from dashboard import session, style
from dashboard.language import say, translated
from dashboard.learning import playing
from dashboard.running import troubles
from dashboard.training.moments import Moment, moment
from engine.history import History, fields, sentence
from engine.rundir import RunFolder, Status


def html(run: RunFolder, status: Status, history: History, at_step: int | None = None) -> str:
    """The sentence and the tiles. at_step: the step to which the run is rewound."""
    if at_step is not None:
        return _rewound(history, moment(history, at_step))
    words = _note(run, status, history) or translated(sentence(history))
    return style.sentence_html(words, status.state) + style.tiles_html(
        [
            (say("Epoch"), *_epoch(history)),
            (say("Validation accuracy"), *_accuracy(history)),
            (say("Images per second"), _count(_pace(history, status)), "" if status.busy else say("on average")),
            _clock(history, status),
        ]
    )


def _note(run: RunFolder, status: Status, history: History) -> str:
    """What is to be said of a run that does not train, though it has not ended."""
    if status.state == "queued":
        before = session.runs().place_in_queue(run.id)
        waiting = say("Waiting for a free core, behind {count} other runs.", count=before)
        return waiting if before else say("Waiting for a free core.")
    if status.state == "starting":
        return say("Starting: the images are being loaded.")
    if status.state == "paused" and not history.step:
        return say("Ready at step 0: nothing is learned yet. Press Train.")
    if status.reason == "failed":
        return say("It could not begin: {why}", why=translated(session.runs().failure(run)))
    if status.state == "interrupted":
        return troubles.interruption(run, session.runs().failure(run))
    if playing.playing().quiet and history.step:
        return say("What do the curves tell? The diagnosis is yours.")
    return ""


def _rewound(history: History, at: Moment) -> str:
    """As many tiles as otherwise, so that nothing moves."""
    went = say(" The run itself has come to step {step:,}.", step=history.step) if history.step > at.step else ""
    words = say("At step {step:,} (rewound): {state}.{went}", step=at.step, state=_state(at), went=went)
    total = history.total_epochs
    return style.sentence_html(words, "rewound") + style.tiles_html(
        [
            (say("Epoch, rewound"), f"{at.epoch:.1f}", say("of {total:g}", total=total) if total else ""),
            (say("Validation accuracy, rewound"), _known(at.validation_accuracy, percent), _looked(at)),
            (say("Training loss, rewound"), _known(at.loss, lambda loss: f"{loss:.3g}"), ""),
            (say("Time trained, rewound"), duration(at.seconds), ""),
        ]
    )


def _state(at: Moment) -> str:
    if not at.step:
        return say("nothing is learned yet, all answers are guesses")
    if math.isnan(at.validation_accuracy):
        return say("a few batches are learned, validation images were not looked at yet")
    return say("validation accuracy {validation_accuracy}", validation_accuracy=percent(at.validation_accuracy))


def _looked(at: Moment) -> str:
    """Where validation images were looked at, if that was before."""
    return say("at step {looked_at:,}", looked_at=at.looked_at) if 0 <= at.looked_at < at.step else ""


def _known(value: float, words: Callable[[float], str]) -> str:
    return "–" if math.isnan(value) else words(value)


def _epoch(history: History) -> tuple[str, str]:
    total = history.total_epochs
    return f"{history.epoch:.1f}", say("of {total:g}", total=total) if total else ""


def _accuracy(history: History) -> tuple[str, str]:
    """The newest figure, and the best epoch's."""
    tables = ((history.validation, "accuracy"), (history.epochs, "validation_accuracy"))
    newest = max(((float(t["step"][-1]), float(t[name][-1])) for t, name in tables if len(t)), default=None)
    best = say("best {accuracy:.2f}", accuracy=100 * history.best.accuracy) if history.best else ""
    return "–" if newest is None else percent(newest[1]), best


def percent(share: float) -> str:
    """0.9746 -> "97.46 %"."""
    return f"{100 * share:.2f} %"


def _clock(history: History, status: Status) -> tuple[str, str, str]:
    left = history.time_left
    if status.busy and left is not None:
        return say("Time left"), duration(left), ""
    return say("Time trained"), duration(history.seconds), ""


def _pace(history: History, status: Status) -> float:
    """Now, while it trains; afterwards over the whole run, looks at validation images included."""
    if status.state == "running" or not history.seconds or history.started is None:
        return history.images_per_second
    return history.epoch * fields.whole(history.started, "train_images") / history.seconds


def _count(value: float) -> str:
    return f"{value:,.0f}" if value else "–"


def duration(seconds: float) -> str:
    """In the two largest units: "42 s", "3 min 5 s", "2 h 10 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return say("{whole} min {whole2} s", whole=whole // 60, whole2=whole % 60)
    return say("{whole} h {whole2} min", whole=whole // 3600, whole2=whole % 3600 // 60)
