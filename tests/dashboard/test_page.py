"""The page without a browser: what it shows, and what its controls do."""

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Dropout, Flatten
from engine.presets import PRESETS
from engine.rundir import RunFolder, runs
from tests.dashboard.shown import checked, html, until

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture
def app(root: Path) -> AppTest:
    return open_page()


def main_button(app):
    """Train, Pause, Resume or Continue, whichever stands there."""
    return next(button for button in app.button if (button.key or "").startswith("main-"))


def open_page(run_id: str = "") -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=30)
    if run_id:
        at.query_params["run"] = run_id
    return checked(at.run())


def draft(at: AppTest) -> session.Draft:
    return at.session_state["draft"]


def test_the_first_page_is_ready_to_train_the_default_network(app: AppTest) -> None:
    assert draft(app).config == TrainingConfig()
    assert main_button(app).label == "Train"
    assert not main_button(app).disabled
    assert app.selectbox("preset").value == "lenet"
    assert "24\u00d724\u00d78" in html(app)
    assert not app.error


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_replaces_all_settings(app: AppTest, name: str) -> None:
    checked(app.selectbox("preset").set_value(name).run())
    assert draft(app).config == PRESETS[name].config
    assert not app.error
    assert app.selectbox("preset").value == name


def test_a_changed_setting_is_no_preset_any_more(app: AppTest) -> None:
    checked(app.select_slider("form--batch_size").set_value(128).run())
    assert draft(app).config.batch_size == 128
    assert app.selectbox[0].value == "your own settings"


def test_a_layer_that_cannot_work_is_explained_in_its_row_and_stops_training(app: AppTest) -> None:
    flatten = draft(app).rows[6]
    checked(app.button(f"remove-{flatten.id}").click().run())
    assert "Add Flatten before it" in html(app)
    assert main_button(app).disabled
    assert app.button("step").disabled
    assert "Layer 7: Dense needs flat input" in app.error[0].value.replace("\\", "")


def test_a_change_that_was_on_its_way_to_a_removed_layer_is_dropped(app: AppTest) -> None:
    row = draft(app).rows[7]
    draft(app).remove(row.id)
    draft(app).put(f"row{row.id}.units", 64)
    assert len(draft(app).rows) == 9


def test_layers_are_moved_and_keep_their_settings(app: AppTest) -> None:
    first, second = (row.layer for row in draft(app).rows[:2])
    checked(app.button(f"down-{draft(app).rows[0].id}").click().run())
    assert [row.layer for row in draft(app).rows[:2]] == [second, first]
    checked(app.button(f"up-{draft(app).rows[1].id}").click().run())
    assert draft(app).config == TrainingConfig()


def test_the_main_number_of_a_layer_is_changed_in_its_row(app: AppTest) -> None:
    row = draft(app).rows[7]
    checked(app.number_input(f"form-row-row{row.id}-units").set_value(64).run())
    assert draft(app).config.layers[7] == Dense(units=64)
    assert "16,448 par." in html(app)  # 256 * 64 + 64


def test_dropout_is_added_before_the_output_and_its_slider_changes_the_layer(app: AppTest) -> None:
    checked(app.button("add-dropout").click().run())
    assert draft(app).config.layers[-2:] == (Dropout(), Dense(units=10))
    row = draft(app).rows[-2]
    checked(app.slider(f"form-side-row{row.id}-drop").set_value(0.2).run())
    assert draft(app).config.layers[-2] == Dropout(drop=0.2)
    shown = next(each for each in app.number_input if each.key.startswith(f"form-row-row{row.id}-drop"))
    assert shown.value == 0.2


def test_an_optimizer_brings_its_own_fields(app: AppTest) -> None:
    checked(app.selectbox("form--optimizer").set_value("Momentum").run())
    assert [slider.label for slider in app.select_slider if slider.key.startswith("form--optimizer")] == [
        "Learning rate", "Momentum",
    ]  # fmt: skip


def test_augmentations_are_switched_on_and_set(app: AppTest) -> None:
    pills = next(each for each in app.button_group if each.key == "form--augmentation")
    checked(pills.set_value(["Shift", "Rotate"]).run())
    checked(app.slider("form--augmentation-1-degrees").set_value(20.0).run())
    assert [type(each).__name__ for each in draft(app).config.augmentation] == ["Shift", "Rotate"]
    assert draft(app).config.to_json()["augmentation"][1]["degrees"] == 20.0


