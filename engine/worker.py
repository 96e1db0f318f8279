"""Trains the run of one folder: `python -m engine.worker RUN_FOLDER [--watch-stdin]`.

With --watch-stdin the worker ends when its standard input does: whoever started it is gone. It then writes its
weights and leaves the run to be continued. Without it, it trains to the end.
"""

import argparse
import contextlib
import json
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import cv2

from engine.carrying import carried_lines
from engine.checkpoint import Checkpoint, CheckpointError, read_checkpoint
from engine.config import TrainingConfig, check_network
from engine.datasets import DataError, load_split
from engine.events import Event, RunEnded, SettingsChanged
from engine.files import FULL, NOTE, say
from engine.forking import best_so_far
from engine.kindness import step_back
from engine.layers import ShapeError
from engine.limits import RUN_SECONDS, LimitError, is_private, may_read
from engine.mending import mend
from engine.places import own_folders
from engine.recording import Recorder
from engine.rundir import Control, RunError, RunFolder, tail_events
from engine.spec import SettingError
from engine.trainer import Trainer
from engine.wishes import Wishes

SAME_EPOCH = 1e-9  # epochs are fractions, which are not exact
PAUSED_SECONDS = 0.02  # how often the wishes are looked at while there is nothing else to do
RETRY_SECONDS = 0.5  # how often the last weights are tried to be written, on a disk that is full

USER_ERRORS = (RunError, CheckpointError, DataError, ShapeError, SettingError, LimitError)


class Session:
    """One process's work on a run: follows control.json, trains, records."""

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._most_seconds, self._is_too_long = RUN_SECONDS.value(), False
        self.leave = threading.Event()  # set when the run is to be left to somebody else
        found = mend(run)
        resume = found.saved
        for note in found.notes:
            say(NOTE + note)
        self._wishes = Wishes(run)
        self._asked = run.config()  # it never changes, and may be damaged while this process trains
        self._trainer = make_trainer(resume.config if resume else self._asked, resume)
        if resume is not None:  # a best epoch that comes after it will be made again
            self._trainer.best = best_so_far(run, resume, carried_lines(run.events_file, resume))
        seconds = resume.record.get("seconds") if resume else 0.0
        self._recorder = Recorder(run, self._trainer, float(seconds or 0.0))
        self._last_step = -math.inf  # when it was due, or came if that was later

    @property
    def _control(self) -> Control:
        """What is wanted now."""
        return self._wishes.wanted

    @property
    def seconds(self) -> float:
        """Time spent training so far, pauses left out."""
        return self._recorder.seconds

    def events(self) -> Iterator[Event]:
        """Train until the run ends, is stopped, or has to be left; every event is recorded before it is given."""
        with self._recorder as recorder:
            self._follow(force=True)
            for event in self._trainer.run():
                if isinstance(event, RunEnded):
                    self._wait_for_room(recorder)
                recorder.record(event)
                if isinstance(event, SettingsChanged):
                    recorder.save()  # a run that is killed right after this goes on with the change, at its step
                yield event
                if not self._may_go_on(event):
                    break
            if self._is_to_stop() and not self.leave.is_set() and not isinstance(event, RunEnded):
                event = self._trainer.stopped()
                recorder.record(event)
                yield event
        self._trainer.close()

    def _may_go_on(self, event: Event) -> bool:
        """Obey the wishes at a batch boundary; False when no further batch is wanted."""
        self._follow()
        if isinstance(event, RunEnded):
            return False
        if any(step == event.step for step, _ in self._control.planned):
            self._obey_if_it_can_be(self._control)
        self._pace()
        if self._wants_pause():
            self._wait()
        if self.leave.is_set():
            self._recorder.save()
            return False
        return not self._is_to_stop()

    def _is_to_stop(self) -> bool:
        """Whether somebody wants the run to end, or it has trained as long as a run may here."""
        if self._most_seconds and self.seconds > self._most_seconds and not self._is_too_long:
            self._is_too_long = True
            say(f"{NOTE}The run was stopped after {self._most_seconds:,} s of training: no run may train longer "
                f"here (limit {RUN_SECONDS.variable}).")  # fmt: skip
        return self._is_too_long or self._control.wish == "stopped"

    def _wants_pause(self) -> bool:
        return self._control.wish == "paused" or (self._control.wish == "running" and self._has_come_far_enough())

    def _has_come_far_enough(self) -> bool:
        """Whether the step or epoch is reached at which to pause; at the end of an epoch, once it has been told.

        A run that is over ends instead.
        """
        step, epoch, trainer = self._control.until_step, self._control.until_epoch, self._trainer
        if step is not None and trainer.position.step >= step:
            return True
        reached = epoch is not None and trainer.epoch >= epoch - SAME_EPOCH
        return reached and not trainer.epoch_is_complete and not trainer.is_over

    def _wait_for_room(self, recorder: Recorder) -> None:
        """Do not end before the weights that the run ends with are written: a full disk may get room again.

        Raises OSError where it is for another reason that they cannot be written: the run keeps its older ones.
        """
        while not recorder.write_final() and not self.leave.is_set():
            if (error := recorder.failure) is None:  # they are infinite: nobody can use them
                return
            if error.errno not in FULL:
                self._wishes.beat()  # the folder may be gone: that is said in other words
                raise error
            if self._is_to_stop():
                return
            time.sleep(RETRY_SECONDS)
            self._follow(force=True)

    def _wait(self) -> None:
        self._recorder.save()
        self._recorder.lifecycle("Paused")
        while self._wants_pause() and not self.leave.is_set():
            time.sleep(PAUSED_SECONDS)
            self._follow(force=True)
        if self._control.wish == "running" and not self.leave.is_set():
            self._recorder.lifecycle("Resumed")

    def _pace(self) -> None:
        """Slow motion: wait for the next step's time, and keep listening meanwhile."""
        while (speed := self._control.steps_per_second) and self._control.wish == "running":
            now, due = time.perf_counter(), self._last_step + 1 / speed  # by the newest speed, which may have changed
            if now >= due or self.leave.is_set():
                self._last_step = max(due, now - 1 / speed)
                return
            time.sleep(min(due - now, PAUSED_SECONDS))
            self._follow()

    def _follow(self, force: bool = False) -> None:
        """Look at control.json if it is time to, and obey it if it has changed; give a sign of life."""
        if self._wishes.changed(force):
            self._obey_if_it_can_be(self._control)

    def _obey_if_it_can_be(self, control: Control) -> None:
        """Settings that cannot be had, now or at a planned step, leave the run with those that it has."""
        try:
            self._obey(control)
        except (SettingError, ShapeError) as error:
            say(f"ignored: {error}")

    def _obey(self, control: Control) -> None:
        step = self._trainer.position.step
        config, data = self._asked.with_values(control.settings_at(step)), self._trainer.data
        check_network(config, data.image_shape, data.classes)  # larger batches take more memory
        self._trainer.change(config)


