"""What a worker hears of the people whose run it trains, and shows them: control.json, and its signs of life."""

import contextlib
import time

from engine.control import Control
from engine.files import locked, say
from engine.rundir import HEARTBEAT_SECONDS, RunError, RunFolder

CONTROL_SECONDS = 0.05  # how often the wishes are looked at


class Wishes:
    """What is wanted of a run, by its control.json; written anew where that is damaged while the run trains."""

    def __init__(self, run: RunFolder) -> None:
        """Raises RunError where there is no readable control.json; see mending.py."""
        self._run = run
        self.wanted: Control = run.control()
        self._stamp = (0, 0)
        self._said: set[str] = set()
        self._looked = self._beaten = 0.0

    def changed(self, force: bool = False) -> bool:
        """Look if it is time to: whether `wanted` was read anew, as it is at the first look. Gives a sign of life.

        Raises RunError where the run is no longer this worker's, or was deleted.
        """
        now = time.perf_counter()
        if not force and now - self._looked < CONTROL_SECONDS:
            return False
        self._looked = now
        if now - self._beaten > HEARTBEAT_SECONDS:
            self._beaten = now
            self.beat()
        try:
            found = self._run.control_file.stat()
            stamp = (found.st_mtime_ns, found.st_ino)
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            self.wanted = self._run.control()
        except (RunError, OSError) as error:
            self._mend(error)
            return False
        return True

    def beat(self) -> None:
        """Show that the worker lives. Raises RunError where the run is no longer its own, or was deleted."""
        try:
            self._run.beat()
        except FileNotFoundError:  # nobody would ever see what it learns
            raise RunError(f"the folder of run {self._run.id} is gone.") from None
        except OSError as error:
            self._say_once(error)

    def _mend(self, error: Exception) -> None:
        """Write what was wanted last in place of what cannot be read, so that pages can command the run again."""
        self._say_once(error)
        with contextlib.suppress(OSError), locked(self._run.path):
            try:
                self._run.control()  # somebody may have written it meanwhile
            except RunError:
                if self._run.config_file.exists():
                    self._run.put_control(self.wanted)
        self._stamp = (0, 0)

    def _say_once(self, error: Exception) -> None:
        if (words := str(error)) not in self._said:
            self._said.add(words)
            say(f"ignored: {words}")
