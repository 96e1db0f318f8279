"""The Share page: links, fingerprints, reports, and runs that come and go; also with no run, or one that is gone."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.running.runs import PROJECT
from dashboard.sharing import link_view, report_view, travel_view
from dashboard.sharing.desk import ShareDesk
from engine.about import About, read_about, write_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.link import encode
from engine.recipe import recipe
from engine.rundir import RunFolder, runs
from engine.travel import receive
from engine.worker import main as worker
from tests.dashboard.shown import said

TINY = TrainingConfig(
    data=DataConfig(train_images=200, validation_images=100), layers=(Flatten(), Dense(units=10)), epochs=1, seed=3
)


@pytest.fixture
def trained(root: Path) -> RunFolder:
    """A run that has ended."""
    run = RunFolder.create(root, TINY, "ended")
    write_about(run, About(name="A *name* <b>"))
    assert worker([str(run.path)]) == 0
    return run


def script() -> None:
    """Only its body goes into the page."""
    from dashboard import session
    from dashboard.sharing import address
    from dashboard.views import share

    session.follow_address("share")
    address.follow()
    share.render()
    address.render()


def page(run: str = "", **here: Any) -> AppTest:
    """The Share page, when nothing is being worked out any more."""
    at = AppTest.from_function(script, default_timeout=60)
    at.session_state["share"] = ShareDesk(**here)
    if run:
        at.query_params["run"] = run
    return settled(at.run())


def settled(at: AppTest) -> AppTest:
    """Run it again while it waits."""
    for _ in range(100):
        if not at.session_state["share"].waiting:
            break
        time.sleep(0.05)
        at.run()
    assert not at.exception
    return at


def test_with_no_run_the_page_has_a_link_and_a_recipe_and_takes_runs_in(root: Path) -> None:
    at = page()
    assert f"?s={encode(TrainingConfig())}" in at.code[0].value
    assert recipe(TrainingConfig()) in said(at)
    for section, told in (("report", "No run is shown"), ("model", "no trained network"), ("runs", "No run is shown")):
        at = page(section=section)
        assert told in said(at)


def test_a_run_that_is_gone_is_said_to_be(root: Path) -> None:
    at = page(run="gone")
    assert "may have been deleted" in said(at)
    assert at.code[0].value


def test_the_link_is_to_the_sidebar_or_to_the_run(trained: RunFolder) -> None:
    at = page(run="ended")
    assert at.code[0].value.endswith(f"?s={encode(TINY)}")
    assert recipe(TINY) in said(at)
    at.session_state["draft"].put("epochs", 7)
    settled(at.run())
    assert at.code[0].value.endswith(f"?s={encode(TINY.with_values({'epochs': 7}))}")
    at.button_group(key="share-which").set_value(True)
    settled(at.run())
    assert at.code[0].value.endswith(f"?s={encode(TINY)}")


def test_two_runs_from_one_link_show_the_same_fingerprints(trained: RunFolder, root: Path) -> None:
    again = RunFolder.create(root, TINY, "again")
    other = RunFolder.create(root, TINY.with_values({"seed": 4}), "other")
    for run in (again, other):
        assert worker([str(run.path)]) == 0
    found = {}
    for run in (trained, again, other):
        html = " ".join(each.proto.body for each in page(run=run.id).get("html"))
        found[run.id] = html.partition("Weights of the run</span><b>")[2].partition(" <")[0]
    assert len(found["ended"]) == len("0123-4567-89ab-cdef")
    assert found["ended"] == found["again"] != found["other"]


def test_a_teachers_link_has_the_locks_that_were_chosen(root: Path) -> None:
    at = page(locked=["epochs", "layers"], hidden=["augmentation"])
    at.session_state["share-teacher"] = True
    settled(at.run())
    assert at.code[-1].value.endswith(f"?s={encode(TrainingConfig())}&lock=layers,epochs&hide=augmentation")


def test_what_is_written_for_the_report_is_kept_with_the_run(trained: RunFolder) -> None:
    at = page(run="ended", section="report")
    at.text_area(key="about-conclusion-ended").set_value("It works.").run()
    at.text_area(key="about-hypothesis-ended").set_value("I knew it.").run()
    about = read_about(trained)
    assert (about.conclusion, about.hypothesis, about.name) == ("It works.", "I knew it.", "A *name* <b>")
    assert about.hypothesis_step
    text = report_view.page([trained], [(7, np.eye(60, dtype=np.uint8) * 255)], "http://x/").decode()
    assert "the writer may have seen curves" in text
    assert "A *name* &lt;b&gt;" in text
    assert "Drawn by hand" in text
    assert json.loads(report_view.data([trained], []))["runs"][0]["about"]["conclusion"] == "It works."
    assert report_view.curves(trained).startswith(b"step,epoch,seconds,loss")
    assert report_view.file_name(trained) == "A--name---b"


def test_a_hypothesis_of_before_the_run_cannot_be_changed_afterwards(trained: RunFolder) -> None:
    write_about(trained, About(hypothesis="Up *it* goes.", hypothesis_step=0, hypothesis_time=1.0))
    at = page(run="ended", section="report")
    assert "Up *it* goes." in said(at)
    assert "about-hypothesis-ended" not in [each.key for each in at.text_area]


def test_what_is_expected_goes_with_the_next_run(root: Path) -> None:
    at = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60).run()
    at.session_state["expected"] = True
    at.run()
    at.text_area(key="expectation-train").set_value("More than 90 %.").run()
    at.button(key="step").click().run()
    assert not at.exception
    about = read_about(runs(root)[0])
    assert (about.hypothesis, about.hypothesis_step) == ("More than 90 %.", 0)
    assert about.hypothesis_time is not None
    assert abs(about.hypothesis_time - time.time()) < 3600


def test_a_run_is_taken_out_and_brought_in(trained: RunFolder, root: Path) -> None:
    packed = travel_view.archive(trained, with_snapshots=True)
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        assert "config.json" in file.namelist()
    assert travel_view.events(trained)[:8] != b""
    at = page(section="runs")
    at.file_uploader[0].upload("mine.zip", packed, "application/zip")
    settled(at.run())
    settled(at.run())
    assert "imported from run ended, from mine.zip" in said(at)
    assert len(runs(root)) == 2


def test_a_file_that_is_no_run_is_refused_in_words(root: Path) -> None:
    at = page(section="runs")
    at.file_uploader[0].upload("evil.zip", b"hello", "application/zip")
    settled(at.run())
    assert "no file of a run" in said(at)
    assert runs(root) == []


def test_files_of_a_run_that_was_deleted_say_so(trained: RunFolder, root: Path) -> None:
    session.runs().delete("ended")
    assert b"there is no" in report_view.page([trained], [], "") or b"cannot be read" in report_view.page(
        [trained], [], ""
    )
    assert "problem" in json.loads(report_view.data([trained], []))
    assert not zipfile.is_zipfile(io.BytesIO(travel_view.archive(trained, False)))


def test_an_imported_run_is_shown_and_says_where_it_comes_from(trained: RunFolder, root: Path, tmp_path: Path) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(travel_view.archive(trained, False))
    run = receive(root, file)
    at = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60)
    at.query_params["run"] = run.id
    at.run()
    assert not at.exception
    assert at.session_state["draft"].config == TINY


def test_weights_that_are_just_gone_have_no_fingerprint_rather_than_that_of_others(tmp_path: Path) -> None:
    class Gone(RunFolder):
        newest = tmp_path / "gone.npz"

    assert link_view.ask_weights(Gone(tmp_path)) is None
