"""The page Inside without a browser, for the tests of its sections."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from streamlit.testing.v1 import AppTest

from engine.checkpoint import write_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.datasets import load_split
from engine.layers import BatchNorm, Conv, Dense, Flatten, MaxPool, ReLU, Tanh
from engine.rundir import RunFolder
from engine.trainer import Trainer
from tests.dashboard.shown import checked

LAYERS = (Conv(channels=3), BatchNorm(), ReLU(), MaxPool(size=4), Flatten(), Dense(units=8), Tanh(), Dense(units=10))
CONFIG = TrainingConfig(data=DataConfig(train_images=640, validation_images=120), layers=LAYERS, epochs=1)
SAVED = (0, 2, 5)  # steps with a snapshot


def five_steps(root: Path, config: TrainingConfig = CONFIG, name: str = "five-steps") -> RunFolder:
    """A run that was interrupted after five steps, with snapshots at SAVED."""
    run = RunFolder.create(root, config, name)
    run.snapshots.mkdir()
    trainer = Trainer(config, load_split(config.data, config.seed))
    for _ in trainer.run():
        if trainer.position.step in SAVED:
            saved = trainer.checkpoint()
            write_checkpoint(run.snapshots / f"{trainer.position.step:09d}.npz", saved)
            write_checkpoint(run.latest, saved)
        if trainer.position.step == SAVED[-1]:
            break
    trainer.close()
    run.worker_file.write_text("{}")
    return run


def ended(run: RunFolder) -> None:
    """As a run that is complete: its weights without the optimizer's state."""
    from engine.checkpoint import read_checkpoint

    write_checkpoint(run.final, replace(read_checkpoint(run.latest), slots={}))


def script() -> None:  # only its body goes into the page
    from dashboard import session
    from dashboard.views import inside

    session.follow_address("inside")
    inside.render()


def open_section(section: str, run: RunFolder | None, prepare: Callable[[AppTest], None] | None = None) -> AppTest:
    """The page with one of its sections open."""
    at = AppTest.from_function(script, default_timeout=60)
    if run is not None:
        at.query_params["run"] = run.id
    checked(at.run())
    at.session_state["inside-desk"].section = section
    if prepare is not None:
        prepare(at)
    return checked(at.run())
