"""An address that is opened sets the sidebar, says what of it was ignored, locks what it locks, and trains nothing."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.running.runs import PROJECT
from dashboard.settings.locks import Locks
from dashboard.sharing import address, lock_names
from engine.config import TrainingConfig
from engine.link import encode
from engine.presets import PRESETS
from engine.rundir import RunFolder, runs
from tests.dashboard.shown import texts

OTHER = PRESETS["dense"].config.with_values({"optimizer.learning_rate": 0.003, "seed": 77, "epochs": 3})


def page(**query: str) -> AppTest:
    at = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60)
    for name, text in query.items():
        at.query_params[name] = text
    return at.run()


def config(at: AppTest) -> TrainingConfig:
    found: TrainingConfig = at.session_state["draft"].config
    return found


def test_a_link_sets_the_sidebar_and_starts_nothing(root: Path) -> None:
    at = page(s=encode(OTHER))
    assert not at.exception
    assert config(at) == OTHER
    assert "Settings of the link that was opened" in texts(at)
    assert at.button(key="main-train")
    assert runs(root) == []


def test_a_later_run_of_the_script_does_not_bring_the_link_back(root: Path) -> None:
    at = page(s=encode(OTHER))
    at.session_state["draft"].put("epochs", 9)
    at.run()
    assert config(at).epochs == 9


def test_a_wrong_link_says_what_is_wrong_and_shows_the_usual_settings(root: Path) -> None:
    at = page(s=encode(OTHER)[:-2])
    assert not at.exception
    assert config(at) == TrainingConfig()
    assert "lost or changed" in texts(at)
    at.button(key="link-read").click().run()
    assert "lost or changed" not in texts(at)


def test_what_of_a_link_is_ignored_is_said(root: Path) -> None:
    at = page(s=encode(OTHER), lock="epochs,<b>everything</b>", hide="augmentation")
    assert config(at) == OTHER
    assert "no setting '<b>everything</b>' to lock" in texts(at)


def test_a_teachers_link_locks_and_hides_until_it_is_unlocked(root: Path) -> None:
    at = page(s=encode(OTHER), lock="optimizer.learning_rate,layers", hide="augmentation,data")
    held = at.session_state["locks"]
    assert held.locked == {"optimizer.learning_rate", "layers"}
    assert held.hidden == {"augmentation", "data"}
    assert "Locked by the link" in texts(at)
    assert at.select_slider(key="form--optimizer-learning_rate-locked").disabled
    at.button(key="link-unlock").click().run()
    assert not at.exception
    assert not at.session_state["locks"]
    assert not at.select_slider(key="form--optimizer-learning_rate").disabled
    assert config(at) == OTHER


def test_locks_of_somebody_else_are_not_let_go(root: Path) -> None:
    at = page(lock="epochs")
    at.session_state["locks"] = Locks(frozenset({"seed"}), by="By a challenge.")
    at.run()
    assert "By a challenge." in texts(at)
    assert "link-unlock" not in [button.key for button in at.button]


def test_the_settings_of_an_ended_run_give_way_to_the_addresss(root: Path) -> None:
    run = RunFolder.create(root, PRESETS["linear"].config, "ended")
    run.events_file.write_text('{"event": "RunEnded", "reason": "stopped", "step": 1, "epoch": 0.1, "seconds": 1}\n')
    run.worker_file.write_text('{"pid": 1, "host": "x", "start": "y"}')
    at = page(run="ended", s=encode(OTHER))
    assert not at.exception
    assert config(at) == OTHER
    assert at.session_state["shown"].run_id == "ended"


def test_a_run_that_trains_is_not_changed_by_an_address(root: Path) -> None:
    run = session.runs().start(PRESETS["linear"].config.with_values({"epochs": 1000}), until_step=1)
    at = page(run=run.id, s=encode(PRESETS["linear"].config.with_values({"optimizer.learning_rate": 0.7})))
    assert not at.exception
    assert config(at) == run.config()
    assert run.control().settings == {}


def test_the_settings_of_a_run_that_is_not_here_are_used(root: Path) -> None:
    at = page(run="not-here", s=encode(OTHER))
    assert not at.exception
    assert config(at) == OTHER
    assert any("not-here" in error.value.replace("\\", "") for error in at.error)


def test_the_address_names_what_is_not_as_usual() -> None:
    assert address.parts(TrainingConfig(), Locks()) == {}
    assert address.parts(OTHER, Locks()) == {"s": encode(OTHER)}
    held = Locks(frozenset({"optimizer", "optimizer.momentum", "epochs"}), frozenset({"preset"}))
    assert address.parts(TrainingConfig(), held) == {
        "s": encode(TrainingConfig()),
        "lock": "optimizer,epochs",
        "hide": "preset",
    }


@pytest.mark.parametrize("text", ["", ",,,", "nonsense", "x" * 5000, "../../etc", "layers.0.units"])
def test_names_that_are_no_settings_lock_nothing(text: str) -> None:
    names, ignored = lock_names.read(text)
    assert names == frozenset()
    assert bool(ignored) == bool(text.strip(","))


def test_every_name_survives_an_address() -> None:
    for name in lock_names.known():
        assert lock_names.read(lock_names.written(frozenset({name}))) == (frozenset({name}), [])
    for needed in ("preset", "layers", "optimizer.learning_rate", "optimizer.weight_decay", "data.source", "seed"):
        assert needed in lock_names.known()


def test_a_link_is_whole(root: Path) -> None:
    def script():  # type: ignore[no-untyped-def]  # only its body goes into the page
        import streamlit as st

        from dashboard.sharing import address
        from engine.config import TrainingConfig

        st.text(address.link(TrainingConfig(seed=5)))

    found = AppTest.from_function(script, default_timeout=30).run().text[0].value
    assert found.startswith("http")
    assert found.endswith(f"/?s={encode(TrainingConfig(seed=5))}")
