"""The command line: train, evaluate, predict and list presets without the page.

A run that is trained here lies in the same folder as the page's runs, so the page shows it, live.
"""

import argparse
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2

from engine import bench
from engine.arrays import Bytes
from engine.checkpoint import load_checkpoint
from engine.config import TrainingConfig, check_network
from engine.datasets import DataError, image_shape, load_split
from engine.evaluation import figures_of
from engine.events import BatchDone, EpochDone, Event, RunEnded, RunStarted, Validated
from engine.pictures import read_picture
from engine.presets import DEFAULT, PRESETS
from engine.rundir import RunFolder, runs_folder
from engine.spec import SettingError, parse_assignment
from engine.worker import USER_ERRORS, Session


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 an error that is named on standard error, 2 wrong usage, 130 interrupted."""
    options = _parser().parse_args(arguments)
    cv2.setNumThreads(1)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except USER_ERRORS as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine", description="Neural networks for digits in NumPy.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a network; the page shows the run, live")
    train.set_defaults(command=_train)
    train.add_argument("--preset", default=DEFAULT, choices=PRESETS, help="settings to start from (%(default)s)")
    train.add_argument("--data", help="mnist, mnist16, or a data file; the preset's own otherwise")
    train.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="change a setting: optimizer.learning_rate=0.1"
    )
    train.add_argument("--name", default="", help="the run's name; made from the time otherwise")
    train.add_argument("--runs", type=Path, default=runs_folder(), help="folder of all runs (%(default)s)")

    evaluate = commands.add_parser("evaluate", help="accuracy and loss of a checkpoint on its data's test images")
    evaluate.set_defaults(command=_evaluate)
    evaluate.add_argument("checkpoint", type=Path)
    evaluate.add_argument("--data", help="other data than it was trained on")
    evaluate.add_argument("--on", default="test", choices=("test", "validation", "train"), help="which images")

    predict = commands.add_parser("predict", help="read digits from image files")
    predict.set_defaults(command=_predict)
    predict.add_argument("checkpoint", type=Path)
    predict.add_argument("images", type=Path, nargs="+", metavar="IMAGE")

    presets = commands.add_parser("presets", help="the settings to start from, and what each teaches")
    presets.set_defaults(command=_presets)

    bench = commands.add_parser("bench", help="speed of whole training steps, beside PyTorch and JAX")
    bench.set_defaults(command=_bench)
    bench.add_argument("--against", default="", metavar="torch,jax", help="rivals, which must be installed")
    bench.add_argument("--only", default="", help="part of a net's name: measure these rows only")
    bench.add_argument("--rounds", type=int, default=9, help="turns that each contender takes (%(default)s)")
    bench.add_argument("--no-busy", action="store_true", help="leave out the second table, with one core busy")
    for each in (train, evaluate, predict, presets, bench):
        each.add_argument("--json", action="store_true", help="for programs: JSON on standard output")
    return parser


def _train(options: argparse.Namespace) -> int:
    values = dict(parse_assignment(text) for text in options.set)
    if options.data:
        # a run folder can be continued from any working directory, so a file is named in full
        source = Path(options.data)
        values = {"data.source": str(source.resolve()) if source.exists() else options.data} | values
    config = PRESETS[options.preset].config.with_values(values)
    check_network(config, image_shape(config.data.source))
    run = RunFolder.create(options.runs, config, options.name)
    run.claim()
    session = Session(run)
    told = Progress(config, quiet=options.json)
    previous = signal.signal(signal.SIGINT, lambda *_: session.leave.set())
    signal.signal(signal.SIGTERM, lambda *_: session.leave.set())
    try:
        for event in session.events():
            told.tell(event)
    finally:
        signal.signal(signal.SIGINT, previous)
    summary = told.summary(run, session.seconds)
    if options.json:
        print(json.dumps(summary))
    elif told.ended is None:
        print(f"Interrupted; python -m engine.worker {run.path} goes on from here.")
    else:
        print(f"{summary['checkpoint']}")
    return 0 if told.ended is not None else 130


class Progress:
    """Tells a person in a terminal how a run goes, and sums it up."""

    def __init__(self, config: TrainingConfig, quiet: bool) -> None:
        self._config = config
        self._quiet = quiet
        self._images = 0
        self._last: Event = RunEnded(0, 0.0, "")
        self.ended: RunEnded | None = None

    def tell(self, event: Event) -> None:
        """Take note, and print what is worth a line."""
        self._last = event
        if isinstance(event, BatchDone):
            self._images += event.images
        elif isinstance(event, RunEnded):
            self.ended = event
        if not self._quiet and (line := self._line(event)):
            print(line, flush=True)

    def _line(self, event: Event) -> str:
        match event:
            case RunStarted():
                data = self._config.data.source
                return f"{event.parameters:,} parameters, {event.train_images:,} training images of {data}"
            case Validated():
                return f"epoch {event.epoch:6.2f}  validation accuracy {event.accuracy:7.2%} (of {event.images})"
            case EpochDone():
                return (
                    f"epoch {event.epoch:6.2f}  validation accuracy {event.validation_accuracy:7.2%}  "
                    f"loss {event.validation_loss:.4f}  training accuracy {event.train_accuracy:7.2%}"
                    f"{'  best' if event.best else ''}"
                )
            case RunEnded():
                test = "" if event.test_accuracy is None else f", test accuracy {event.test_accuracy:.2%}"
                return f"{event.reason} at step {event.step}{test}"
        return ""

    def summary(self, run: RunFolder, seconds: float) -> dict[str, Any]:
        """The object that --json prints."""
        ended = self.ended
        newest = run.newest
        return {
            "run": run.id,
            "reason": ended.reason if ended else "interrupted",
            "steps": self._last.step,
            "epochs": round(self._last.epoch, 4),
            "seconds": round(seconds, 3),
            "images_per_second": round(self._images / seconds, 1) if seconds else None,
            "validation_accuracy": ended.validation_accuracy if ended else None,
            "test_accuracy": ended.test_accuracy if ended else None,
            "checkpoint": str(newest) if newest else None,
        }


def _evaluate(options: argparse.Namespace) -> int:
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


def _predict(options: argparse.Namespace) -> int:
    model = load_checkpoint(options.checkpoint)
    for path in options.images:
        prepared = read_picture(path, model.image_size)
        shares = None if prepared is None else model.predict(prepared[None])[0]
        digit = None if shares is None else int(shares.argmax())
        if options.json:
            listed = None if shares is None else [round(float(share), 6) for share in shares]
            print(json.dumps({"image": str(path), "digit": digit, "probabilities": listed}))
        elif shares is None:
            print(f"{path}: nothing is drawn there")
        else:
            print(f"{path}: {digit} ({shares.max():.1%})")
    return 0


def _presets(options: argparse.Namespace) -> int:
    default_first = sorted(PRESETS.values(), key=lambda preset: preset.name != DEFAULT)
    if options.json:
        print(json.dumps([{"name": each.name, "teaches": each.teaches} for each in default_first]))
        return 0
    for each in default_first:
        print(f"{each.name:10s} {each.teaches}")
    return 0


def _bench(options: argparse.Namespace) -> int:
    rivals = [name for name in options.against.split(",") if name]
    for name in rivals:
        if name not in bench.RIVALS:
            raise SettingError("--against", f"expected some of {', '.join(bench.RIVALS)}; got {name!r}")
        if importlib.util.find_spec(name) is None:
            raise SettingError("--against", f"{name} is not installed; pip install {name}")
    rows = []
    if not options.json:
        print(bench.HEADING)
    for row in bench.measure_all(rivals, options.rounds, options.only):
        rows.append(row)
        if not options.json:
            print(bench.line(row), flush=True)
    if options.json:
        print(json.dumps([row.to_json() for row in rows]))
        return 0
    ratios = [row.ratio for row in rows if row.ratio is not None]
    if ratios:
        print(f"ours over the faster rival, geometric mean: {bench.geometric_mean(ratios):.2f}")
    if not options.no_busy:
        print("\nThe same while another process keeps one core busy:")
        with bench.BusyCore():
            for row in bench.measure_all([], options.rounds, options.only):
                print(bench.line(row), flush=True)
    return 0
