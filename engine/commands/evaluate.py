"""`python -m engine evaluate`: how well a checkpoint does on images."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from engine.arrays import Bytes
from engine.checkpoint import load_checkpoint
from engine.datasets import DataError, load_split
from engine.evaluation import figures_of

HELP = "accuracy and loss of a checkpoint on its data's test images"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", help="other data than it was trained on: a name, or a file or folder of yours")
    parser.add_argument("--on", default="test", choices=("test", "validation", "train"), help="which images")


def run(options: argparse.Namespace) -> int:
    """Print accuracy and loss."""
    model = load_checkpoint(options.checkpoint)
    config = model.config
    values = {"data.source": options.data} if options.data else {}
    data = load_split(config.with_values(values).data, config.seed)
    images: Bytes = getattr(data, f"{options.on}_images")
    labels: Bytes = getattr(data, f"{options.on}_labels")
    if images.shape[1:] != model.checkpoint.image_shape[:2]:
        raise DataError(
            f"{data.name} has images of {images.shape[1]}x{images.shape[2]}; this network reads "
            f"{model.image_size}x{model.image_size}."
        )
    if not len(images) or labels.max() >= model.classes:
        raise DataError(f"{data.name} has no {options.on} images with labels from 0 to {model.classes - 1}.")
    figures = figures_of(model.outputs(images), labels, config.loss)
    if options.json:
        print(json.dumps(asdict(figures)))
    else:
        print(f"accuracy {figures.accuracy:.2%}, loss {figures.loss:.4f}, on {figures.count:,} {options.on} images")
    return 0
