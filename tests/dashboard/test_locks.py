"""Locked controls show their value and cannot be changed; hidden ones do not show; both keep their value."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.running.runs import PROJECT
from dashboard.settings.locks import Locks
from engine.config import TrainingConfig
from engine.optimizers import SGD, Adam, Momentum
from engine.presets import PRESETS


def page(root: Any, **held: Any) -> AppTest:
    at = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=60)
    at.session_state["locks"] = Locks(**{name: frozenset(value) for name, value in held.items()}, by="By Ms. Ada.")
    return at.run()


def widgets(at: AppTest, path: str) -> list[Any]:
    """Those of a setting, locked or not."""
    kinds = (at.select_slider, at.slider, at.number_input, at.selectbox, at.toggle, at.text_input, at.button_group)
    names = (f"form--{path}", f"form--{path}-locked")
    return [each for kind in kinds for each in kind if each.key in names]


@pytest.mark.parametrize(
    ("names", "path", "covered"),
    [
        ({"optimizer"}, "optimizer", True),
        ({"optimizer"}, "optimizer.learning_rate", True),
        ({"optimizer.learning_rate"}, "optimizer", False),
        ({"optimizer.learning_rate"}, "optimizer.momentum", False),
        ({"optimizer"}, "optimizers", False),
        ({"layers"}, "row7.units", True),
        ({"layers"}, "row7", True),
        ({"epochs"}, "row7", False),
        (set(), "epochs", False),
    ],
)
def test_a_name_means_all_that_is_below_it(names: set[str], path: str, covered: bool) -> None:
    assert Locks(locked=frozenset(names)).locks(path) is covered
    assert not Locks(locked=frozenset(names)).hides(path)
    assert Locks(hidden=frozenset(names)).hides(path) is covered
    assert Locks(hidden=frozenset(names)).locks(path) is covered


def test_locked_settings_stay_when_others_are_loaded() -> None:
    old = TrainingConfig(optimizer=Momentum(learning_rate=0.3, momentum=0.5), epochs=3)
    held = Locks(frozenset({"epochs", "optimizer.learning_rate"}), frozenset({"seed"}))
    new = held.keep(old, PRESETS["convnet"].config.with_values({"seed": 9}))
    assert (new.epochs, new.seed) == (3, 1)
    assert new.optimizer == Adam(learning_rate=0.3)
    assert new.layers == PRESETS["convnet"].config.layers
    # SGD has no momentum: what has no place is left out
    assert Locks(frozenset({"optimizer.momentum"})).keep(old, TrainingConfig(optimizer=SGD())).optimizer == SGD()


def test_another_optimizer_keeps_a_locked_learning_rate() -> None:
    held = Locks(frozenset({"optimizer.learning_rate"}))
    assert held.carry("optimizer", Adam(), SGD()) == SGD(learning_rate=Adam().learning_rate)
    assert Locks().carry("optimizer", Adam(), SGD()) == SGD()


def test_locked_controls_are_shown_and_grey_and_say_whose_lock_it_is(root: Any) -> None:
    at = page(root, locked={"optimizer.learning_rate", "layers", "data.source", "preset"})
    assert not at.exception
    (rate,) = widgets(at, "optimizer-learning_rate")
    assert rate.disabled
    assert "By Ms. Ada." in rate.help
    assert rate.value == TrainingConfig().optimizer.learning_rate
    assert not widgets(at, "optimizer")[0].disabled
    assert at.selectbox(key="data-source-locked").disabled
    assert at.selectbox(key="preset-locked").disabled
    assert all(button.disabled for button in at.button if str(button.key).startswith(("up-", "down-", "remove-")))
    assert at.button(key="add-dropout").disabled
    assert any("By Ms. Ada" in caption.value.replace("\\", "") for caption in at.caption)


def test_hidden_controls_and_headings_without_any_are_not_there(root: Any) -> None:
    at = page(root, hidden={"data", "layers", "penalty", "stopping", "loss"})
    assert not at.exception
    assert not [box for box in at.selectbox if str(box.key).startswith("data-source")]
    assert not [button for button in at.button if str(button.key).startswith(("up-", "add-"))]
    assert not widgets(at, "loss")
    assert widgets(at, "optimizer")
    headings = " ".join(each.proto.body for each in at.get("html"))
    assert "Learning</div>" in headings
    assert "Network</div>" not in headings
    assert "Against overfitting" not in headings


def test_everything_can_be_hidden(root: Any) -> None:
    at = page(root, hidden={"preset", *(name for name in TrainingConfig().to_json())})
    assert not at.exception
    assert not [each for each in at.sidebar.selectbox]
    assert at.button(key="main-train")


def test_a_locked_learning_rate_survives_another_optimizer_in_the_page(root: Any) -> None:
    at = page(root, locked={"optimizer.learning_rate"})
    at.selectbox(key="form--optimizer").set_value("SGD").run()
    (rate,) = widgets(at, "optimizer-learning_rate")
    assert rate.value == TrainingConfig().optimizer.learning_rate
    assert rate.disabled


def test_without_locks_nothing_is_grey(root: Any) -> None:
    at = page(root)
    assert not any(each.disabled for each in widgets(at, "optimizer-learning_rate") + widgets(at, "optimizer"))
