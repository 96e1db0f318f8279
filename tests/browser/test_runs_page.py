"""The Runs page in a real browser: the table, curves over each other, a race, deletion, narrow windows."""

from dataclasses import replace
from typing import Any

from inkling_browser import Server, wait

from engine.about import About, read_about, write_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.optimizers import SGD
from engine.rundir import RunFolder
from tests.dashboard.test_catalog import write_whole

SMALL = TrainingConfig(
    data=DataConfig(train_images=500, validation_images=100), layers=(Flatten(), Dense(units=10)), epochs=2
)


def ended(server: Server, run_id: str, config: TrainingConfig = SMALL, **about: Any) -> RunFolder:
    """A run that has ended, written by hand."""
    run = RunFolder.create(server.runs, config, run_id)
    write_whole(run)
    write_about(run, About(**about))
    return run


def open_page(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    tab.get_by_role("link", name="Runs", exact=True).click()
    tab.get_by_role("button", name="New race").wait_for()


def row(tab: Any, name: str) -> Any:
    return tab.locator(f".run-table tr[data-id={name}]")


def only(tab: Any, text: str) -> None:
    """Filter the table: other tests leave runs behind."""
    tab.get_by_label("Filter runs").fill(text)


def lines(tab: Any) -> int:
    """Strong lines with points in the chart."""
    count = """() => (document.querySelector('.st-key-runs-chart .live-chart')?._fullData ?? [])
        .filter((trace) => trace.uid.endsWith('-strong') && trace.x.length).length"""
    return int(tab.evaluate(count))


def test_runs_are_filtered_sorted_starred_picked_and_laid_over_each_other(tab: Any, server: Server) -> None:
    ended(server, "table-adam", note="the usual one")
    slow = ended(server, "table-sgd", replace(SMALL, optimizer=SGD(learning_rate=0.1)), name="plain <i>SGD</i>")
    open_page(tab, server)
    only(tab, "table-")
    tab.get_by_role("button", name="Run", exact=True).click()
    shown = tab.locator(".run-table tbody tr:visible")
    assert [each.get_attribute("data-id") for each in shown.all()] == ["table-sgd", "table-adam"]  # by their names
    only(tab, "table- usual")
    assert shown.count() == 1
    only(tab, "table-")
    tab.get_by_role("button", name="Star plain <i>SGD</i>", exact=True).click()
    wait(tab, lambda: read_about(slow).starred)
    tab.get_by_role("button", name="★ Starred").click()
    assert [each.get_attribute("data-id") for each in shown.all()] == ["table-sgd"]
    tab.get_by_role("button", name="★ Starred").click()
    row(tab, "table-adam").click()
    row(tab, "table-sgd").get_by_role("checkbox").check()
    wait(tab, lambda: lines(tab) == 2)
    differences = tab.locator(".runs-differences")
    wait(tab, lambda: "0.001" in differences.inner_text() and "SGD" in differences.inner_text())
    assert "plain <i>SGD</i>" in differences.inner_text()
    row(tab, "table-adam").click()
    wait(tab, lambda: lines(tab) == 1)


def test_a_race_is_started_from_a_run_followed_and_won(tab: Any, server: Server) -> None:
    ended(server, "base-run")
    open_page(tab, server)
    only(tab, "base-run")
    row(tab, "base-run").click()
    tab.get_by_role("button", name="Race", exact=True).click()
    tab.get_by_text("3 runs of 2 epochs from seed 1").wait_for()
    tab.get_by_role("button", name="Start the race").click()
    only(tab, "")
    tab.locator(".runs-said", has_text="wins after 2 epochs").wait_for(timeout=90_000)
    wait(tab, lambda: lines(tab) == 3)
    assert tab.locator(".rt-picked").count() == 3
    tab.get_by_role("button", name="Pick none").click()
    tab.locator(".runs-said").wait_for(state="detached")
    tab.locator(".rt-tag", has_text="race").first.click()
    wait(tab, lambda: lines(tab) == 3)


def test_a_run_is_named_duplicated_opened_and_deleted(tab: Any, server: Server) -> None:
    run = ended(server, "own-run", replace(SMALL, batch_size=32))
    open_page(tab, server)
    only(tab, "own-run")
    row(tab, "own-run").click()
    tab.get_by_role("button", name="Name and note").click()
    tab.get_by_label("Name", exact=True).fill("a name")
    tab.keyboard.press("Enter")
    row(tab, "own-run").get_by_text("a name").wait_for()
    assert read_about(run).name == "a name"
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="Change and train").click()
    tab.get_by_role("button", name="Train", exact=True).wait_for()
    assert "run=" not in tab.url
    tab.get_by_role("link", name="Runs", exact=True).click()
    wait(tab, lambda: lines(tab) == 1)  # it is still picked
    tab.get_by_role("button", name="Open a name on the Train page").click()
    wait(tab, lambda: tab.url.endswith("run=own-run"))
    tab.get_by_role("link", name="Runs", exact=True).click()
    tab.get_by_role("button", name="Delete", exact=True).click()
    tab.get_by_role("button", name="Delete this run").click()
    row(tab, "own-run").wait_for(state="detached")
    assert not run.path.exists()


def test_a_narrow_window_needs_no_scrolling_sideways(tab: Any, server: Server) -> None:
    for name in ("narrow-a", "narrow-b"):
        ended(server, name, replace(SMALL, batch_size=16 if name == "narrow-a" else 8), name=f"{name} " + "long " * 8)
    open_page(tab, server)
    only(tab, "narrow")
    for name in ("narrow-a", "narrow-b"):
        row(tab, name).click()
    wait(tab, lambda: lines(tab) == 2)
    tab.set_viewport_size({"width": 420, "height": 900})
    tab.wait_for_timeout(500)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 420
    box = tab.locator(".rt-scroll").first
    assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
