"""`python -m engine train`: a run in the same folder as the page's runs, so the page shows it, live."""

import argparse
import json
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from engine.config import TrainingConfig, check_network
from engine.datasets import facts, load
from engine.events import BatchDone, EpochDone, Event, RunEnded, RunStarted, Validated
from engine.link import LinkError, decode, text_in
from engine.presets import DEFAULT, PRESETS
from engine.rundir import RunFolder, runs_folder
from engine.spec import SettingError, parse_assignment
from engine.worker import Session

HELP = "train a network; the page shows the run, live"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--preset", default=DEFAULT, choices=PRESETS, metavar="NAME", help="%(default)s; see presets")
    parser.add_argument("--link", help="settings from a link of the page, in place of a preset's")
    parser.add_argument("--data", help="mnist, mnist16, or a file or folder of yours; the preset's own otherwise")
    parser.add_argument(
        "--set", action="append", default=[], metavar="PATH=VALUE", help="change a setting: optimizer.learning_rate=0.1"
    )
    parser.add_argument("--start-from", default="", metavar="CHECKPOINT", help="begin with these weights")
    parser.add_argument("--name", default="", help="the run's name; made from the time otherwise")
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="folder of all runs (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Train to the end, or to an interrupt, after which the run can be continued."""
    config = _config(options)
    found = facts(config.data.source)
    check_network(config, found.image_shape, found.classes)
    run = RunFolder.create(options.runs, config, options.name)
    run.claim()
    try:
        session = Session(run)
    except BaseException:  # the page would show a run that never began, and its name would be taken
        shutil.rmtree(run.path, ignore_errors=True)
        raise
    told = Progress(config, quiet=options.json)
    if not options.json:
        for note in load(config.data.source).notes:
            print(note)
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


def _config(options: argparse.Namespace) -> TrainingConfig:
    """The preset with what was asked for besides. Raises SettingError."""
    if options.link:
        return _from_link(options)
    preset = PRESETS[options.preset]
    config = preset.config.with_values(_values(options))
    if preset.base and not config.start_from:
        raise SettingError(
            "--start-from",
            f"the preset {preset.name} goes on from a trained network; expected a checkpoint. "
            f"Train one with --preset {preset.base}, then name its final.npz here",
        )
    return config


def _values(options: argparse.Namespace) -> dict[str, Any]:
    """What was asked for besides a preset or a link."""
    values = {}
    if options.data:
        values["data.source"] = _in_full(options.data)
    if options.start_from:
        values["start_from"] = _in_full(options.start_from)
    return values | dict(parse_assignment(text) for text in options.set)


def _from_link(options: argparse.Namespace) -> TrainingConfig:
    """A link's settings; what of them cannot be used is said on standard error."""
    try:
        config, ignored = decode(text_in(options.link))
    except LinkError as error:
        raise SettingError("--link", str(error)) from None
    for sentence in ignored:
        print(f"ignored: {sentence}", file=sys.stderr)
    return config.with_values(_values(options))


def _in_full(name: str) -> str:
    """A run folder can be continued from any working directory, so a file is named in full."""
    path = Path(name)
    return str(path.resolve()) if path.exists() else name


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
