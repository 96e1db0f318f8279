"""The figures of a run: tiles and one plain sentence."""

import math
from collections.abc import Callable

from dashboard import style
from dashboard.training.moments import Moment, moment
from engine.history import History, fields, sentence
from engine.rundir import Status


def render(history: History, status: Status, note: str = "", at_step: int | None = None) -> None:
    """note: what to say in place of the history's own sentence. at_step: the step to which the run is rewound."""
    if at_step is not None:
        _rewound(history, moment(history, at_step))
        return
    style.sentence(note or sentence(history), status.state)
    style.tiles(
        [
            ("Epoch", *_epoch(history)),
            ("Validation accuracy", *_accuracy(history)),
            ("Images per second", _count(_pace(history, status)), "" if status.busy else "on average"),
            _clock(history, status),
        ]
    )


def _rewound(history: History, at: Moment) -> None:
    """As many tiles as otherwise, so that nothing moves."""
    went = f" The run itself has come to step {history.step:,}." if history.step > at.step else ""
    style.sentence(f"At step {at.step:,} (rewound): {_state(at)}.{went}", "rewound")
    total = history.total_epochs
    style.tiles(
        [
            ("Epoch, rewound", f"{at.epoch:.1f}", f"of {total:g}" if total else ""),
            ("Validation accuracy, rewound", _known(at.validation_accuracy, percent), _looked(at)),
            ("Training loss, rewound", _known(at.loss, lambda loss: f"{loss:.3g}"), ""),
            ("Time trained, rewound", duration(at.seconds), ""),
        ]
    )


def _state(at: Moment) -> str:
    if not at.step:
        return "nothing is learned yet, all answers are guesses"
    if math.isnan(at.validation_accuracy):
        return "a few batches are learned, validation images were not looked at yet"
    return f"validation accuracy {percent(at.validation_accuracy)}"


def _looked(at: Moment) -> str:
    """Where validation images were looked at, if that was before."""
    return f"at step {at.looked_at:,}" if 0 <= at.looked_at < at.step else ""


def _known(value: float, words: Callable[[float], str]) -> str:
    return "–" if math.isnan(value) else words(value)


def _epoch(history: History) -> tuple[str, str]:
    total = history.total_epochs
    return f"{history.epoch:.1f}", f"of {total:g}" if total else ""


def _accuracy(history: History) -> tuple[str, str]:
    """The newest figure, and the best epoch's."""
    tables = ((history.validation, "accuracy"), (history.epochs, "validation_accuracy"))
    newest = max(((float(t["step"][-1]), float(t[name][-1])) for t, name in tables if len(t)), default=None)
    best = f"best {100 * history.best.accuracy:.2f}" if history.best else ""
    return "–" if newest is None else percent(newest[1]), best


def percent(share: float) -> str:
    """0.9746 -> "97.46 %"."""
    return f"{100 * share:.2f} %"


def _clock(history: History, status: Status) -> tuple[str, str, str]:
    left = history.time_left
    if status.busy and left is not None:
        return "Time left", duration(left), ""
    return "Time trained", duration(history.seconds), ""


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
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
