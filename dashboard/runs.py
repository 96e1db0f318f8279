"""Starts, queues, watches and commands runs, through their folders alone. Knows nothing of Streamlit.

One `Runs` serves the whole server. A worker that it starts gets a standard input that nobody writes to: when that
ends, the server is gone, and the worker leaves its run to be continued.
"""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.blas import VARIABLES
from engine.config import TrainingConfig
from engine.history import History
from engine.rundir import Control, RunError, RunFolder, Status
from engine.rundir import runs as run_folders

PROJECT = Path(__file__).resolve().parent.parent
HISTORIES = 24  # runs whose curves are kept in memory
WORKER = (sys.executable, "-m", "engine.worker")


@dataclass
class Watched:
    """A run's curves, and the lock under which they are brought up to date: several tabs may look at one run."""

    history: History
    lock: threading.Lock


class Runs:
    """All runs under `root`; at most `most` of those started here train at the same time, the rest wait."""

    def __init__(self, root: Path, most: int | None = None, worker: tuple[str, ...] = WORKER) -> None:
        self.root = root.resolve()
        self.most = most or os.cpu_count() or 1
        self._worker = worker
        self._lock = threading.RLock()
        self._waiting: list[str] = []
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._watched: dict[str, Watched] = {}

    def start(self, config: TrainingConfig, until_step: int | None = None) -> RunFolder:
        """A new run of this config; it begins at once, or when there is room. Raises RunError.

        until_step: pause when so many steps are made.
        """
        try:
            run = RunFolder.create(self.root, config)
            if until_step is not None:
                run.write_control(Control(until_step=until_step))
        except OSError as error:
            raise RunError(f"no run can be written to {self.root}: {error.strerror}.") from None
        self._enqueue(run)
        return run

    def resume(self, run_id: str) -> None:
        """Go on with a run whose worker is gone, or that none has taken yet. Raises RunError."""
        run = self.open(run_id)
        if self.status(run).busy or run_id in self._waiting:
            raise RunError(f"run {run_id} is being trained already.")
        self.command(run_id, wish="running", until_step=None)
        self._enqueue(run)

    def open(self, run_id: str) -> RunFolder:
        """The run of that name, which may come from a link. Raises RunError."""
        return RunFolder.open(self.root, run_id)

    def command(self, run_id: str, **wishes: Any) -> None:
        """Change what is wanted of a run: wish, settings, steps_per_second, until_step. Raises RunError."""
        with self._lock:
            run = self.open(run_id)
            run.write_control(replace(run.control(), **wishes))
            if wishes.get("wish") == "stopped" and run_id in self._waiting:
                self._waiting.remove(run_id)
            self._fill()  # a paused run makes room

    def change(self, run_id: str, settings: dict[str, Any]) -> None:
        """Live settings by path, applied from the next batch on. Raises RunError."""
        with self._lock:
            self.command(run_id, settings=self.open(run_id).control().settings | settings)

    def status(self, run: RunFolder) -> Status:
        """As the folder tells, and besides what only the process that starts workers can know."""
        with self._lock:
            process = self._processes.get(run.id)
            alive = process is not None and process.poll() is None  # before the files: it may end in between
            status = run.status()
            if alive:
                return Status("starting") if status.state in ("queued", "interrupted") else status
            if run.id in self._waiting:
                return Status("queued")
            if status.state == "queued":  # nobody waits for it any longer
                return Status("ended", "stopped") if _is_given_up(run) else Status("interrupted")
            return status

    def newest(self, count: int) -> list[RunFolder]:
        """The newest runs, those started in a shell included."""
        return run_folders(self.root)[:count]

    def history(self, run: RunFolder) -> History:
        """The run's curves, up to date."""
        with self._lock:
            watched = self._watched.pop(run.id, None) or Watched(History(run.events_file), threading.Lock())
            self._watched[run.id] = watched  # to the end: the least recently asked for is let go first
            while len(self._watched) > HISTORIES:
                self._watched.pop(next(iter(self._watched)))
        with watched.lock:
            watched.history.update()
        return watched.history

    def place_in_queue(self, run_id: str) -> int:
        """How many runs begin before this one; 0 for the next."""
        with self._lock:
            return self._waiting.index(run_id) if run_id in self._waiting else 0

    def failure(self, run: RunFolder) -> str:
        """Why a worker ended without having ended its run, in a sentence; "" when it says nothing."""
        try:
            lines = run.log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        last = lines[-1] if lines else ""
        if last.startswith("error: "):
            return last.removeprefix("error: ")
        return (
            f"The worker ended unexpectedly ({last[:200]}). Its log is {run.log_file.name} in the run's folder."
            if last
            else ""
        )

    def close(self) -> None:
        """Let all workers go: each writes its weights and leaves its run to be continued."""
        with self._lock:
            self._waiting.clear()
            processes = list(self._processes.values())
        for process in processes:
            if process.stdin is not None:
                process.stdin.close()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _enqueue(self, run: RunFolder) -> None:
        with self._lock:
            self._waiting.append(run.id)
            self._fill()

    def _fill(self) -> None:
        """Start waiting runs while there is room."""
        with self._lock:
            while self._waiting and self._training() < self.most:
                self._launch(self.open(self._waiting.pop(0)))

    def _training(self) -> int:
        """How many of the workers started here use a core: paused ones do not."""
        return sum(1 for run_id in self._processes if not self._is_paused(run_id))

    def _is_paused(self, run_id: str) -> bool:
        try:
            run = self.open(run_id)
            return run.control().wish == "paused" or run.status().state == "paused"
        except RunError:
            return False

    def _launch(self, run: RunFolder) -> None:
        # A session of its own: Ctrl-C in the server's terminal must not reach the worker; the end of its
        # standard input, which follows, does, and lets it write its weights.
        own: dict[str, Any] = (
            {"start_new_session": True}
            if os.name == "posix"
            else {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}  # type: ignore[attr-defined,unused-ignore]
        )
        with run.log_file.open("wb") as log:
            process = subprocess.Popen(
                [*self._worker, str(run.path), "--watch-stdin"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=PROJECT,
                env={**dict.fromkeys(VARIABLES, "1"), **os.environ},
                **own,
            )
        self._processes[run.id] = process
        threading.Thread(target=self._reap, args=(run.id, process), daemon=True).start()

    def _reap(self, run_id: str, process: "subprocess.Popen[bytes]") -> None:
        """Wait for a worker's end, so that none is left as a zombie, and give its place to the next run."""
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        with self._lock:
            self._processes.pop(run_id, None)
            self._fill()


def _is_given_up(run: RunFolder) -> bool:
    try:
        return run.control().wish == "stopped"
    except RunError:
        return False
