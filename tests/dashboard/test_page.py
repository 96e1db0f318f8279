"""The page without a browser: what it shows, and what its controls do."""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard import session
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Dropout, Flatten
from engine.presets import PRESETS
from engine.rundir import RunFolder, runs

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for runs of its own."""
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path))
    session.runs.clear()
    yield tmp_path
    session.runs().close()
    session.runs.clear()


@pytest.fixture
def page(root: Path) -> AppTest:
    return open_page()


def open_page(run_id: str = "") -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=30)
    if run_id:
        at.query_params["run"] = run_id
    return checked(at.run())


def checked(at: AppTest) -> AppTest:
    assert not at.exception, at.exception[0].stack_trace
    return at


def draft(at: AppTest) -> session.Draft:
    return at.session_state["draft"]


def html(at: AppTest) -> str:
    return "\n".join(block.proto.body for block in at.get("html"))


def wait(at: AppTest, what: Callable[[], bool], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)
        checked(at.run())


def test_the_first_page_is_ready_to_train_the_default_network(page: AppTest) -> None:
    assert draft(page).config == TrainingConfig()
    assert page.button("main-button").label == "Train"
    assert not page.button("main-button").disabled
    assert page.selectbox("preset").value == "lenet"
    assert "24\u00d724\u00d78" in html(page)
    assert not page.error


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_replaces_all_settings(page: AppTest, name: str) -> None:
    checked(page.selectbox("preset").set_value(name).run())
    assert draft(page).config == PRESETS[name].config
    assert not page.error
    assert page.selectbox("preset").value == name


def test_a_changed_setting_is_no_preset_any_more(page: AppTest) -> None:
    checked(page.select_slider("form--batch_size").set_value(128).run())
    assert draft(page).config.batch_size == 128
    assert page.selectbox("preset").value == "your own settings"


def test_a_layer_that_cannot_work_is_explained_in_its_row_and_stops_training(page: AppTest) -> None:
    flatten = draft(page).rows[6]
    checked(page.button(f"remove-{flatten.id}").click().run())
    assert "Add Flatten before it" in html(page)
    assert page.button("main-button").disabled
    assert page.button("step").disabled
    assert "Layer 7: Dense needs flat input" in page.error[0].value


def test_layers_are_moved_and_keep_their_settings(page: AppTest) -> None:
    first, second = (row.layer for row in draft(page).rows[:2])
    checked(page.button(f"down-{draft(page).rows[0].id}").click().run())
    assert [row.layer for row in draft(page).rows[:2]] == [second, first]
    checked(page.button(f"up-{draft(page).rows[1].id}").click().run())
    assert draft(page).config == TrainingConfig()


def test_the_main_number_of_a_layer_is_changed_in_its_row(page: AppTest) -> None:
    row = draft(page).rows[7]
    checked(page.number_input(f"form-row-row{row.id}-units").set_value(64).run())
    assert draft(page).config.layers[7] == Dense(units=64)
    assert "16,448 par." in html(page)  # 256 * 64 + 64


def test_dropout_is_added_before_the_output_and_its_slider_changes_the_layer(page: AppTest) -> None:
    checked(page.button("add-dropout").click().run())
    assert draft(page).config.layers[-2:] == (Dropout(), Dense(units=10))
    row = draft(page).rows[-2]
    checked(page.slider(f"form-side-row{row.id}-drop").set_value(0.2).run())
    assert draft(page).config.layers[-2] == Dropout(drop=0.2)
    assert page.number_input(f"form-row-row{row.id}-drop").value == 0.2


def test_an_optimizer_brings_its_own_fields(page: AppTest) -> None:
    checked(page.selectbox("form--optimizer").set_value("Momentum").run())
    assert [slider.label for slider in page.select_slider if slider.key.startswith("form--optimizer")] == [
        "Learning rate", "Momentum",
    ]  # fmt: skip


def test_augmentations_are_switched_on_and_set(page: AppTest) -> None:
    pills = next(each for each in page.button_group if each.key == "form--augmentation")
    checked(pills.set_value(["Shift", "Rotate"]).run())
    checked(page.slider("form--augmentation-1-degrees").set_value(20.0).run())
    assert [type(each).__name__ for each in draft(page).config.augmentation] == ["Shift", "Rotate"]
    assert draft(page).config.to_json()["augmentation"][1]["degrees"] == 20.0


def test_settings_survive_a_visit_to_another_page(page: AppTest) -> None:
    checked(page.select_slider("form--batch_size").set_value(128).run())
    checked(page.switch_page("draw").run()) if False else None
    assert draft(page).config.batch_size == 128


def test_a_run_is_started_shown_in_the_address_changed_and_stopped(page: AppTest, root: Path) -> None:
    checked(page.button("main-button").click().run())
    (run,) = runs(root)
    assert page.query_params["run"] == [run.id]
    wait(page, lambda: "running" in html(page))
    checked(page.select_slider("form--optimizer-learning_rate").set_value(0.002).run())
    assert run.control().settings == {"optimizer.learning_rate": 0.002}
    checked(page.number_input(f"form-row-row{draft(page).rows[7].id}-units").set_value(64).run())
    assert run.control().settings == {"optimizer.learning_rate": 0.002}
    assert any("layers" in block.value for block in page.markdown)
    checked(page.button("back").click().run())
    assert draft(page).config == TrainingConfig().with_values({"optimizer.learning_rate": 0.002})
    checked(page.button("main-button").click().run())
    wait(page, lambda: page.button("main-button").label == "Resume")
    checked(page.button("stop").click().run())
    wait(page, lambda: page.button("main-button").label == "Train")
    assert run.status().reason == "stopped"


def test_a_second_tab_finds_the_run_and_its_settings(page: AppTest, root: Path) -> None:
    checked(page.selectbox("preset").set_value("dense").run())
    checked(page.button("main-button").click().run())
    (run,) = runs(root)
    second = open_page(run.id)
    assert draft(second).config == PRESETS["dense"].config
    assert second.button("main-button").label == "Pause"
    checked(page.select_slider("form--optimizer-learning_rate").set_value(0.002).run())
    checked(second.run())
    assert draft(second).config.optimizer.learning_rate == 0.002
    checked(second.button("stop").click().run())
    wait(page, lambda: page.button("main-button").label == "Train")


def test_a_run_from_a_shell_can_be_opened_and_one_that_nobody_took_be_started(root: Path) -> None:
    config = TrainingConfig(
        data=DataConfig(train_images=100, validation_images=50), layers=(Flatten(), Dense(units=10)), epochs=1
    )
    RunFolder.create(root, config, "from-a-shell")
    page = open_page("from-a-shell")
    assert draft(page).config == config
    assert page.button("main-button").label == "Continue"
    checked(page.button("main-button").click().run())
    wait(page, lambda: page.button("main-button").label == "Train")
    assert "test images" in html(page)


@pytest.mark.parametrize("name", ["no-such-run", "../../etc/passwd", "<b>x</b>"])
def test_an_address_with_a_run_that_is_not_there_says_so(root: Path, name: str) -> None:
    page = open_page(name)
    assert page.error
    assert page.button("main-button").label == "Train"
    assert "run" not in page.query_params


def test_a_damaged_run_is_said_not_shown_as_an_error_of_the_program(root: Path) -> None:
    run = RunFolder.create(root, TrainingConfig(), "damaged")
    run.config_file.write_text("{")
    page = open_page("damaged")
    assert "damaged" in page.error[0].value


def canvas_value(image: np.ndarray[Any, Any]) -> dict[str, Any]:
    """What the canvas component sends for a drawing, uint8 (height, width, 4)."""
    png = base64.b64encode(cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA))[1].tobytes()).decode()
    raw = {"objects": [{"type": "Path", "left": 1, "top": 2}]}
    return {"drawing": {"raw": raw, "data": f"data:image/png;base64,{png}"}, "backgroundFit": None}


def one() -> np.ndarray[Any, Any]:
    """A vertical stroke, as the pad draws it."""
    image = np.zeros((300, 300, 4), np.uint8)
    image[..., 3] = 255
    cv2.line(image, (150, 60), (150, 240), (255, 255, 255, 255), 18)
    return image


def test_a_drawing_is_read_by_the_run_and_survives_clear_and_undo(root: Path) -> None:
    config = TrainingConfig(
        data=DataConfig(train_images=3000, validation_images=100), layers=(Flatten(), Dense(units=10)), epochs=2
    )
    RunFolder.create(root, config, "short")
    page = open_page("short")
    assert "No network can read yet" in html(page) or "Nothing is drawn" in html(page)
    checked(page.button("main-button").click().run())
    wait(page, lambda: page.button("main-button").label == "Train")
    assert "Nothing is drawn yet" in html(page)
    page.session_state["canvas1"] = canvas_value(one())
    checked(page.run())
    assert "<b>1</b>" in html(page)
    checked(page.button("pad-undo").click().run())
    assert "Nothing is drawn yet" in html(page)


def test_cached_objects_are_not_shared_between_tests(root: Path) -> None:
    assert session.runs().root == root.resolve()
    assert st.cache_resource is not None
