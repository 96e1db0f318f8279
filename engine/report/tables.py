"""Settings, differences and curves of runs as tables: for the report's page, and as CSV and JSON."""

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.config import TrainingConfig
from engine.history import History, Table
from engine.limits import public_id
from engine.report.gather import Gathered, Judged
from engine.saying import ENGLISH, Language
from engine.setting_words import named, settings, words

Column = npt.NDArray[np.float64]


def differing(configs: Sequence[TrainingConfig], say: Language = ENGLISH) -> list[tuple[str, list[str]]]:
    """(setting, its value in each run) for all that are not the same in all; layers by their places."""
    flat = [
        {named(row.path, say): row.value for row in settings(config, say)}
        | {say("layer {number}", number=place + 1): words(layer, say) for place, layer in enumerate(config.layers)}
        for config in configs
    ]
    paths = list(dict.fromkeys(path for each in flat for path in each))
    rows = [(path, [each.get(path, "–") for each in flat]) for path in paths]
    return [(path, values) for path, values in rows if len(set(values)) > 1]


def curves_csv(history: History, most: int = 0) -> str:
    """A row for each step of which anything is known; empty cells where it is not.

    most: the most batches, evenly thinned; 0: all.
    """
    kept = thinned(history.batches, most)
    groups = (
        (kept, ("loss", "accuracy", "learning_rate", "gradient_norm"), ""),
        (_columns(history.validation), ("loss", "accuracy"), "look_"),
        (
            _columns(history.epochs),
            ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
            "epoch_",
        ),
        (_columns(history.probes), ("update_norm", "weight_norm", "dead"), ""),
    )
    steps = np.unique(np.concatenate([group["step"] for group, _, _ in groups]))
    table: dict[str, Column] = {"step": steps}
    for name in ("epoch", "seconds"):
        table[name] = np.full(len(steps), np.nan)
    for group, names, prefix in groups:
        places = np.searchsorted(steps, group["step"])
        for name in ("epoch", "seconds"):
            table[name][places] = group[name]
        for name in names:
            column = table.setdefault(f"{prefix}{name}", np.full(len(steps), np.nan))
            column[places] = group[name]
    return _csv(list(table), zip(*(column.tolist() for column in table.values()), strict=True))


def epochs_csv(history: History) -> str:
    """A row for each complete epoch."""
    columns = _columns(history.epochs)
    return _csv(list(columns), zip(*(column.tolist() for column in columns.values()), strict=True))


def thinned(table: Table, most: int = 0) -> dict[str, Column]:
    """At most so many rows, evenly spread, the newest among them; 0: all."""
    length = len(table)
    rows = np.arange(length) if not most or length <= most else np.unique(np.linspace(0, length - 1, most).astype(int))
    return {name: table[name][rows] for name in table.names}


def _columns(table: Table) -> dict[str, Column]:
    return thinned(table)


def _csv(names: Sequence[str], rows: Any) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow(["" if math.isnan(value) else f"{value:.9g}" for value in row])
    return text.getvalue()


def data_json(runs: Sequence[Gathered], most: int = 0) -> str:
    """All that the report is made of, without pictures. Numbers that are not finite are null."""
    return json.dumps({"format": 1, "runs": [_run(each, most) for each in runs]}, allow_nan=False)


def _run(run: Gathered, most: int) -> dict[str, Any]:
    history = run.history
    tables = {"batches": thinned(history.batches, most)} | {
        name: _columns(getattr(history, name)) for name in ("validation", "epochs", "probes")
    }
    return {
        "id": run.id,
        "about": asdict(run.about),
        "created": run.created,
        "config": run.config.to_json(),
        "link": run.link,
        "recipe": run.recipe,
        "weights": run.weights,
        "weights_step": run.weights_step,
        "started": history.started,
        "ended": history.ended,
        "changes": [
            {"step": each.step, "changes": each.changes, "parent": public_id(each.parent)} for each in history.changes
        ],
        "curves": {
            name: {key: [_number(value) for value in column.tolist()] for key, column in table.items()}
            for name, table in tables.items()
        },
        "judged": [_judged(each) for each in run.judged],
        "pinned": [{"label": pin.label, "probabilities": [float(s) for s in pin.shares]} for pin in run.pinned],
        "problems": list(run.problems),
    }


def _judged(judged: Judged) -> dict[str, Any]:
    scores = {name: getattr(judged.scores, name).tolist() for name in ("precision", "recall", "f1")}
    return {
        "which": judged.which,
        "count": judged.count,
        "accuracy": judged.accuracy,
        "confusion": judged.confusion.tolist(),
        **scores,
    }


def _number(value: float) -> float | None:
    return float(f"{value:.9g}") if math.isfinite(value) else None
