"""The run folder: the whole protocol between whoever wants a run and the worker that trains it.

    RUN_ID/
      config.json      TrainingConfig: what was asked for; never changes
      control.json     Control: what a person wants now; written by pages and shells, read by the worker
      events.jsonl     what happened, one JSON object a line, append-only; written by the worker
      worker.json      who trains it: process id, host, start; its modification time is the heartbeat
      latest.npz       newest weights with all that is needed to go on, written a few times a second at most
      snapshots/       saves that were kept, so that the run can be rewound: {step:09d}.npz (see snapshots.py)
      best.npz         weights of the epoch with the best validation accuracy; written with latest.npz
      final.npz        the weights that a complete run ended with, whose test figures it told
      worker.log       what the worker printed, for the case that it crashed

Files are written whole or not at all (a temporary file, then os.replace). A reader of events.jsonl takes lines
up to the last newline. Batches are gathered into one line a few times a second:

    {"event": "Batches", "step": [..], "epoch": [..], "loss": [..], "accuracy": [..], "learning_rate": [..],
     "gradient_norm": [..], "seconds": 12.3, "images_per_second": 24000.0, "time": 1790000000.0}

All other lines are an event's to_json() with "seconds" (spent training, pauses left out) and "time" (of the
clock). The worker adds {"event": "Paused"} and {"event": "Resumed"} with step and epoch. A RunStarted with
step s after other lines means that the run was continued from step s: what was told beyond s is void. What is told
before a {"event": "Forked", "parent": RUN_ID, ..} was told by that run (see forking.py).
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import stat
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.config import TrainingConfig
from engine.control import Control
from engine.eventlog import EventReader, tail_events
from engine.files import FULL, RunError, locked, overwrite, read_json, replace_file, write_json
from engine.liveness import Heartbeats, start_of, state_and_start, this_process
from engine.places import runs_folder
from engine.spec import SettingError

__all__ = [
    "Control",
    "EventReader",
    "RunError",
    "RunFolder",
    "Status",
    "read_json",
    "replace_file",
    "runs",
    "runs_folder",
    "tail_events",
    "write_json",
]

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
HEARTBEAT_SECONDS = 1.0
SILENT_SECONDS = 10.0  # a worker on another host that has not been heard of for so long is taken for dead
BEATS = Heartbeats()  # of all runs that this process looks at


GOING = ("queued", "starting", "running", "paused")  # states of a run that has not come to its end


@dataclass(frozen=True)
class Status:
    """What can be said of a run from its folder alone.

    state: "queued" (no worker has taken it), "starting", "running", "paused", "ended" (see reason),
    "interrupted" (its worker is gone without having ended it).
    """

    state: str
    reason: str = ""

    @property
    def busy(self) -> bool:
        """A worker is at it."""
        return self.trains or self.state == "paused"

    @property
    def trains(self) -> bool:
        """A worker is at it and does not rest: the newest weights change by themselves."""
        return self.state in ("starting", "running")

    @property
    def going(self) -> bool:
        """It has not come to its end: a worker is at it, or will be."""
        return self.state in GOING


class RunFolder:
    """One run's folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.config_file = path / "config.json"
        self.control_file = path / "control.json"
        self.events_file = path / "events.jsonl"
        self.worker_file = path / "worker.json"
        self.log_file = path / "worker.log"
        self.latest = path / "latest.npz"
        self.best = path / "best.npz"
        self.final = path / "final.npz"
        self.snapshots = path / "snapshots"

    @classmethod
    def create(
        cls,
        root: Path,
        config: TrainingConfig,
        run_id: str = "",
        fill: Callable[["RunFolder"], None] | None = None,
    ) -> "RunFolder":
        """A new folder under `root` with its config and a control that wishes it to run.

        fill: writes what the run begins with before anybody can see it; if it fails, nothing is left.
        """
        run_id = run_id or time.strftime("%y%m%d-%H%M%S-") + secrets.token_hex(2)
        if not RUN_ID.fullmatch(run_id):
            raise RunError(f"{run_id!r} cannot be a run's name: letters, digits, - and _ only, at most 80.")
        run = cls(root.resolve() / run_id)
        try:
            run.path.mkdir(parents=True)
        except FileExistsError:
            raise RunError(f"a run named {run_id} exists already; choose another name.") from None
        try:
            run.write_control(Control())
            if fill is not None:
                fill(run)
            write_json(run.config_file, config.to_json())  # last: a folder with a config is complete
        except BaseException:
            shutil.rmtree(run.path, ignore_errors=True)
            raise
        return run

    @classmethod
    def open(cls, root: Path, run_id: str) -> "RunFolder":
        """The run of that name. Raises RunError; `run_id` may come from a link and is not trusted."""
        if not isinstance(run_id, str) or not RUN_ID.fullmatch(run_id):
            raise RunError("this is no run's name: letters, digits, - and _ only.")
        run = cls(root.resolve() / run_id)
        if not run.config_file.is_file():
            raise RunError(f"there is no run {run_id}; it may have been deleted.")
        return run

    @property
    def newest(self) -> Path | None:
        """The weights to read images with; None before the first were written."""
        return next((path for path in (self.final, self.latest) if path.exists()), None)

    def config(self) -> TrainingConfig:
        """What was asked for. Raises RunError."""
        try:
            return TrainingConfig.from_json(read_json(self.config_file))
        except SettingError as error:
            raise RunError(f"config.json of run {self.id}: {error}") from None

    def control(self) -> Control:
        """What is wanted now. Raises RunError."""
        return Control.from_json(read_json(self.control_file))

    def write_control(self, control: Control) -> None:
        """Tell the worker what is wanted; it looks several times a second. Raises OSError."""
        with locked(self.path):  # a worker that mends a damaged file must not write over this
            self.put_control(control)

    def put_control(self, control: Control) -> None:
        """As `write_control`, for who holds the folder's lock. Raises OSError.

        On a full disk the old file is written over, so that a run can be paused and stopped there as well.
        """
        try:
            write_json(self.control_file, asdict(control))
        except OSError as error:
            if error.errno not in FULL or not self.control_file.exists():
                raise
            overwrite(self.control_file, json.dumps(asdict(control), allow_nan=False).encode())

    def claim(self) -> None:
        """Write worker.json for this process. Raises RunError if another live process trains this run.

        Weights that a worker was writing when it was killed are removed.
        """
        if self._is_elsewhere() and not self.worker_alive():  # or its host's clock is wrong: does it beat?
            time.sleep(2 * HEARTBEAT_SECONDS)
        with locked(self.path):  # two that look at once would both find nobody
            if self.worker_alive():
                raise RunError(f"run {self.id} is being trained by another process already.")
            write_json(self.worker_file, this_process())
        for half in [*self.path.glob("*.npz.*.tmp"), *self.snapshots.glob("*.npz.*.tmp")]:
            with contextlib.suppress(OSError):
                half.unlink()

    def beat(self) -> None:
        """Show that the worker is alive: this process. Raises RunError where the run is no longer its own.

        A worker.json that was damaged or removed is written anew, else the run would look as if nobody trained it.
        """
        if not self.config_file.exists() and not self.events_file.exists():
            raise RunError(f"the folder of run {self.id} is gone.")
        try:
            found = read_json(self.worker_file)
        except RunError:
            found = None
        if found != this_process():
            with locked(self.path):
                if self.worker_alive():
                    raise RunError(f"run {self.id} is being trained by another process now.")
                write_json(self.worker_file, this_process())
        os.utime(self.worker_file)

    def silence(self) -> float:
        """Seconds since the worker gave a sign of life, as far as this process has watched; 0 where none has begun."""
        try:
            return BEATS.silence(self.worker_file)
        except OSError:
            return 0.0

    def worker_suspended(self) -> bool:
        """Whether its worker, on this host, was halted from outside and may be let go on at any moment (Linux)."""
        try:
            worker = read_json(self.worker_file)
            return worker["host"] == socket.gethostname() and state_and_start(worker["pid"])[0] in "Tt"
        except (OSError, KeyError, TypeError, ValueError, OverflowError):
            return False

    def worker_alive(self) -> bool:
        """Whether the process that worker.json names still exists, or was heard of, on another host."""
        try:
            worker = read_json(self.worker_file)
            if worker["host"] != socket.gethostname():
                return BEATS.silence(self.worker_file) < SILENT_SECONDS
            return worker["pid"] != os.getpid() and start_of(worker["pid"]) == worker["start"] != ""
        except (OSError, KeyError, TypeError, ValueError, OverflowError):  # RunError is a ValueError
            return False

    def _is_elsewhere(self) -> bool:
        """Whether worker.json names another host."""
        try:
            return bool(read_json(self.worker_file)["host"] != socket.gethostname())
        except (KeyError, TypeError, ValueError):
            return False

    def status(self) -> Status:
        """State from the files. The worker is looked at before the events: it may end in between."""
        taken, alive = self.worker_file.exists(), self.worker_alive()
        last = next((e for e in tail_events(self.events_file) if e.get("event") in _LIFE), None)
        kind = last.get("event") if last else None
        if kind == "RunEnded" and last is not None:
            return Status("ended", str(last.get("reason", "")))
        if not taken:
            return Status("queued")
        if not alive:
            return Status("interrupted")
        return Status({None: "starting", "Paused": "paused"}.get(kind, "running"))


_LIFE = ("RunStarted", "Paused", "Resumed", "RunEnded", "Batches")


def runs(root: Path) -> list[RunFolder]:
    """All runs under `root`, newest first."""
    if not root.is_dir():
        return []
    found = []
    for run in map(RunFolder, root.iterdir()):
        with contextlib.suppress(OSError):  # there is none in this folder, or it was deleted while we looked
            config = run.config_file.stat()
            if stat.S_ISREG(config.st_mode):
                found.append((config.st_mtime_ns, run))
    return [run for _, run in sorted(found, key=lambda each: each[0], reverse=True)]
