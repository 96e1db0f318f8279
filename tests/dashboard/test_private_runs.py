"""On a server that strangers share, a browser sees and commands its own runs, and those whose link it was given."""

import io
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session, visitor
from dashboard.charts.marks import marks
from dashboard.comparing import run_menu, run_table
from dashboard.comparing.catalog import Summary
from dashboard.running.ownership import SECRET, Everybody, digest, new_id, new_secret, owner_of, write_owner
from dashboard.running.queueing import in_turn
from dashboard.running.runs import Runs
from dashboard.sharing import report_view, travel_view
from dashboard.sharing.desk import ShareDesk
from engine.about import About, write_about
from engine.config import DataConfig, TrainingConfig
from engine.forking import fork
from engine.history import History
from engine.layers import Dense, Flatten
from engine.limits import public_id, without_keys
from engine.optimizers import SGD
from engine.rundir import RUN_ID, RunError, RunFolder, runs
from engine.snapshots import snapshots
from engine.worker import main as worker

APP = str(Path(__file__).resolve().parents[2] / "dashboard" / "app.py")
SMALL = TrainingConfig(
    data=DataConfig(train_images=500, validation_images=100), layers=(Flatten(), Dense(units=10)), epochs=10_000
)


def page(secret: str, **parameters: str) -> AppTest:
    """The page in a browser that keeps this secret."""
    at = AppTest.from_file(APP, default_timeout=60)
    at.session_state[visitor.KEPT] = visitor.Known(secret, kept=True)
    for name, value in parameters.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def run_of(root: Path, secret: str) -> RunFolder:
    owner = digest(secret)
    return RunFolder.create(root, SMALL, new_id(owner), lambda run: write_owner(run, owner))


@pytest.fixture
def private(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("INKLING_PRIVATE", "1")
    session.runs.clear()
    return root


@pytest.fixture
def secrets() -> tuple[str, str]:
    return new_secret(), new_secret()


def test_secrets_and_ids_cannot_be_guessed_and_are_names() -> None:
    assert SECRET.fullmatch(new_secret())
    owner = digest(new_secret())
    assert new_id(owner) != new_id(owner)
    assert len(new_id(owner).rpartition("-")[2]) == 24  # 96 bits
    assert RUN_ID.fullmatch(new_id(owner))
    assert RUN_ID.fullmatch(new_id(""))


def test_each_browser_is_shown_its_own_runs(private: Path, secrets: tuple[str, str]) -> None:
    mine, yours = (run_of(private, secret) for secret in secrets)
    nobodys = RunFolder.create(private, SMALL, "from-a-shell")
    for secret, own in zip(secrets, (mine, yours), strict=True):
        at = page(secret)
        assert [key for key in _menu(at) if key != "none"] == [own.id]
    assert nobodys.path.exists()


def _menu(at: AppTest) -> list[str]:
    """Ids in the menu of runs."""
    opened = type("Open", (), {"open": True, "__enter__": lambda self: self, "__exit__": lambda self, *_: None})()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_menu.st, "popover", lambda *_, **__: opened)
        at.run()
    return [str(each.key).removeprefix("open-") for each in at.button if str(each.key).startswith("open-")]


def test_a_link_opens_another_browsers_run_and_lists_it_from_then_on(private: Path, secrets: tuple[str, str]) -> None:
    mine, yours = (run_of(private, secret) for secret in secrets)
    at = page(secrets[0], run=yours.id)
    assert at.query_params["run"] == yours.id
    assert set(_menu(at)) - {"none"} == {mine.id, yours.id}
    other = page(secrets[0])
    assert set(_menu(other)) - {"none"} == {mine.id}


@pytest.mark.parametrize("name", ["from-a-shell", "251122-101010-abcd"])
def test_a_run_that_is_nobodys_is_not_opened_by_its_name(private: Path, secrets: tuple[str, str], name: str) -> None:
    RunFolder.create(private, SMALL, name)
    at = page(secrets[0], run=name)
    assert any("there is no run" in each.value for each in at.error)
    assert "run" not in at.query_params


def test_what_is_started_belongs_to_the_browser_and_its_digest_alone_is_kept(
    private: Path, secrets: tuple[str, str]
) -> None:
    at = page(secrets[0])
    at.button(key="main-train").click().run()
    (run,) = [RunFolder(path) for path in private.iterdir() if RUN_ID.fullmatch(path.name)]
    assert owner_of(run) == digest(secrets[0])
    assert all(secrets[0].encode() not in path.read_bytes() for path in run.path.glob("*.json"))
    at.button(key="stop").click().run()


