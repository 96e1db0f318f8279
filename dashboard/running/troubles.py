"""What is wrong with a run, in plain words. Knows nothing of Streamlit.

A worker says in its log what it cannot do. Where not even that can be written, or a worker can say nothing because it
is halted, the page sees for itself.
"""

import functools
import os
from pathlib import Path

from dashboard.language import say, translated
from dashboard.running.room import FEWEST_BYTES, free_bytes
from engine.files import NOTE, OVER, WARNING, told_in
from engine.rundir import RunFolder, Status
from engine.snapshots import snapshots

QUIET_SECONDS = 10.0  # without a sign of life, after which that is said
ERROR, IGNORED = "error: ", "ignored: "  # how other lines of a worker's log begin
LOG_BYTES = 65_536  # of a log's end that are read


def troubles(run: RunFolder, status: Status) -> list[str]:
    """Sentences; none where all is well."""
    found = [*_of_the_folder(run, status), *(_of_the_worker(run) if status.busy else [])]
    warnings, _ = _told(run)
    if status.state != "ended" and not found:
        found += [f"{translated(each[:1].upper() + each[1:])}" for each in warnings]
    return found


def notes(run: RunFolder) -> list[str]:
    """What its worker has to say, though nothing is wrong any more."""
    return [translated(each[:1].upper() + each[1:]) for each in _told(run)[1]]


def last_words(run: RunFolder) -> str:
    """Why a worker ended without having ended its run, in a sentence; "" when its log says nothing of it."""
    try:
        lines = run.log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    last = lines[-1] if lines else ""
    if last.startswith(ERROR):
        return last.removeprefix(ERROR)
    if not last or last.startswith((WARNING, OVER, NOTE, IGNORED)):  # said while it still worked
        return ""
    return f"The worker ended unexpectedly ({last[:200]}). Its log is {run.log_file.name} in the run's folder."


def interruption(run: RunFolder, why: str) -> str:
    """Why a run does not train, and from where it can go on. why: what is known of its worker's end."""
    kept = snapshots(run)
    begun = run.latest.exists() or bool(kept)
    said = translated(why) if why else say("Interrupted: its worker is gone.")
    if not begun:
        return f"{said} " + say("Continue begins it; nothing was saved before.")
    if kept:
        return f"{said} " + say("Continue goes on from step {step:,}, with the same result.", step=kept[-1].step)
    return f"{said} " + say("Continue goes on from its newest weights, with the same result.")


def _of_the_folder(run: RunFolder, status: Status) -> list[str]:
    if status.state == "ended":
        return []
    if free_bytes(run.path) < FEWEST_BYTES:
        waits = say("It trains on, and writes what it has learned as soon as there is room.")
        kept = say("What was saved before is safe.")
        full = say("The disk is full: less than 1 MB is free where the runs lie.")
        return [f"{full} {waits if status.busy else kept} " + say("Delete runs that you no longer need.")]
    if not os.access(run.path, os.W_OK):
        return [say("The folder of this run can only be read, so nothing can be saved in it and it cannot go on.")]
    return []


def _of_the_worker(run: RunFolder) -> list[str]:
    if run.worker_suspended():
        return [say("Its process was suspended from outside. It goes on when it is woken; nothing is lost.")]
    if (silence := run.silence()) > QUIET_SECONDS:
        return [say("It has given no sign of life for {seconds:.0f} s.", seconds=silence)]
    return []


def _told(run: RunFolder) -> tuple[list[str], list[str]]:
    try:
        found = run.log_file.stat()
    except OSError:
        return [], []
    return _read(run.log_file, found.st_mtime_ns, found.st_size) if found.st_size else ([], [])


@functools.lru_cache(maxsize=256)
def _read(path: Path, changed: int, size: int) -> tuple[list[str], list[str]]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, size - LOG_BYTES))
            return told_in(file.read().decode("utf-8", "replace"))
    except OSError:
        return [], []
