"""What is happening in a run, in one plain sentence, by these rules; the first that fits speaks.

ended      why, and how well it does; for a loss that became infinite, a smaller learning rate to try
waiting    not started yet, no batch yet, or paused
dead       all units of a layer give every image the same answer; if half of all units do, it is said besides
rising     the loss of the newest tenth of the batches is above that of the first 20: learning rate too high
stuck      after 200 batches the loss is within 3 % of that of the first 20: learning rate too low, or too high if
           each step changes the weights much
memorising validation accuracy is 3 epochs or more behind its best, and the training loss has fallen by a
           tenth since, while the validation loss has grown
learning   the newest figures, and whether the last epoch was the best
"""

import math

import numpy as np

from engine.history import fields
from engine.history.reading import History
from engine.history.trouble import FIRST_BATCHES, dead_layer, dead_units, divergence, mean, percent, slow_loss

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
    trouble = dead_layer(history) or slow_loss(history) or _memorising(history)
    return trouble or f"{_progress(history, where)} {dead_units(history)}".rstrip()


def _end(history: History) -> str:
    event = history.ended or {}
    epochs = f"{_count(history.epoch)} epoch{'' if history.epoch == 1 else 's'}"
    if event["reason"] == "diverged":
        return divergence(history)
    openings = {
        "finished": f"Finished after {epochs}",
        "target": f"Reached the target accuracy after {epochs}",
        "patience": f"Stopped after {epochs}, because validation no longer improved",
        "stopped": f"Stopped at step {history.step:,}, after {epochs}",
    }
    opening = openings.get(event["reason"], f"Ended after {epochs}")
    test, validation = fields.number(event.get("test_accuracy")), fields.number(event.get("validation_accuracy"))
    dead = dead_layer(history) or dead_units(history)
    dead = f" {dead}" if dead else ""
    if 0 <= test <= 1:
        return f"{opening}: it reads {percent(test)} of the test images, which it never saw, correctly.{dead}"
    if 0 <= validation <= 1:
        return f"{opening}: validation accuracy {percent(validation)}.{dead}"
    return f"{opening}.{dead}"


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
        f"Validation stopped improving at epoch {number} ({percent(epochs['validation_accuracy'][best])}) while the "
        "training loss still falls: it is memorising. Dropout, augmentation or more images help."
    )


def _progress(history: History, where: str) -> str:
    """The newest figures."""
    epochs, looks, batches = history.epochs, history.validation, history.batches
    if len(epochs):
        accuracy = float(epochs["validation_accuracy"][-1])
        best = history.best
        if best is None or math.isnan(accuracy):
            return f"{where}: training accuracy {percent(epochs['train_accuracy'][-1])}."
        if best.step == int(epochs["step"][-1]):
            if len(epochs) == 1:
                return f"{where}: validation accuracy {percent(accuracy)}, the best so far."
            return f"{where}: validation accuracy {percent(accuracy)}, still rising."
        return (
            f"{where}: validation accuracy {percent(accuracy)}; the best was {percent(best.accuracy)} "
            f"at epoch {best.number}."
        )
    if len(looks) and not math.isnan(looks["accuracy"][-1]):
        accuracy = float(looks["accuracy"][-1])
        if len(looks) > 1 and accuracy > looks["accuracy"][0]:
            return f"{where}: validation accuracy {percent(accuracy)}, rising."
        return f"{where}: validation accuracy {percent(accuracy)}."
    newest = batches["accuracy"][-min(len(batches), FIRST_BATCHES) :]
    return f"{where}: training accuracy {percent(mean(newest))}."


def _where(history: History) -> str:
    """ "Epoch 3 of 10", counted as people do: the first is 1, and one that is complete still counts as itself."""
    number = max(math.ceil(history.epoch - 1e-9), 1)
    total = math.ceil(history.total_epochs - 1e-9)
    return f"Epoch {number:,} of {total:,}" if total >= number else f"Epoch {number:,}"


def _count(epochs: float) -> str:
    return f"{epochs:.0f}" if abs(epochs - round(epochs)) < 0.005 else f"{epochs:.1f}"