def test_a_run_is_started_shown_in_the_address_changed_and_stopped(app: AppTest, root: Path) -> None:
    checked(main_button(app).click().run())
    (run,) = runs(root)
    assert app.query_params["run"] == run.id
    until(app, lambda: "running" in html(app), 30)
    checked(app.select_slider("form--optimizer-learning_rate").set_value(0.002).run())
    assert run.control().settings == {"optimizer.learning_rate": 0.002}
    checked(app.number_input(f"form-row-row{draft(app).rows[7].id}-units").set_value(64).run())
    assert run.control().settings == {"optimizer.learning_rate": 0.002}
    assert any("layers" in block.value for block in app.markdown)
    checked(app.button("back").click().run())
    assert draft(app).config == TrainingConfig().with_values({"optimizer.learning_rate": 0.002})
    checked(main_button(app).click().run())
    until(app, lambda: main_button(app).key == "main-resume", 30)
    checked(app.button("stop").click().run())
    until(app, lambda: main_button(app).key == "main-train", 30)
    assert run.status().reason == "stopped"


def test_a_second_tab_finds_the_run_and_its_settings(app: AppTest, root: Path) -> None:
    checked(app.selectbox("preset").set_value("dense").run())
    checked(main_button(app).click().run())
    (run,) = runs(root)
    second = open_page(run.id)
    assert draft(second).config == PRESETS["dense"].config
    assert main_button(second).label == "Pause"
    checked(app.select_slider("form--optimizer-learning_rate").set_value(0.002).run())
    checked(second.run())
    assert draft(second).config.optimizer.learning_rate == 0.002
    checked(second.button("stop").click().run())
    until(app, lambda: main_button(app).label == "Train", 30)


def test_a_run_from_a_shell_can_be_opened_and_one_that_nobody_took_be_started(root: Path) -> None:
    config = TrainingConfig(
        data=DataConfig(train_images=100, validation_images=50), layers=(Flatten(), Dense(units=10)), epochs=1
    )
    RunFolder.create(root, config, "from-a-shell")
    app = open_page("from-a-shell")
    assert draft(app).config == config
    assert main_button(app).label == "Continue"
    checked(main_button(app).click().run())
    until(app, lambda: main_button(app).label == "Train", 30)
    assert "test images" in html(app)


@pytest.mark.parametrize("name", ["no-such-run", "../../etc/passwd", "<b>x</b>"])
def test_an_address_with_a_run_that_is_not_there_says_so(root: Path, name: str) -> None:
    app = open_page(name)
    assert app.error
    assert main_button(app).label == "Train"
    assert "run" not in app.query_params


def test_a_damaged_run_is_said_not_shown_as_an_error_of_the_program(root: Path) -> None:
    run = RunFolder.create(root, TrainingConfig(), "damaged")
    run.config_file.write_text("{")
    app = open_page("damaged")
    assert "damaged" in app.error[0].value


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
    app = open_page("short")
    assert "No network can read yet" in html(app) or "Nothing is drawn" in html(app)
    checked(main_button(app).click().run())
    until(app, lambda: main_button(app).label == "Train", 30)
    assert "Nothing is drawn yet" in html(app)
    app.session_state["canvas1"] = canvas_value(one())
    checked(app.run())
    assert "<b>1</b>" in html(app)
    checked(app.button("pad-undo").click().run())
    assert "Nothing is drawn yet" in html(app)


def test_the_draw_page_asks_for_a_network_and_shows_how_a_drawing_is_prepared(root: Path) -> None:
    def script():  # type: ignore[no-untyped-def]  # only its body goes into the page
        from dashboard import session
        from dashboard.views import draw

        session.follow_address("draw")
        draw.render()

    app = checked(AppTest.from_function(script, default_timeout=30).run())
    assert "No network can read yet" in html(app) or app.multiselect("readers")
    app.session_state["canvas1"] = canvas_value(one())
    checked(app.run())
    assert "without: " in html(app)


def test_a_limit_that_is_no_number_is_said_on_the_page(tmp_path, monkeypatch):
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path))
    session.runs.clear()
    monkeypatch.setenv("INKLING_QUEUE", "many")
    at = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not at.exception
    assert [each.value.replace("\\", "") for each in at.error] == [
        "INKLING_QUEUE must be a whole number, 0 for no limit; got 'many'."
    ]
    assert not at.button
