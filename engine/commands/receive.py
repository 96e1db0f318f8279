"""`python -m engine receive`: a run from another machine, or a checkpoint, as a run of this one."""

import argparse
import json
from pathlib import Path

from engine.rundir import RunError, runs_folder
from engine.travel import TravelError, receive

HELP = "open a run's .zip or a checkpoint from another machine as a new run"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a .zip that `send` wrote, or a checkpoint (.npz)")
    parser.add_argument("--data", default="", help="the file of its data on this computer, where it has its own")
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="folder of all runs (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Open it, and print the new run's name."""
    if not options.file.is_file():
        raise RunError(f"there is no file {options.file}.")
    try:
        new = receive(options.runs, options.file, source=str(Path(options.data).resolve()) if options.data else "")
    except TravelError as error:
        raise RunError(str(error)) from None
    print(json.dumps({"run": new.id}) if options.json else new.id)
    return 0
