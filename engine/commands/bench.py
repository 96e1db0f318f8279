"""`python -m engine bench`: speed of whole training steps."""

import argparse
import importlib.util
import json

from engine import bench
from engine.spec import SettingError

HELP = "speed of whole training steps, beside PyTorch and JAX"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--against", default="", metavar="torch,jax", help="rivals, which must be installed")
    parser.add_argument("--only", default="", help="part of a net's name: measure these rows only")
    parser.add_argument("--rounds", type=int, default=9, help="turns that each contender takes (%(default)s)")
    parser.add_argument("--no-busy", action="store_true", help="leave out the second table, with one core busy")


def run(options: argparse.Namespace) -> int:
    """Print a table, a line for each network."""
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
