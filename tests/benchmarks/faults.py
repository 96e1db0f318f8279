"""Faults, tried for real: what survives, and what is lost.

    python tests/benchmarks/faults.py [--tries 20] [--only "worker killed"] [--seed 1]

Prints a table. Each try trains a run, disturbs it at a random moment, continues it where it was interrupted, and
compares its weights bit by bit with those of a run that was left alone. Full and read-only disks need to be mounted:
as root, on Linux; elsewhere they are left out, and the table says so.
"""

import argparse
import sys
import time
import traceback
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.faults.faults import FAULTS, CannotTry, Fault
from tests.faults.scene import Scene, reference


def main() -> int:
    """Exit status: how many faults lost anything."""
    parser = argparse.ArgumentParser(description="Disturb runs, and see what survives.")
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--only", default="", help="faults with this in their names")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    reference()
    print("| fault | tries | survived | trained again: median, most steps (an epoch has 500) |\n|---|---|---|---|")
    failed = 0
    for name, fault in FAULTS.items():
        if options.only in name:
            failed += not _try(name, fault, options.tries, options.seed)
    return failed


def _try(name: str, fault: Fault, tries: int, seed: int) -> bool:
    survived = 0
    lost: list[int] = []
    problems: list[str] = []
    for number in range(tries):
        try:
            with Scene(seed=seed * 1000 + number) as scene:
                lost.append(fault(scene).steps)
            survived += 1
        except CannotTry as why:
            print(f"| {name} | 0 | – | not tried: {why} |", flush=True)
            return True
        except (Exception, pytest.fail.Exception):  # the faults' own are written with pytest's raises
            problems.append(f"{name}, seed {seed * 1000 + number}:\n{traceback.format_exc()}")
    words = f"{sorted(lost)[len(lost) // 2]}, {max(lost)}" if lost else "–"
    print(f"| {name} | {tries} | {survived} | {words} |", flush=True)
    for problem in problems[:3]:
        print(problem, file=sys.stderr, flush=True)
    return survived == tries


if __name__ == "__main__":
    begun = time.monotonic()
    status = main()
    print(f"\n{time.monotonic() - begun:.0f} s", file=sys.stderr)
    sys.exit(status)
