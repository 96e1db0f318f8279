"""Every settings class of the engine has a form, and what the form reports makes equal settings again."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.settings import forms
from dashboard.settings.steps import slider_steps
from engine.augment import Augmentation, Shift
from engine.config import DataConfig, Penalty, Stopping, TrainingConfig
from engine.initializers import Initializer
from engine.layers import Conv, Dense, Dropout, LeakyReLU, ReLU
from engine.layers.base import Layer
from engine.losses import Loss
from engine.optimizers import SGD, Adam, Momentum, Optimizer
from engine.schedules import Schedule
from engine.spec import Option, Settings, describe

FAMILIES = (Layer, Loss, Optimizer, Schedule, Initializer, Augmentation)
CLASSES = [cls for family in FAMILIES for cls in family.members().values()] + [DataConfig, Penalty, Stopping]


def page(settings: Settings, reports: list[tuple[str, Any]]) -> AppTest:
    """A page with nothing but the form; what it reports is added to `reports`."""

    def script(settings, reports):  # type: ignore[no-untyped-def]  # only its body goes into the page
        from dashboard.settings.forms import Form

        Form(lambda path, value: reports.append((path, value))).fields(settings, "here")

    return AppTest.from_function(script, args=(settings, reports), default_timeout=20).run()


def widgets(at: AppTest) -> list[Any]:
    """All widgets that a form may use."""
    kinds = (at.select_slider, at.slider, at.number_input, at.selectbox, at.toggle, at.text_input, at.button_group)
    return [widget for kind in kinds for widget in kind]


def another(value: Any, annotation: Any, details: Option) -> Any:
    """A valid value that is not the present one."""
    if annotation is bool:
        return not value
    if value == ():
        return (Shift(),)
    if annotation is str and not details.choices:
        return value + "x"
    candidates = details.choices or slider_steps(annotation, details) or (details.low, details.high)
    return annotation(next(each for each in candidates if each != value))


def shown(value: Any) -> Any:
    """A setting's value as its widget has it: several settings classes are known by their names."""
    return [type(each).__name__ for each in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_class_has_a_widget_for_each_field_which_shows_and_explains_it(cls: type[Settings]) -> None:
    at = page(cls(), [])
    assert not at.exception
    found = {widget.key.rpartition("-")[2]: widget for widget in widgets(at)}
    assert list(sorted(found)) == sorted(name for name, _, _ in describe(cls))
    for name, widget in found.items():
        assert widget.value == shown(getattr(cls(), name))
        assert widget.label
        assert widget.help


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_what_each_widget_reports_makes_the_settings_that_it_shows(cls: type[Settings]) -> None:
    for name, annotation, details in describe(cls):
        reports: list[tuple[str, Any]] = []
        at = page(cls(), reports)
        value = another(getattr(cls(), name), annotation, details)
        widget = next(each for each in widgets(at) if each.key.endswith(f"-{name}"))
        widget.set_value(shown(value)).run()
        assert not at.exception
        assert [path for path, _ in reports] == [f"here.{name}"]
        data = cls().to_json() | {name: reports[0][1]}
        assert getattr(cls.from_json(data), name) == value


def test_a_member_of_a_family_is_exchanged_and_keeps_what_has_the_same_name() -> None:
    changed = forms.converted(Adam(learning_rate=0.02, momentum=0.5, decay=0.9), Momentum)
    assert changed == Momentum(learning_rate=0.02, momentum=0.5)
    assert forms.converted(Momentum(), SGD) == SGD()  # a default of one class is not taken for a wish
    assert forms.converted(Dense(units=20), Conv) == Conv()


def test_a_value_between_the_steps_of_a_slider_is_shown_as_it_is() -> None:
    at = page(SGD(learning_rate=0.0123), [])
    assert at.select_slider[0].value == 0.0123
    assert "0.0123" in at.select_slider[0].options


def test_the_whole_config_can_be_drawn_as_one_form() -> None:
    assert not page(TrainingConfig(), []).exception


@pytest.mark.parametrize(
    ("annotation", "details", "expected"),
    [
        (int, Option(low=1, high=16, log=True), [1, 2, 4, 8, 16]),
        (int, Option(low=10, high=100, log=True), [10, 15, 20, 30, 50, 70, 100]),
        (float, Option(low=0.1, high=1.0, log=True), [0.1, 0.15, 0.2, 0.3, 0.5, 0.7, 1.0]),
        (float, Option(low=0.0, high=1e-5, log=True), [0.0, 1e-6, 1.5e-6, 2e-6, 3e-6, 5e-6, 7e-6, 1e-5]),
        (float, Option(low=0.0, high=0.95), []),
        (int, Option(low=1, high=4096), []),
    ],
)
def test_steps_of_sliders(annotation: type, details: Option, expected: list[float]) -> None:
    assert slider_steps(annotation, details) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LeakyReLU", "Leaky ReLU"),
        ("MeanSquaredError", "Mean Squared Error"),
        ("RMSProp", "RMSProp"),
        ("AdamW", "AdamW"),
        ("SGD", "SGD"),
        ("batch_size", "Batch size"),
    ],
)
def test_names_become_words(name: str, expected: str) -> None:
    assert forms.words(name) == expected


def test_a_new_class_is_in_the_menu_of_its_family() -> None:
    assert forms.family_of(ReLU()) is Layer
    assert set(forms.family_of(LeakyReLU()).members()) >= {"ReLU", "Conv", "Dropout"}
    assert Dropout.group == "regularization"
