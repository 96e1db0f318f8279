"""The Runs page without a browser: what it says of runs, and what its forms and buttons do."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.comparing.picked_actions import delete_key
from dashboard.running.runs import Runs
from engine.about import About, read_about, write_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.optimizers import SGD, Adam
from engine.rundir import RunFolder, runs
from tests.dashboard.shown import checked, html, texts, until
from tests.dashboard.test_catalog import write_whole

SMALL = TrainingConfig(
    data=DataConfig(train_images=200, validation_images=50), layers=(Flatten(), Dense(units=10)), epochs=2
)


@pytest.fixture
def root(root: Path) -> Path:
    """Of the runs in it, one trains at a time."""
    session.runs().most = 1
    return root


@pytest.fixture
def two(root: Path) -> list[RunFolder]:
    """Two runs that have ended, with other optimizers."""
    made = [RunFolder.create(root, replace(SMALL, optimizer=each), type(each).__name__) for each in (Adam(), SGD())]
    for run in made:
        write_whole(run)
    return made


def script() -> None:  # only its body goes into the page
    from dashboard import session
    from dashboard.views import runs

    session.follow_address("runs")
    runs.render()


def open_page() -> AppTest:
    return checked(AppTest.from_function(script, default_timeout=30).run())


def pick(at: AppTest, *ids: str) -> AppTest:
    at.session_state["picking"].put(ids)
    return checked(at.run())


def opened(at: AppTest, key: str) -> AppTest:
    """Open a popover, as a click would."""
    at.session_state[key] = True
    return checked(at.run())


def test_an_empty_page_says_where_runs_come_from(root: Path) -> None:
    at = open_page()
    assert "No run yet." in html(at)
    assert "python -m engine train" in texts(at)


def test_picked_runs_are_ranked_and_only_what_differs_is_listed(two: list[RunFolder]) -> None:
    at = pick(open_page(), "Adam", "SGD")
    page = html(at)
    assert "2 runs; none trains now." in page
    assert "Adam and SGD are level after 3 epochs: 94.00 %." in page
    assert "<b>Optimizer</b></td><td>Adam</td><td>SGD</td>" in page
    assert "<b>Learning rate</b></td><td>0.001</td><td>0.1</td>" in page
    assert "Batch size" not in page


def test_names_are_text_not_html(two: list[RunFolder]) -> None:
    write_about(two[0], About(name="<img src=x onerror=alert(1)>"))
    page = html(pick(open_page(), "Adam", "SGD"))
    assert "<img" not in page
    assert "&lt;img src=x" in page


def test_a_race_is_started_from_the_sidebar_waits_in_order_and_ends_with_a_winner(root: Path) -> None:
    at = open_page()
    at.session_state["draft"] = session.Draft()
    at.session_state["draft"].load(SMALL)
    checked(at.button("new-race").click().run())
    assert "3 runs of 2 epochs from seed 1: SGD 0.1, Momentum 0.01, Adam 0.001." in texts(at)
    assert "1 trains at once; the rest wait in this order." in texts(at)
    checked(at.button("group-start").click().run())
    made = sorted(runs(root), key=lambda run: at.session_state["picking"].ids.index(run.id))
    assert [read_about(run).name for run in made] == ["SGD 0.1", "Momentum 0.01", "Adam 0.001"]
    assert len({read_about(run).group for run in made}) == 1
    assert {(run.config().seed, run.config().data) for run in made} == {(1, SMALL.data)}
    assert not [button for button in at.button if button.key == "group-start"]
    until(at, lambda: "wins after 2 epochs" in html(at))
    assert "none trains now" in html(at)


def test_those_who_wait_are_listed_in_their_order(root: Path) -> None:
    runs_of_server: Runs = session.runs()
    long = replace(SMALL, epochs=10_000)
    names = ("first", "second", "third")
    made = [runs_of_server.start(long, about=About(name=name)) for name in names]
    at = open_page()
    assert "Waiting, in this order: 1. second, 2. third." in html(at)
    assert "1 trains, 2 wait" in html(at)
    pick(at, *(run.id for run in made))
    checked(at.button("stop-picked").click().run())
    until(at, lambda: "none trains now" in html(at))


def test_values_of_a_race_can_be_typed_and_nonsense_is_refused(root: Path) -> None:
    at = open_page()
    checked(at.button("new-race").click().run())
    checked(at.selectbox("race-variant").set_value("Learning rate").run())
    values = at.multiselect[0]
    checked(values.set_value(["0.001", "0.02"]).run())
    assert "rate 0.001, rate 0.02." in texts(at)
    checked(at.multiselect[0].set_value(["0.001"]).run())
    assert at.button("group-start").disabled
    assert "at least two" in at.error[0].value


def test_picked_runs_race_each_other_with_one_seed(two: list[RunFolder], root: Path) -> None:
    at = pick(open_page(), "Adam", "SGD")
    checked(at.button("race-picked").click().run())
    assert "2 runs of 2 epochs from seed 1: Adam · 0.001, SGD · 0.1." in texts(at)
    checked(at.button("group-start").click().run())
    assert {type(run.config().optimizer) for run in runs(root) if read_about(run).group} == {Adam, SGD}


def test_repeats_of_two_runs_are_two_groups_that_are_compared(two: list[RunFolder], root: Path) -> None:
    at = pick(open_page(), "Adam", "SGD")
    checked(at.button("repeat-picked").click().run())
    checked(at.slider("repeats-seeds").set_value(3).run())
    assert "6 runs of 2 epochs" in texts(at)
    checked(at.button("group-start").click().run())
    until(at, lambda: "none trains now" in html(at), 120)
    page = html(at)
    assert page.count("3 of 3") == 2
    assert "3 seeds each cannot tell" in page or "equally well" in page
    assert "Seed</b>" not in page  # they differ in it, but it is not what is compared


def test_a_run_is_named_noted_and_starred(two: list[RunFolder]) -> None:
    at = pick(open_page(), "Adam")
    opened(at, "about-Adam")
    checked(at.text_input("name-Adam").set_value("  mine ").run())
    checked(at.text_area("note-Adam").set_value("slow").run())
    checked(at.button("star-picked").click().run())
    assert read_about(two[0]) == About(name="mine", note="slow", starred=True)


def test_runs_are_deleted_after_a_question_and_what_trains_is_not(two: list[RunFolder], root: Path) -> None:
    at = pick(open_page(), "Adam", "SGD")
    opened(at, delete_key(at.session_state["picking"].ids))
    assert "This cannot be undone." in texts(at)
    checked(at.button("delete-now").click().run())
    assert runs(root) == []
    run = session.runs().start(replace(SMALL, epochs=10_000))
    until(at, lambda: session.runs().status(run).busy)
    pick(at, run.id)
    opened(at, delete_key(at.session_state["picking"].ids))
    assert "Stop it first" in texts(at)
    session.runs().command(run.id, wish="stopped")


def test_how_many_train_at_once_is_set_for_the_server(root: Path) -> None:
    at = open_page()
    checked(at.number_input("most-at-once").set_value(3).run())
    assert session.runs().most == 3


def test_a_damaged_run_can_be_picked_and_deleted(root: Path) -> None:
    RunFolder.create(root, SMALL, "damaged").config_file.write_text("{")
    at = pick(open_page(), "damaged")
    assert at.button("duplicate").disabled
    opened(at, delete_key(at.session_state["picking"].ids))
    checked(at.button("delete-now").click().run())
    assert not (root / "damaged").exists()


def test_a_look_at_500_runs_is_quick(root: Path) -> None:
    for number in range(500):
        write_whole(RunFolder.create(root, SMALL, f"run{number}"))
    at = open_page()
    until(at, lambda: "500 runs" in html(at))
    start = time.perf_counter()
    pick(at, "run1", "run2", "run3")
    assert time.perf_counter() - start < 5  # measured 0.1: no figure is read again