def test_data_and_drawings_of_a_browser_lie_apart(private: Path, secrets: tuple[str, str]) -> None:
    def both() -> None:
        import streamlit as st

        from dashboard.hand import hand_desk
        from dashboard.settings import data_menu

        st.text(str(hand_desk.file().path))
        st.text(str(data_menu.folder()))

    found = []
    for secret in secrets:
        at = AppTest.from_function(both)
        at.session_state[visitor.KEPT] = visitor.Known(secret, kept=True)
        at.run()
        found.append([each.value for each in at.text])
        assert all(digest(secret) in path for path in found[-1])
    assert not set(found[0]) & set(found[1])


def test_with_all_on_ones_own_computer_everybody_sees_everything(root: Path) -> None:
    RunFolder.create(root, SMALL, "from-a-shell")
    assert "from-a-shell" in _menu(page(new_secret()))


def test_those_take_turns_who_have_fewest_in_training() -> None:
    owners = {"a1": "a", "a2": "a", "a3": "a", "b1": "b", "c1": "c", "x": "a"}
    assert in_turn(["a1", "a2", "a3", "b1", "c1"], ["x"], owners.__getitem__) == ["b1", "c1", "a1", "a2", "a3"]
    assert in_turn(["a1", "a2", "a3", "b1"], [], owners.__getitem__) == ["a1", "b1", "a2", "a3"]
    assert in_turn(["a3", "b1", "a1"], ["c1"], lambda _: "") == ["a3", "b1", "a1"]