def make_trainer(config: TrainingConfig, resume: Checkpoint | None = None) -> Trainer:
    """Load the data, and the weights that the config names, and put a trainer together."""
    data = load_split(config.data, config.seed)
    start = None
    if config.start_from and resume is None:
        path = Path(config.start_from)
        if not may_read(path, own_folders()):
            raise CheckpointError("the weights to start from lie outside of the folders that may be read here.")
        start = read_checkpoint(path)
    return Trainer(config, data, resume, start, processes=True)


def watch_stdin(leave: threading.Event) -> None:
    """Set `leave` when standard input ends. Without sys.stdin, whose lock would be held when Python shuts down."""
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    leave.set()


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 trained or left in order, 1 an error that a person can mend, named on standard error."""
    parser = argparse.ArgumentParser(prog="python -m engine.worker", description="Trains the run of one folder.")
    parser.add_argument("run", type=Path, help="the run's folder")
    parser.add_argument("--watch-stdin", action="store_true", help="end when standard input ends")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    run = None
    try:
        run = RunFolder.open(options.run.parent, options.run.name)
        run.claim()
        session = Session(run)
        signal.signal(signal.SIGTERM, lambda *_: session.leave.set())
        if is_private():
            step_back()
        if options.watch_stdin:
            threading.Thread(target=watch_stdin, args=(session.leave,), daemon=True).start()
        for _ in session.events():
            pass
    except USER_ERRORS as error:
        say(f"error: {error}")
        if run is not None and not isinstance(error, RunError):
            tell_failure(run, str(error))
        return 1
    except OSError as error:  # of its own files; data that cannot be read is a DataError
        say(f"error: nothing can be written to the run's folder: {error.strerror or error}.")
        return 1
    except MemoryError:
        say("error: there is not enough memory to train this network. Make it or the batches smaller.")
        return 1
    return 0


def tell_failure(run: RunFolder, message: str) -> None:
    """End a run that cannot even begin, in words for whoever looks at it.

    One that has begun before is left as it is: its weights are there, and what is missing now may come back.
    """
    if run.latest.exists() or next(tail_events(run.events_file), None) is not None:
        return
    ended = RunEnded(0, 0.0, "failed").to_json() | {"message": message, "seconds": 0.0, "time": time.time()}
    with run.events_file.open("ab") as file:
        file.write(b"\n" + json.dumps(ended).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main())
