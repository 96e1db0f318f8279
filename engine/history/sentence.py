"""What is happening in a run, in one plain sentence, by these rules; the first that fits speaks.

ended      why, and how well it does; for a loss that became infinite, a smaller learning rate to try
waiting    not started yet, no batch yet, or paused
rising     the loss of the newest tenth of the batches is above that of the first 20: learning rate too high
stuck      after 200 batches the loss is within 3 % of that of the first 20: learning rate too low
memorising validation accuracy is 3 epochs or more behind its best, and the training loss has fallen by a
           tenth since, while the validation loss has grown
learning   the newest figures, and whether the last epoch was the best
"""

import math

import numpy as np

from engine.history import fields
from engine.history.reading import History
from engine.history.tables import Column

_FIRST_BATCHES = 20  # whose mean loss stands for the beginning
_PATIENT_BATCHES = 200  # before which nothing is called stuck
_PATIENT_EPOCHS = 3


def sentence(history: History) -> str:
    """One line on what is happening, for people who see such curves for the first time."""
    if history.ended is not None:
        return _end(history)
    if history.started is None:
        return "Waiting for training to start."
    if not len(history.batches):
        return "Starting: no batch is done yet."
    where = _where(history)
    if history.paused:
        return f"Paused in {where[0].lower()}{where[1:]}."
    return _trouble(history) or _memorising(history) or _progress(history, where)


def _end(history: History) -> str:
    event = history.ended or {}
    epochs = f"{_count(history.epoch)} epoch{'' if history.epoch == 1 else 's'}"
    if event["reason"] == "diverged":
        rate = _smaller_rate(history)
        return f"The loss became infinite at step {history.step:,}: the learning rate is too high{rate}."
    openings = {
        "finished": f"Finished after {epochs}",
        "target": f"Reached the target accuracy after {epochs}",
        "patience": f"Stopped after {epochs}, because validation no longer improved",
        "stopped": f"Stopped at step {history.step:,}, after {epochs}",
    }
    opening = openings.get(event["reason"], f"Ended after {epochs}")
    test, validation = fields.number(event.get("test_accuracy")), fields.number(event.get("validation_accuracy"))
    if 0 <= test <= 1:
        return f"{opening}: it reads {_percent(test)} of the test images, which it never saw, correctly."
    if 0 <= validation <= 1:
        return f"{opening}: validation accuracy {_percent(validation)}."
    return f"{opening}."


def _trouble(history: History) -> str:
    """A loss that rises or does not move; "" if all is well."""
    losses = history.batches["loss"]
    if len(losses) < 2 * _FIRST_BATCHES:
        return ""
    first = _mean(losses[:_FIRST_BATCHES])
    newest = _mean(losses[-max(len(losses) // 10, _FIRST_BATCHES) :])
    if newest > 1.1 * first:
        tip = _smaller_rate(history)
        return f"The loss has risen from {first:.3g} to {newest:.3g}: the learning rate is too high{tip}."
    if len(losses) >= _PATIENT_BATCHES and newest > 0.97 * first:
        rate = float(history.batches["learning_rate"][-1])
        tip = f"; try {_rounded(10 * rate)}" if 0 < rate < 0.1 else " or the network cannot learn"
        return f"The loss has hardly moved from {first:.3g}: the learning rate is too low{tip}."
    return ""


def _memorising(history: History) -> str:
    epochs = history.epochs
    if len(epochs) <= _PATIENT_EPOCHS or np.isnan(epochs["validation_accuracy"]).all():
        return ""
    best = int(np.nanargmax(epochs["validation_accuracy"]))
    if len(epochs) - 1 - best < _PATIENT_EPOCHS:
        return ""
    train, validation = epochs["train_loss"], epochs["validation_loss"]
    if not (train[-1] < 0.9 * train[best] and validation[-1] > validation[best]):
        return ""
    number = round(float(epochs["epoch"][best]))
    return (
        f"Validation stopped improving at epoch {number} ({_percent(epochs['validation_accuracy'][best])}) while the "
        "training loss still falls: it is memorising. Dropout, augmentation or more images help."
    )


def _progress(history: History, where: str) -> str:
    """The newest figures."""
    epochs, looks, batches = history.epochs, history.validation, history.batches
    if len(epochs):
        accuracy = float(epochs["validation_accuracy"][-1])
        best = history.best
        if best is None or math.isnan(accuracy):
            return f"{where}: training accuracy {_percent(epochs['train_accuracy'][-1])}."
        if best.step == int(epochs["step"][-1]):
            rising = ", the best so far" if len(epochs) == 1 else ", still rising"
            return f"{where}: validation accuracy {_percent(accuracy)}{rising}."
        return (
            f"{where}: validation accuracy {_percent(accuracy)}; the best was {_percent(best.accuracy)} "
            f"at epoch {best.number}."
        )
    if len(looks) and not math.isnan(looks["accuracy"][-1]):
        rising = ", rising" if len(looks) > 1 and looks["accuracy"][-1] > looks["accuracy"][0] else ""
        return f"{where}: validation accuracy {_percent(looks['accuracy'][-1])}{rising}."
    newest = batches["accuracy"][-min(len(batches), _FIRST_BATCHES) :]
    return f"{where}: training accuracy {_percent(_mean(newest))}."


def _where(history: History) -> str:
    """ "Epoch 3 of 10", counted as people do: the first is 1, and one that is complete still counts as itself."""
    number = max(math.ceil(history.epoch - 1e-9), 1)
    total = math.ceil(history.total_epochs - 1e-9)
    return f"Epoch {number:,} of {total:,}" if total >= number else f"Epoch {number:,}"


def _smaller_rate(history: History) -> str:
    rates = history.batches["learning_rate"]
    rates = rates[rates > 0]
    return f"; try {_rounded(rates.max() / 10)}" if len(rates) else ""


def _rounded(value: float) -> str:
    return f"{float(f'{value:.1g}'):g}"


def _mean(values: Column) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else math.nan


def _count(epochs: float) -> str:
    return f"{epochs:.0f}" if abs(epochs - round(epochs)) < 0.005 else f"{epochs:.1f}"


def _percent(share: float) -> str:
    """One place behind the point; never rounded up to 100."""
    percent = 100 * float(share)
    return f"{percent:.1f} %" if percent < 99.9 else f"{min(percent, 99.99):.2f} %" if percent < 100 else "100 %"
