"""`python -m engine send`: a run as one file that another machine can open, or that TensorBoard can show."""

import argparse
import json
from pathlib import Path

from engine.files import replace_file
from engine.history import History
from engine.rundir import RunError, RunFolder, runs_folder
from engine.travel import event_file, pack

HELP = "a run as one .zip for another machine, or its curves for TensorBoard"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("run", metavar="RUN", help="the run's name")
    parser.add_argument("--out", type=Path, help="the file to write; RUN.zip otherwise")
    parser.add_argument("--snapshots", action="store_true", help="with all snapshots, so that it can be rewound")
    parser.add_argument("--tensorboard", action="store_true", help="write an event file for TensorBoard, no .zip")
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="folder of all runs (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Write it, and print where it is."""
    found = RunFolder.open(options.runs, options.run)
    out = options.out or Path(f"events.out.tfevents.{found.id}" if options.tensorboard else f"{found.id}.zip")
    try:
        if options.tensorboard:
            history = History(found.events_file)
            history.update()
            data = event_file(found.config(), history)
            replace_file(out, lambda temporary: temporary.write_bytes(data))
        else:
            pack(found, out.resolve(), options.snapshots)
    except OSError as error:
        raise RunError(f"{out} cannot be written: {error.strerror}.") from None
    print(json.dumps({"file": str(out)}) if options.json else out)
    return 0
