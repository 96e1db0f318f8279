"""A worker made ready before there is a run for it: `python -m engine.spare [--gently]`.

Importing NumPy and OpenCV and unpacking the images takes most of the second between a click and the first point of
a curve. This process does both beforehand, writes one line to its standard output, and waits for a line on its
standard input: the path of a run's folder. It then is that run's worker, as `python -m engine.worker RUN_FOLDER
--watch-stdin` would be, with the same bits. When its standard input ends first, it ends too.

With --gently it unpacks the images at a low priority, so that a run in training is not held up by it. It computes
nothing while it waits, and holds about 110 MB, of which 55 are the images.
"""

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path

READY = b"ready\n"
LONGEST_PATH = 65_536  # bytes of a line that can be a path


def main(arguments: list[str] | None = None) -> int:
    """Exit status: the worker's; 0 without a run."""
    parser = argparse.ArgumentParser(prog="python -m engine.spare", description="Waits for a run, then trains it.")
    parser.add_argument("--gently", action="store_true", help="load at a low priority")
    options = parser.parse_args(arguments)
    # A thread of its own can be given a low priority, and the main one keeps its own; no user may raise it again.
    # It has ended before training begins, because the worker forks.
    loader = threading.Thread(target=_load, args=(options.gently,))
    loader.start()
    loader.join()
    with contextlib.suppress(BrokenPipeError):
        os.write(1, READY)
    path = _line()
    if path is None:
        return 0
    from engine import worker

    run = Path(path)
    with contextlib.suppress(OSError):  # a folder that is gone is the worker's to complain of
        _speak_into(run / "worker.log")
    return worker.main([str(run), "--watch-stdin"])


def _load(gently: bool) -> None:
    """Import and unpack what a worker needs that the package itself has not imported."""
    if gently and sys.platform == "linux":  # elsewhere a priority is the whole process's
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    import engine.worker
    from engine.datasets import BUILT_IN

    if sys.platform == "linux":
        import engine.parallel.processes  # noqa: F401  (a worker imports it only when it makes its crew)
    BUILT_IN["mnist"]()


def _line() -> str | None:
    """The line on standard input; None if it ends without one. Not one byte beyond it is read."""
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte or len(line) > LONGEST_PATH:
            return None
        line += byte
    return os.fsdecode(line[:-1])


def _speak_into(log: Path) -> None:
    """Let what is printed from here on go to a file, also what the system's own libraries print."""
    with log.open("wb", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)


if __name__ == "__main__":
    sys.exit(main())
