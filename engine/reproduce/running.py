"""Trains one (experiment, seed) after the other. Each is a run folder, so what is finished is skipped the next time,
and what was interrupted goes on with the same bits."""

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.config import TrainingConfig, check_network
from engine.datasets import facts
from engine.presets import PRESETS
from engine.reproduce.experiments import OWN_DATA, Experiment
from engine.reproduce.results import Result, result_of
from engine.rundir import RunFolder
from engine.spec import Settings, default_of, describe
from engine.worker import Session


@dataclass
class Laboratory:
    """Where the runs lie, and which data they are of.

    data: the file for experiments that bring their data. leave: set it to stop at the next batch.
    """

    folder: Path
    data: str = OWN_DATA
    leave: threading.Event = field(default_factory=threading.Event)

    def source(self, experiment: Experiment) -> str:
        """The data of an experiment."""
        return self.data if experiment.brings_data else experiment.preset.config.data.source

    def find(self, experiment: Experiment, seed: int) -> Result | None:
        """The result, if it was found before."""
        run = self._run(experiment.name, seed)
        return result_of(experiment.name, seed, run) if run.config_file.is_file() else None

    def train(self, experiment: Experiment, seed: int) -> Result | None:
        """The result, after training as much as is still missing; None if that was interrupted."""
        run = self._trained(experiment.name, seed)
        return result_of(experiment.name, seed, run) if run else None

    def check(self, experiment: Experiment) -> None:
        """Raise an error for an experiment that cannot be run on this data."""
        config = self._config(experiment.name, 1)
        found = facts(config.data.source)
        check_network(config, found.image_shape, found.classes)

    def _config(self, name: str, seed: int) -> TrainingConfig:
        config = replace(PRESETS[name].config, seed=seed)
        if config.data.source == OWN_DATA:
            config = replace(config, data=replace(config.data, source=self.data))
        return config

    def _run(self, name: str, seed: int) -> RunFolder:
        """The folder of a run; other settings have another one."""
        config = self._config(name, seed)
        settings = json.dumps([chosen(config), PRESETS[name].base and self._run(PRESETS[name].base, seed).id])
        digest = hashlib.sha256(settings.encode()).hexdigest()[:8]
        data = re.sub(r"[^A-Za-z0-9]+", "-", Path(config.data.source).stem)[:24]
        return RunFolder(self.folder.resolve() / f"{name}-{data}-seed{seed}-{digest}")

    def _trained(self, name: str, seed: int) -> RunFolder | None:
        """The run, trained to its end; None if that was interrupted."""
        config, base = self._config(name, seed), PRESETS[name].base
        if base:
            from_run = self._trained(base, seed)
            if from_run is None:
                return None
            config = replace(config, start_from=str(from_run.final))
        run = self._run(name, seed)
        if not run.config_file.is_file():
            run = RunFolder.create(self.folder, config, run.id)
        if run.status().state == "ended":
            return run
        run.claim()
        session = Session(run)
        session.leave = self.leave
        for _ in session.events():
            pass
        if run.status().state != "ended":
            return None
        for spare in (run.latest, run.best):  # final.npz is what counts
            spare.unlink(missing_ok=True)
        return run


def chosen(settings: Settings) -> dict[str, Any]:
    """What is not as by default, in JSON form: the same whatever further settings a later version has."""
    kind = type(settings)
    found: dict[str, Any] = {"kind": kind.__name__}
    for name, _, _ in describe(kind):
        value = getattr(settings, name)
        if value != default_of(kind, name):
            found[name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return chosen(value) if isinstance(value, Settings) else value
