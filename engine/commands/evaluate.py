"""`python -m engine evaluate`: how well a checkpoint does on images."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.checkpoint import Model, load_checkpoint
from engine.datasets import DataError
from engine.evaluation import Figures, figures_of
from engine.judging import (
    DISTURBANCES,
    Held,
    differences,
    held_images,
    predict,
    robustness,
    sample,
    training_changes,
    unseen,
)
from engine.judging.images import SETS
from engine.metrics import calibration, class_scores, confusion_matrix, temperature, wilson_interval

HELP = "accuracy and loss of a checkpoint on its data's test images; more of it, and against another one, if asked for"
ON = (
    "which images (%(default)s); train: those that were learned from and the labels with them, noise and leaked images "
    "too, but without the changed copies and own drawings that were added to them, and not augmented"
)
FIELDS = ("precision", "recall", "f1", "support")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", help="other data than it was trained on: a name, or a file or folder of yours")
    parser.add_argument("--on", default="test", choices=SETS, help=ON)
    parser.add_argument("--more", action="store_true", help="confusion, scores of each class, calibration")
    parser.add_argument("--robustness", action="store_true", help="accuracy on 1,000 of them, disturbed in seven ways")
    parser.add_argument("--against", type=Path, metavar="CHECKPOINT", help="another one, on images new to both")


def run(options: argparse.Namespace) -> int:
    """Print accuracy and loss, and what else is asked for."""
    model = load_checkpoint(options.checkpoint)
    held = held_images(model.checkpoint, options.on, options.data or "", most=None)
    outputs = model.outputs(held.images)
    figures = figures_of(outputs, held.labels, model.config.loss)
    found: dict[str, Any] = asdict(figures)
    lines = [_first_line(figures, options.on)]
    lines += [held.changed] if held.changed else []
    shares = model.config.loss.probabilities(outputs)
    for wanted, part in ((options.more, _more), (options.robustness, _robustness)):
        if wanted:
            told, said = part(model, held, shares)
            found |= told
            lines += ["", *said]
    if options.against:
        if options.on == "train":
            raise DataError("networks are compared on images that are new to both; got --on train, which none of are.")
        told, said = _against(model, held, shares, options.against)
        found |= told
        lines += ["", *said]
    print(json.dumps(found) if options.json else "\n".join(lines))
    return 0


def _first_line(figures: Figures, which: str) -> str:
    return f"accuracy {figures.accuracy:.2%}, loss {figures.loss:.4f}, on {figures.count:,} {which} images"


def _more(model: Model, held: Held, shares: Array) -> tuple[dict[str, Any], list[str]]:
    """Interval, confusion matrix, scores of each class, calibration."""
    counts = confusion_matrix(shares, held.labels)
    low, high = wilson_interval(int(np.trace(counts)), len(held.labels))
    scores, calibrated = class_scores(counts), calibration(shares, held.labels)
    warmth = temperature(shares, held.labels)
    told = {
        "interval": [low, high],
        "confusion": counts.tolist(),
        "classes": {name: getattr(scores, name).tolist() for name in FIELDS},
        "macro": dict(zip(FIELDS, scores.macro, strict=False)),
        "calibration_error": calibrated.error,
        "temperature": warmth,
    }
    width = max(6, len(str(counts.max())) + 1)
    lines = [f"95 % interval of the accuracy: {low:.2%} to {high:.2%} (Wilson)", "", "rows: label, columns: read as"]
    lines.append(" " * 4 + "".join(f"{number:>{width}}" for number in range(model.classes)))
    lines += [
        f"{number:>4}" + "".join(f"{count or '.':>{width}}" for count in row)
        for number, row in enumerate(counts.tolist())
    ]
    lines += ["", "class  precision  recall      F1  images"]
    rows = zip(scores.precision, scores.recall, scores.f1, scores.support, strict=True)
    lines += [f"{number:>5}  {p:>9.2%}  {r:>6.2%}  {f:>6.2%}  {n:>6,}" for number, (p, r, f, n) in enumerate(rows)]
    precision, recall, f1 = scores.macro
    lines += [f"macro  {precision:>9.2%}  {recall:>6.2%}  {f1:>6.2%}", ""]
    lines.append(f"calibration error {calibrated.error:.2%}; best temperature {warmth:.2f} (above 1: too sure)")
    return told, lines


def _robustness(model: Model, held: Held, shares: Array) -> tuple[dict[str, Any], list[str]]:
    """Each curve from its low to its high amounts."""
    places, told, lines = sample(len(held.labels)), {}, []
    changes = training_changes(model.config)
    lines.append(f"accuracy on {len(places):,} of the images, disturbed (* within what training varied)")
    for name, disturbance in DISTURBANCES.items():
        points = robustness(model, held.images[places], held.labels[places], disturbance)
        curve = sorted(points, key=lambda point: point.amount)
        trained = disturbance.trained(changes)
        told[name] = {"trained": trained, "curve": [asdict(point) for point in curve]}
        low, high = trained or (1, 0)
        each = [f"{p.amount:g}{'*' if low <= p.amount <= high else ''}: {p.accuracy:.1%}" for p in curve]
        lines.append(f"{name:>12}  " + "  ".join(each))
    return {"robustness": told}, lines


def _against(model: Model, held: Held, shares: Array, path: Path) -> tuple[dict[str, Any], list[str]]:
    """Both on the images that the other one has not learned from either."""
    other = load_checkpoint(path)
    if (other.checkpoint.image_shape, other.classes) != (model.checkpoint.image_shape, model.classes):
        raise DataError(
            f"{path.name} reads images {other.checkpoint.image_shape} of {other.classes} classes; this network reads "
            f"{model.checkpoint.image_shape} of {model.classes}. Compare networks for the same data."
        )
    new = unseen(other.checkpoint, held.images)
    labels = held.labels[new]
    if not len(labels):
        raise DataError(f"{path.name} has learned from all of these {len(held.labels):,} images; none is new to both.")
    rows = differences(shares[new], predict(other, held.images[new]), labels)
    told = {
        "against": {
            "images": len(labels),
            "measures": [asdict(row) | {"beyond_luck": row.beyond_luck} for row in rows],
        }
    }
    lines = [f"against {path}, on {len(labels):,} images that are new to both (95 % interval of the difference)"]
    for row in rows:
        luck = "beyond luck" if row.beyond_luck else "may be luck"
        chance = f", chance {row.chance:.2g}" if row.chance is not None else ""
        span = f"{row.low:+.4f} to {row.high:+.4f}"
        lines.append(f"{row.name:>17}  {row.a:.4f}  {row.b:.4f}  {row.difference:+.4f} ({span})  {luck}{chance}")
    return told, lines
