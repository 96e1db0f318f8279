"""On a server that strangers share, a browser sees and commands its own runs, and those whose link it was given."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session, visitor
from dashboard.comparing import run_menu
from dashboard.running.ownership import SECRET, digest, new_id, new_secret, owner_of, write_owner
from dashboard.running.queueing import in_turn
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import RUN_ID, RunFolder

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
