"""What Reset and New seed take away and what they leave, and what undo changes in the sidebar."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard import session
from dashboard.running.runs import Runs
from dashboard.training import steering
from engine.about import About, write_about
from engine.checkpoint import write_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.datasets import load_split
from engine.layers import Dense, Dropout, Flatten
from engine.rundir import RunFolder, Status
from engine.snapshots import file_of
from engine.trainer import Trainer

CONFIG = TrainingConfig(
    data=DataConfig(train_images=640, validation_images=120),
    layers=(Flatten(), Dropout(drop=0.2), Dense(units=10)),
    epochs=1,
)
DROP = "layers.1.drop"


class Tab:
    """What a tab keeps, and the runs of a server whose workers do what the test says."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown, self.draft, self.runs = session.Shown(), session.Draft(), Runs(root)
        self.state = "paused"
        for name in ("shown", "draft", "runs"):
            monkeypatch.setattr(session, name, lambda name=name: getattr(self, name))
        monkeypatch.setattr(self.runs, "status", lambda run: Status(self.state))

    def show(self, run: RunFolder, started: bool = True) -> None:
        """As if the run had been started in this tab, or opened from the list."""
        self.shown.run_id = run.id
        self.shown.started = {run.id} if started else set()

    def give_up(self) -> None:
        """What Reset does with the shown run, and what the page does afterwards, when the worker has let go."""
        steering.give_up()
        self.state = "ended"
        steering.clear_away()


@pytest.fixture
def tab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tab:
    return Tab(tmp_path, monkeypatch)


@pytest.fixture
def run(tab: Tab, tmp_path: Path) -> RunFolder:
    """A run that waits at step 0, started in this tab."""
    run = RunFolder.create(tmp_path, CONFIG, "first")
    tab.show(run)
    return run


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of the first step."""
    trainer = Trainer(CONFIG, load_split(CONFIG.data, CONFIG.seed))
    next(event for event in trainer.run() if event.step == 1)
    path = tmp_path_factory.mktemp("weights") / "one.npz"
    write_checkpoint(path, trainer.checkpoint())
    trainer.close()
    return path


def test_a_run_of_this_tab_that_learned_nothing_is_cleared_away(tab: Tab, run: RunFolder) -> None:
    steering.give_up()
    steering.clear_away()
    assert run.path.exists()  # its worker has not let go yet
    tab.state = "ended"
    steering.clear_away()
    assert not run.path.exists()
    steering.clear_away()
    assert not tab.shown.untouched


def test_a_run_that_this_tab_did_not_start_stays(tab: Tab, run: RunFolder) -> None:
    tab.show(run, started=False)
    tab.give_up()
    assert run.path.exists()


@pytest.mark.parametrize("state", ["ended", "interrupted"])
def test_a_run_that_was_over_before_it_was_given_up_stays(tab: Tab, run: RunFolder, state: str) -> None:
    tab.state = state
    tab.give_up()
    assert run.path.exists()


@pytest.mark.parametrize("place", ["latest", "best", "final", "snapshot"])
def test_a_run_with_weights_stays_though_its_events_are_lost(
    tab: Tab, run: RunFolder, place: str, weights: Path
) -> None:
    path = file_of(run, 1) if place == "snapshot" else getattr(run, place)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(weights.read_bytes())
    tab.give_up()
    assert run.path.exists()
    assert not tab.shown.untouched  # the page does not wait for it


@pytest.mark.parametrize("about", [About(name="a"), About(note="b"), About(starred=True), About(group="c")])
def test_a_run_of_which_something_was_said_stays(tab: Tab, run: RunFolder, about: About) -> None:
    write_about(run, about)
    tab.give_up()
    assert run.path.exists()


def named(run: RunFolder, runs: Runs) -> None:
    write_about(run, About(name="the one"))


def wanted_again(run: RunFolder, runs: Runs) -> None:
    runs.command(run.id, wish="running")


@pytest.mark.parametrize("happens", [named, wanted_again])
def test_what_happens_to_a_run_after_it_was_given_up_can_save_it(
    tab: Tab, run: RunFolder, happens: Callable[[RunFolder, Runs], None]
) -> None:
    steering.give_up()
    happens(run, tab.runs)
    tab.state = "ended"
    steering.clear_away()
    assert run.path.exists()
    assert not tab.shown.untouched


def changed(tab: Tab, run: RunFolder) -> None:
    """Dropout was changed from 0.2 to 0.5 while the run trained."""
    tab.runs.change(run.id, {DROP: 0.5})
    tab.shown.seen = CONFIG.with_values({DROP: 0.5})
    tab.draft.load(tab.shown.seen)


def test_undo_changes_the_sidebar_where_it_shows_the_same_layer(tab: Tab, run: RunFolder) -> None:
    changed(tab, run)
    tab.draft.put("epochs", 7)  # another change that is on its way
    steering.undo(DROP, 0.2)
    assert run.control().settings == {DROP: 0.2}
    assert tab.draft.config.layers == CONFIG.layers
    assert tab.draft.config.epochs == 7
    assert tab.shown.seen == CONFIG


def test_undo_leaves_a_layer_alone_that_only_stands_in_the_same_place(tab: Tab, run: RunFolder) -> None:
    changed(tab, run)
    tab.draft.rows.insert(1, tab.draft.new_row(Dropout(drop=0.5)))
    planned = tab.draft.config
    steering.undo(DROP, 0.2)
    assert tab.draft.config == planned
    assert tab.shown.seen == CONFIG


def test_undo_leaves_another_value_alone_that_is_planned_meanwhile(tab: Tab, run: RunFolder) -> None:
    changed(tab, run)
    tab.draft.put(f"row{tab.draft.rows[1].id}.drop", 0.4)
    steering.undo(DROP, 0.2)
    assert tab.draft.config.layers[1] == Dropout(drop=0.4)
    assert tab.shown.seen == CONFIG
