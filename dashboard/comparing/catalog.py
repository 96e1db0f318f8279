"""Every run in a line of figures, cheap enough to be asked for several times a second with 500 runs. No streamlit.

A run is looked at again only when its folder or its events have another time: a file that is put in its place
changes the folder's, a line that is appended the events'. What trains, starts or waits is asked for its state each
time, since a worker may die without writing anything.
"""

import os
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from dashboard.comparing.gist import Gist
from dashboard.comparing.wording import config_words
from dashboard.language import say
from dashboard.running.runs import Runs
from dashboard.settings.stack import check
from engine.about import ABOUT, About, read_about
from engine.config import TrainingConfig
from engine.rundir import GOING, RUN_ID, RunError, RunFolder
from engine.spec import SettingError

PATIENCE = 0.2  # seconds that one look may take; what is not read by then is read at the next
_Stamp = tuple[int, ...]


@dataclass(frozen=True)
class Summary:
    """One run. Accuracies are shares from 0 to 1; None where unknown. config: with its live changes."""

    id: str
    created: float = 0.0  # when it was asked for, seconds of the clock
    about: About = About()
    config: TrainingConfig | None = None
    words: str = ""  # the settings in one line, or what is wrong with them
    state: str = ""
    reason: str = ""
    step: int = 0
    epoch: float = 0.0
    epochs_done: int = 0
    best: float | None = None
    newest: float | None = None
    final: float | None = None  # validation accuracy of the weights that the run ended with
    test: float | None = None
    seconds: float = 0.0
    parameters: int = 0
    trail: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """What people call it."""
        name, mark, seed = self.about.name.rpartition(", seed ")  # as start_repeats writes it
        if self.about.kind == "repeats" and mark and seed.isdecimal():
            return say("{name}, seed {seed}", name=name, seed=seed)
        return self.about.name or self.id

    @property
    def going(self) -> bool:
        """It has not come to its end, and will go on without anybody doing anything, or is paused."""
        return self.state in GOING

    @property
    def outcome(self) -> str:
        """The state, or why it ended."""
        return self.reason or self.state


@dataclass
class _Entry:
    run: RunFolder
    gist: Gist = field(default_factory=Gist)
    summary: Summary | None = None
    folder: int = 0  # modification times, nanoseconds
    events: _Stamp = ()
    settings: _Stamp = ()


class Catalog:
    """The runs of one `Runs`. Several tabs may ask at once."""

    def __init__(self, runs: Runs) -> None:
        self._runs = runs
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}

    def look(self, patience: float = PATIENCE) -> tuple[list[Summary], int]:
        """All runs that whoever asks may see, newest first, and how many runs are yet to be read."""
        end = time.perf_counter() + patience
        unread = 0
        with self._lock:
            found = _folders(self._runs.root)
            self._entries = {name: self._entries.get(name) or _Entry(RunFolder(path)) for name, path in found.items()}
            for entry in self._entries.values():
                fresh = entry.summary is None
                if fresh and time.perf_counter() > end:
                    unread += 1
                elif self._changed(entry) or fresh or (entry.summary and entry.summary.going):
                    self._refresh(entry)
            known = [entry.summary for entry in self._entries.values() if entry.summary is not None]
            unread += sum(1 for entry in self._entries.values() if entry.summary and not entry.gist.complete)
        known = [each for each in known if self._runs.sees(RunFolder(self._runs.root / each.id))]
        return sorted((each for each in known if each.created), key=lambda each: (-each.created, each.id)), unread

    def _changed(self, entry: _Entry) -> bool:
        """Whether anything was written since the last look."""
        folder, events = _time(entry.run.path), _stamp(entry.run.events_file)
        same = folder == entry.folder and events == entry.events and entry.gist.complete
        entry.folder, entry.events = folder, events
        return not same

    def _refresh(self, entry: _Entry) -> None:
        run, gist = entry.run, entry.gist
        files = (run.config_file, run.control_file, run.path / ABOUT)
        settings = tuple(number for path in files for number in _stamp(path))
        if entry.summary is None or settings != entry.settings:
            entry.settings = settings
            entry.summary = _asked(run)
        gist.update(run.events_file)
        status = self._runs.status(run)
        parameters = gist.parameters or entry.summary.parameters
        entry.summary = replace(
            entry.summary,
            state=status.state,
            reason=status.reason,
            step=gist.step,
            epoch=gist.epoch,
            epochs_done=gist.epochs_done,
            best=gist.best,
            newest=gist.newest,
            final=gist.final,
            test=gist.test,
            seconds=gist.seconds,
            parameters=parameters or (check(entry.summary.config).parameters if entry.summary.config else 0),
            trail=gist.trail,
        )


def _asked(run: RunFolder) -> Summary:
    """What the files say that people write: settings, name, note, star."""
    config, words = None, ""
    try:
        config = run.config()
        changes = run.control().settings
        config = config.with_values(changes) if changes else config
        words = config_words(config)
    except (RunError, SettingError) as error:
        words = words or (config_words(config) if config else str(error))
    created = _time(run.config_file) / 1e9
    return Summary(run.id, created, read_about(run), config, words)


def _folders(root: Path) -> dict[str, Path]:
    """Folders that may be runs, the newest by its name first; those without a config are none."""
    try:
        with os.scandir(root) as found:
            names = [each.name for each in found if RUN_ID.fullmatch(each.name) and each.is_dir()]
    except OSError:
        return {}
    return {name: root / name for name in sorted(names, reverse=True)}


def _time(path: Path) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _stamp(path: Path) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
