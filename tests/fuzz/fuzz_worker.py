"""Tries inputs one after the other, in a process of its own, and tells how each went, a line each.

    python tests/fuzz/fuzz_worker.py FOLDER KIND:FIRST_SEED:COUNT ...

It prints "begin KIND SEED" before an input and one JSON object after it. When it ends in the middle of one, whoever
reads knows which input ended it.
"""

import engine  # noqa: F401  # isort: skip  # before NumPy: BLAS at one thread, so that memory is what inputs take

import contextlib
import json
import shutil
import sys
import time
import traceback
import warnings
from pathlib import Path
from random import Random

from fuzz_guard import Guard, alarm, forget_peak, limited_memory, peak
from fuzz_judge import unclear
from fuzz_kinds import KINDS, Kind


def attempt(kind: Kind, seed: int, folder: Path, guard: Guard) -> dict[str, object]:
    """One input. "worked", "told" with its message, or "failed" with what went wrong."""
    place = folder / f"{kind.name}-{seed}"  # a name of its own: readers remember files by path and time
    place.mkdir()
    problem, message, trace = "", "", ""
    begun = time.process_time()
    try:
        with guard.watch(), alarm(kind.seconds):
            kind.attempt(Random(f"{kind.name} {seed}"), place)
    except ValueError as error:
        message = str(error)
        problem = unclear(message)
        if type(error) in (ValueError, UnicodeError, UnicodeDecodeError, UnicodeEncodeError, json.JSONDecodeError):
            problem = problem or f"{type(error).__name__} that is none of ours: {message[:300]!r}"
        trace = traceback.format_exc()
    except BaseException as error:  # whatever it is: that is what is looked for
        problem, trace = f"{type(error).__name__}: {str(error)[:300]}", traceback.format_exc()
    problem = "; ".join(guard.seen) or problem
    seconds = time.process_time() - begun
    shutil.rmtree(place, ignore_errors=True)
    outcome = "failed" if problem else "told" if message else "worked"
    found: dict[str, object] = {"seed": seed, "outcome": outcome, "seconds": round(seconds, 4), "message": message}
    return found | ({"problem": problem, "trace": trace[-3000:]} if problem else {})


def main(folder: str, *tasks: str) -> None:
    """Try the inputs of each task."""
    warnings.simplefilter("error")
    guard = Guard(Path(folder))
    for task in tasks:
        name, first, count = task.split(":")
        kind = KINDS[name]
        warm_up(kind, Path(folder) / "warm")
        with limited_memory():
            held = forget_peak()
            for seed in range(int(first), int(first) + int(count)):
                print(f"begin {name} {seed}", flush=True)
                found = attempt(kind, seed, Path(folder), guard)
                print(json.dumps(found | {"memory": max(peak() - held, 0)}), flush=True)


def warm_up(kind: Kind, folder: Path) -> None:
    """Import what is imported late, and make the samples, before anybody watches."""
    for seed in range(3):
        place = folder / str(seed)
        place.mkdir(parents=True)
        with contextlib.suppress(Exception):  # those that count come later
            kind.attempt(Random(f"warm {seed}"), place)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
