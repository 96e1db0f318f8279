"""A process made ready for the next run, so that it begins a second sooner. Knows nothing of Streamlit."""

import contextlib
import os
import subprocess
import sys
import threading

from dashboard.running.processes import Process, begin, kill
from engine.rundir import RunFolder

COMMAND = (sys.executable, "-m", "engine.spare")
RENEW_SECONDS = 4.0  # after a run has begun: its first second is what a person waits for


class Spare:
    """One process that has loaded what a worker needs, or is about to (see engine/spare.py)."""

    def __init__(self, gently: bool) -> None:
        """gently: others go first while it loads."""
        command = (*COMMAND, "--gently") if gently else COMMAND
        self._process = begin(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._ready = threading.Event()
        threading.Thread(target=_listen, args=(self._process, self._ready), daemon=True).start()

    @property
    def alive(self) -> bool:
        """It has not died."""
        return self._process.poll() is None

    @property
    def ready(self) -> bool:
        """It has loaded everything."""
        return self._ready.is_set()

    def give(self, run: RunFolder) -> Process | None:
        """Let it train this run; None if it has died meanwhile. It is no spare afterwards."""
        path, stdin = os.fsencode(run.path), self._process.stdin
        if stdin is not None and self.alive and b"\n" not in path:
            with contextlib.suppress(OSError):
                stdin.write(path + b"\n")
                stdin.flush()
                return self._process
        self.close()
        return None

    def close(self) -> None:
        """Let it end."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            kill(self._process)
            self._process.wait()


def _listen(process: Process, ready: threading.Event) -> None:
    if process.stdout is not None:
        with process.stdout as told:
            if told.read(1):
                ready.set()


class Spares:
    """Keeps one spare, and makes another some time after it was needed. Until `keep`, and after `close`, none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = False
        self._spare: Spare | None = None
        self._timer: threading.Timer | None = None

    def keep(self) -> None:
        """From now on have one ready; the first is begun at once."""
        with self._lock:
            self._wanted = True
        self._renew(gently=False)  # nothing trains yet, and the first click may come soon

    def give(self, run: RunFolder, alone: bool) -> Process | None:
        """The process that now trains this run; None: start one.

        alone: nothing else trains, so that a spare that is still loading, gently, is not held up.
        """
        with self._lock:
            if not self._wanted:
                return None
            self._plan()
            spare = self._spare
            if spare is None or not (spare.ready or alone):
                return None
            self._spare = None
        return spare.give(run)

    def close(self) -> None:
        """Let the spare go, and keep none."""
        with self._lock:
            self._wanted = False
            if self._timer is not None:
                self._timer.cancel()
            spare, self._spare = self._spare, None
        if spare is not None:
            spare.close()

    def _plan(self) -> None:
        """Begin another a while after the newest run."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(RENEW_SECONDS, self._renew)
        self._timer.daemon = True
        self._timer.start()

    def _renew(self, gently: bool = True) -> None:
        with self._lock, contextlib.suppress(OSError):  # without a spare, runs only begin later
            if self._wanted and (self._spare is None or not self._spare.alive):
                self._spare = Spare(gently)