@pytest.mark.parametrize(
    ("address", "set_to", "private", "expected"),
    [("127.0.0.1", "", "", None), ("localhost", "", "", None), ("0.0.0.0", "", "", "0"), (None, "", "", "0"),
     ("0.0.0.0", "1", "", "1"), ("127.0.0.1", "", "1", "0"), ("127.0.0.1", "0", "", "0")],
)  # fmt: skip
def test_where_others_can_reach_the_page_no_file_is_read_by_its_path(
    address: str | None, set_to: str, private: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_PRIVATE", private)
    monkeypatch.setattr(visitor.st, "get_option", lambda name: address)
    environment = {"INKLING_PATHS": set_to} if set_to else {}
    visitor.close_paths(environment)
    assert environment.get("INKLING_PATHS") == expected


@pytest.fixture
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A run that was taken out elsewhere."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run = RunFolder.create(folder, replace(SMALL, epochs=1), "elsewhere")
    assert worker([str(run.path)]) == 0
    return travel_view.archive(run, with_snapshots=True)


def sent(secret: str, name: str, content: bytes) -> AppTest:
    """The Share page of a browser, when what it was sent has been looked at."""

    def script() -> None:
        from dashboard.views import share

        share.render()

    at = AppTest.from_function(script, default_timeout=60)
    at.session_state[visitor.KEPT] = visitor.Known(secret, kept=True)
    at.session_state["share"] = ShareDesk(section="runs")
    at.run()
    at.file_uploader[0].upload(name, content, "application/zip")
    at.run()
    for _ in range(200):
        if at.error or at.session_state["share"].received:
            break
        time.sleep(0.05)
        at.run()
    assert not at.exception
    return at


def test_a_run_that_is_brought_in_belongs_to_its_browser(
    private: Path, secrets: tuple[str, str], packed: bytes
) -> None:
    at = sent(secrets[0], "mine.zip", packed)
    (run,) = runs(private)
    assert owner_of(run) == digest(secrets[0])
    assert len(run.id.rpartition("-")[2]) == 24
    assert at.button(key="share-show")
    assert set(_menu(page(secrets[0]))) - {"none"} == {run.id}
    assert set(_menu(page(secrets[1]))) - {"none"} == set()


@pytest.mark.parametrize("variable", ["INKLING_RUNS_BYTES", "INKLING_UPLOAD_BYTES"])
def test_a_run_that_is_brought_in_keeps_to_the_limits(
    variable: str, private: Path, secrets: tuple[str, str], packed: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "20K")
    at = sent(secrets[0], "mine.zip", packed)
    assert any(f"limit {variable}" in each.value.replace("\\", "") for each in at.error)
    assert runs(private) == []


def test_a_fork_is_its_browsers_or_it_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Ann(Everybody):
        def owner(self) -> str:
            return "a" * 32

    def full(run: RunFolder, owner: str) -> None:
        raise OSError(28, "No space left on device")

    here = Runs(tmp_path, visitor=Ann())
    parent = RunFolder.create(tmp_path, replace(SMALL, epochs=1), "parent", lambda run: write_owner(run, "a" * 32))
    assert worker([str(parent.path)]) == 0
    monkeypatch.setattr(here._queue, "add", lambda run_id: None)
    assert owner_of(here.fork(parent.id, 10, SMALL)) == "a" * 32
    monkeypatch.setattr("dashboard.running.runs.write_owner", full)
    with pytest.raises(RunError, match="No space left"):
        here.fork(parent.id, 10, SMALL)
    assert len(runs(tmp_path)) == 2


def test_an_id_that_is_a_key_is_told_to_nobody_else(private: Path, secrets: tuple[str, str]) -> None:
    """Neither a run's own nor its parent's, in a report, in an archive, in a chart."""
    owner = digest(secrets[0])
    parent = RunFolder.create(private, replace(SMALL, epochs=1), new_id(owner), lambda run: write_owner(run, owner))
    assert worker([str(parent.path)]) == 0
    config = replace(SMALL, epochs=2, optimizer=SGD(learning_rate=0.3))
    child = fork(private, parent, snapshots(parent)[-1], config, new_id(owner))
    write_about(child, About(parent=parent.id, parent_step=10))
    with zipfile.ZipFile(io.BytesIO(travel_view.archive(child, with_snapshots=True))) as archive:
        members = [archive.read(name) for name in archive.namelist()]
    history = History(child.events_file)
    history.update()
    assert history.changes[0].parent == parent.id
    names = [report_view.file_name(child), *(f"{mark.words} {mark.label}" for mark in marks(history, "step", 20.0))]
    for told in [report_view.page([child], [], ""), report_view.data([child], []), *members, *map(str.encode, names)]:
        assert parent.id.encode() not in told
        assert child.id.encode() not in told
    assert public_id(parent.id).encode() in report_view.page([child], [], "")
    assert public_id(parent.id).encode() in report_view.data([child], [])
    assert sum(public_id(parent.id).encode() in each for each in members) == 2  # what is said of it, and its events


def test_weights_of_a_run_are_named_in_a_report_without_its_id(private: Path, secrets: tuple[str, str]) -> None:
    first, owner = run_of(private, secrets[0]), digest(secrets[0])
    config = replace(SMALL, start_from=str(first.best))
    run = RunFolder.create(private, config, new_id(owner), lambda run: write_owner(run, owner))
    for told in (report_view.page([run], [], ""), report_view.data([run], [])):
        assert first.id.encode() not in told
        assert b"best.npz" in told


def test_a_public_id_is_the_id_on_ones_own_computer_and_stays_the_same_on_a_shared_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert public_id("251122-101010-abcd") == "251122-101010-abcd"
    monkeypatch.setenv("INKLING_PRIVATE", "1")
    found = public_id("251122-101010-abcd")
    assert found != "251122-101010-abcd"
    assert public_id(found) == found
    assert public_id("") == ""
    assert public_id("251122-101010-abce") != found
    key = new_id("a" * 32)
    assert without_keys(f"/runs/{key}/best.npz is damaged.") == f"/runs/{public_id(key)}/best.npz is damaged."


@pytest.mark.parametrize(("is_private", "seen"), [("1", ""), ("", "parent")])
def test_the_table_names_a_parent_only_to_those_who_see_it(
    is_private: str, seen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INKLING_PRIVATE", is_private)
    child, parent = Summary("child", about=About(parent="parent")), Summary("parent")

    def parents(*summaries: Summary) -> dict[str, str]:
        kept: list[bytes] = []
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run_table, "_component", lambda: lambda data, **_: kept.append(data))
            run_table.run_table(summaries, {}, [], 0, lambda ids: None, lambda kind, run_id: None)
        return {row["id"]: row["parent"] for row in json.loads(kept[0])["rows"]}

    assert parents(child)["child"] == seen
    assert parents(child, parent)["child"] == "parent"  # a link to it was opened
    assert parents(child)["child"] == seen
