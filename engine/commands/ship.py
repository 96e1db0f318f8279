"""`python -m engine ship`: put a run's network among those that come with the project. For its developers."""

import argparse
import json
from pathlib import Path

from engine.rundir import RunFolder, runs_folder
from engine.shipping import SHIPPED, ship

HELP = "put a preset's trained network among those that come with the project"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("run", metavar="RUN", help="the run's name")
    parser.add_argument("--preset", required=True, metavar="NAME", help="the preset that it is a run of")
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="folder of all runs (%(default)s)")
    parser.add_argument("--into", type=Path, default=SHIPPED, metavar="FOLDER", help="%(default)s")


def run(options: argparse.Namespace) -> int:
    """Write the file and the table beside it."""
    path = ship(RunFolder.open(options.runs, options.run), options.preset, options.into)
    print(json.dumps({"file": str(path), "bytes": path.stat().st_size}) if options.json else path)
    return 0
