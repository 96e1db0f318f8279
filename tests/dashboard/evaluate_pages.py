"""Networks and the page Evaluate without a browser, for the tests of its views."""

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from dashboard.evaluating.outcome import Outcome, find
from engine.about import About, write_about
from engine.checkpoint import write_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.datasets import load_split
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder
from engine.trainer import Trainer
from tests.dashboard.shown import checked

CONFIG = TrainingConfig(
    data=DataConfig(train_images=600, validation_images=300), layers=(Flatten(), Dense(units=10)), epochs=1, seed=3
)


def trained(root: Path, name: str, config: TrainingConfig = CONFIG, about: About | None = None) -> RunFolder:
    """A run that has ended, with two snapshots, its best and its last weights."""
    run = RunFolder.create(root, config, name)
    run.snapshots.mkdir()
    trainer = Trainer(config, load_split(config.data, config.seed))
    told = []
    for event in trainer.run():
        told.append(event.to_json() | {"seconds": event.step / 10})
        if event.step in (0, 4):
            write_checkpoint(run.snapshots / f"{event.step:09d}.npz", trainer.checkpoint())
    for file in (run.latest, run.best, run.final):
        write_checkpoint(file, trainer.checkpoint())
    trainer.close()
    run.events_file.write_text("".join(json.dumps(each) + "\n" for each in told))
    run.worker_file.write_text("{}")
    if about is not None:
        write_about(run, about)
    return run


def script() -> None:  # only its body goes into the page
    from dashboard import session
    from dashboard.views import evaluate

    session.follow_address("evaluate")
    evaluate.render()


def open_page(run_id: str = "", **address: str) -> AppTest:
    at = AppTest.from_function(script, default_timeout=60)
    for name, value in (address | ({"run": run_id} if run_id else {})).items():
        at.query_params[name] = value
    return settled(checked(at.run()))


def settled(at: AppTest, seconds: float = 60) -> AppTest:
    """When nothing is on its way any more."""
    end = time.monotonic() + seconds
    while here(at).waiting or here(at).polling:
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
        checked(at.run())
    return at


def here(at: AppTest) -> Any:
    return at.session_state["evaluate-desk"]


def outcome(run: RunFolder) -> Outcome:
    return find(run.final, "validation", lambda share, partial=None: None)


def further(run: RunFolder) -> None:
    """The run went on, and ended with other weights."""
    config = replace(CONFIG, seed=9)
    trainer = Trainer(config, load_split(config.data, config.seed))
    for _ in trainer.run():
        pass
    write_checkpoint(run.path / "new.npz", trainer.checkpoint())
    trainer.close()
    (run.path / "new.npz").replace(run.final)
