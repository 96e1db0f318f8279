"""`python -m engine report`: a lab report of one run, or of several that are compared, as one HTML file."""

import argparse
import json
from pathlib import Path

from engine.files import replace_file
from engine.report import curves_csv, data_json, gather, render
from engine.rundir import RunError, RunFolder, runs_folder

HELP = "a lab report of runs as one HTML file, and their data as JSON and CSV"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("run", nargs="+", metavar="RUN", help="names of runs, or their folders")
    parser.add_argument("--out", type=Path, default=Path("report.html"), help="the file to write (%(default)s)")
    parser.add_argument("--title", default="", help="what stands above it")
    parser.add_argument(
        "--data", action="store_true", help="write the data beside it too, whole: .json, and .csv by run"
    )
    parser.add_argument("--runs", type=Path, default=runs_folder(), help="folder of all runs (%(default)s)")


def run(options: argparse.Namespace) -> int:
    """Write it, and print where it is."""
    gathered = [gather(_open(options.runs, name)) for name in options.run]
    files = {options.out: render(gathered, options.title)}
    if options.data:
        files[options.out.with_suffix(".json")] = data_json(gathered)
        files |= {
            options.out.with_name(f"{options.out.stem}-{each.id}.csv"): curves_csv(each.history) for each in gathered
        }
    for path, text in files.items():
        _write(path, text)
    print(json.dumps([str(path) for path in files]) if options.json else "\n".join(map(str, files)))
    return 0


def _open(root: Path, name: str) -> RunFolder:
    """A run by its name, or by the path of its folder."""
    path = Path(name)
    return RunFolder.open(path.resolve().parent, path.resolve().name) if path.is_dir() else RunFolder.open(root, name)


def _write(path: Path, text: str) -> None:
    try:
        replace_file(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}.") from None
