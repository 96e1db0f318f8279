"""The processes that train: begun, watched, and ended when they hang. Knows nothing of Streamlit.

A worker gets a standard input that nobody writes to: when that ends, the server is gone, and the worker leaves its
run to be continued. One that gives no sign of life is killed, with whatever it has forked.
"""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from dashboard.running.processes import Process, begin, kill
from dashboard.running.spares import Spares
from engine.rundir import RunError, RunFolder

WORKER = (sys.executable, "-m", "engine.worker")
WATCH_SECONDS = 1.0  # how often workers are looked at
SILENT_SECONDS = 120.0  # without a heartbeat, a worker hangs; a look at all validation images may take long
STOP_SECONDS = 15.0  # ... and so does one that should have stopped
LONGEST_LOOK = 2.0  # of the time between two looks, what counts: if it was more, this process was asleep as well
PROMPT_SECONDS = 0.4  # in which a worker that was ready has made its first batch; mostly in a quarter of that


class Watch:
    """Tells whether a worker hangs, by what is seen of its run's folder.

    Only the time counts in which this process itself was awake, and the heartbeat's own time is only compared with
    itself, so that nobody is killed because the lid was closed, the machine was frozen or the clock was changed. A
    worker that was suspended is no worker that hangs.
    """

    def __init__(self, run: RunFolder, now: float) -> None:
        self._run = run
        self._beat = 0
        self._looked, self._awake = now, 0.0
        self._heard = 0.0
        self._unwanted: float | None = None  # since when it should have stopped
        self.complained = False

    def complaint(self, now: float) -> str:
        """Why it is taken to hang; "" while all is well. now: seconds of the monotonic clock."""
        self._awake += min(now - self._looked, LONGEST_LOOK)
        self._looked, now = now, self._awake
        beat = self._newest_beat()
        if beat != self._beat or self._run.worker_suspended():
            self._beat, self._heard = beat, now
        if not self._is_unwanted():
            self._unwanted = None
        elif self._unwanted is None:
            self._unwanted = now
        if self._unwanted is not None and now - self._unwanted > STOP_SECONDS:
            return f"The worker did not stop within {STOP_SECONDS:.0f} seconds, so it was ended."
        if now - self._heard > SILENT_SECONDS:
            return f"The worker gave no sign of life for {SILENT_SECONDS:.0f} seconds, so it was ended."
        return ""

    def note(self, complaint: str) -> None:
        """Say it where the worker's last words would be."""
        self.complained = True
        with contextlib.suppress(OSError), self._run.log_file.open("a", encoding="utf-8") as log:
            log.write(f"\nerror: {complaint}\n")

    def _newest_beat(self) -> int:
        try:
            return self._run.worker_file.stat().st_mtime_ns
        except OSError:
            return 0

    def _is_unwanted(self) -> bool:
        try:
            return self._run.control().wish == "stopped"
        except RunError:
            return False


@dataclass(frozen=True)
class Worker:
    """A process and the watch over it."""

    process: Process
    watch: Watch
    prompt_until: float  # until then its first batch may come at any moment


class Workers:
    """All workers that this server has started, by the names of their runs.

    changed: called from other threads when a worker has ended, and now and then while there are any.
    """

    def __init__(self, changed: Callable[[], None], command: tuple[str, ...] = WORKER) -> None:
        self._changed = changed
        self._command = command
        self._lock = threading.Lock()
        self._workers: dict[str, Worker] = {}
        self._watching = False
        self._spares = Spares()

    def keep_spare(self) -> None:
        """Have a process ready for the next run, from now on: it then begins within a tenth of a second."""
        self._spares.keep()

    def launch(self, run: RunFolder) -> None:
        """Start training a run. Raises OSError."""
        process = self._spares.give(run, alone=not self.at_work())
        spared = process is not None
        if process is None:
            with run.log_file.open("wb") as log:
                process = begin((*self._command, str(run.path), "--watch-stdin"), stdout=log, stderr=log)
        with self._lock:
            now = time.monotonic()
            self._workers[run.id] = Worker(process, Watch(run, now), now + (PROMPT_SECONDS if spared else 0.0))
            if not self._watching:
                self._watching = True
                threading.Thread(target=self._watch, daemon=True).start()
        threading.Thread(target=self._reap, args=(run.id, process), daemon=True).start()

    def alive(self, run_id: str) -> bool:
        """Whether a worker of ours is at that run."""
        with self._lock:
            worker = self._workers.get(run_id)
            return worker is not None and worker.process.poll() is None

    def is_beginning(self, run_id: str) -> bool:
        """Whether it is worth waiting for the first batch: its worker was ready, and has only just been given it."""
        with self._lock:
            worker = self._workers.get(run_id)
            return worker is not None and time.monotonic() < worker.prompt_until

    def at_work(self) -> list[str]:
        """The runs whose workers have not ended."""
        with self._lock:
            return list(self._workers)

    def close(self) -> None:
        """Let all workers go: each writes its weights and leaves its run to be continued."""
        self._spares.close()
        with self._lock:
            processes = [worker.process for worker in self._workers.values()]
        for process in processes:
            if process.stdin is not None:
                process.stdin.close()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                kill(process)
                process.wait()

    def _reap(self, run_id: str, process: Process) -> None:
        """Wait for a worker's end, so that none is left as a zombie."""
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
        with self._lock:
            worker = self._workers.get(run_id)
            if worker is not None and worker.process is process:  # the run may have been taken up again by now
                del self._workers[run_id]
        if worker is not None and process.returncode < 0 and not worker.watch.complained:
            worker.watch.note(
                f"The worker was ended from outside (signal {-process.returncode}): by somebody, or by the system "
                "because there was no memory left."
            )
        self._changed()

    def _watch(self) -> None:
        """While there are workers, look for those that hang."""
        while True:
            time.sleep(WATCH_SECONDS)
            with self._lock:
                if not self._workers:
                    self._watching = False
                    return
                workers = list(self._workers.values())
            for worker in workers:
                complaint = worker.watch.complaint(time.monotonic())
                if complaint and worker.process.poll() is None:
                    worker.watch.note(complaint)
                    kill(worker.process)
            self._changed()
