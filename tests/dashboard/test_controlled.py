"""Controlled widgets follow the value that they are given, and nothing but a person changes it."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest


def page(state: dict[str, Any]) -> AppTest:
    """A page with a slider for state["value"], which is left out while state["hidden"]."""

    def script(state):  # type: ignore[no-untyped-def]  # only its body goes into the page
        import streamlit as st

        from dashboard.controlled import controlled

        def changed(value):  # type: ignore[no-untyped-def]
            state["value"] = value
            state["reports"] = state.get("reports", 0) + 1

        if not state.get("hidden"):
            controlled(st.slider, "Slider", "slider", state["value"], changed, min_value=0, max_value=9)

    return AppTest.from_function(script, args=(state,)).run()


def test_a_change_by_a_person_is_reported_once() -> None:
    state: dict[str, Any] = {"value": 3}
    app = page(state)
    app.slider[0].set_value(5).run()
    app.run()
    assert state == {"value": 5, "reports": 1}
    assert app.slider[0].value == 5


def test_a_change_from_elsewhere_is_shown_and_not_reported() -> None:
    state: dict[str, Any] = {"value": 3}
    app = page(state)
    app.slider[0].set_value(5).run()
    state["value"] = 7
    app.run()
    assert app.slider[0].value == 7
    app.run()
    assert state == {"value": 7, "reports": 1}


def test_the_value_survives_that_the_widget_is_left_out_for_a_while() -> None:
    state: dict[str, Any] = {"value": 3}
    app = page(state)
    app.slider[0].set_value(5).run()
    state["hidden"] = True
    app.run()
    state["hidden"] = False
    app.run()
    assert app.slider[0].value == 5
    assert state["value"] == 5


WIDGETS = ("pills", "segmented_control", "selectbox", "select_slider")


def choice_page(state: dict[str, Any]) -> AppTest:
    """A page with one of the widgets that choose, for state["value"] among state["options"]."""

    def script(state):  # type: ignore[no-untyped-def]  # only its body goes into the page
        import streamlit as st

        from dashboard.controlled import controlled

        def changed(value):  # type: ignore[no-untyped-def]
            state["value"] = value
            state["reports"] = state.get("reports", 0) + 1

        widget = getattr(st, state["widget"])
        controlled(widget, "Choice", "choice", state["value"], changed, options=list(state["options"]))

    return AppTest.from_function(script, args=(state,)).run()


def shown_choice(at: AppTest, kind: str) -> Any:
    assert not at.exception, at.exception[0].stack_trace
    return at.get("button_group" if kind in ("pills", "segmented_control") else kind)[0]


@pytest.mark.parametrize("kind", WIDGETS)
def test_the_first_choice_may_go_when_it_is_no_longer_the_value(kind: str) -> None:
    state: dict[str, Any] = {"widget": kind, "value": 7, "options": [1, 2, 7]}
    app = choice_page(state)
    shown_choice(app, kind).set_value(2).run()
    state["options"] = [1, 2]
    found = shown_choice(app.run(), kind)
    assert [str(each) for each in getattr(found, "options", [])] == ["1", "2"]
    assert found.value == 2
    shown_choice(app.run(), kind).set_value(1).run()
    assert state["value"] == 1
    assert state["reports"] == 2


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_choice_stays_chosen_when_others_come(kind: str) -> None:
    state: dict[str, Any] = {"widget": kind, "value": 1, "options": [1, 2]}
    app = choice_page(state)
    shown_choice(app, kind).set_value(2).run()
    state["options"] = [1, 2, 3]
    assert shown_choice(app.run(), kind).value == 2
    assert shown_choice(app.run(), kind).value == 2
    assert state == {"widget": kind, "value": 2, "options": [1, 2, 3], "reports": 1}


@pytest.mark.parametrize("kind", WIDGETS)
def test_a_value_that_cannot_be_chosen_does_no_harm(kind: str) -> None:
    state: dict[str, Any] = {"widget": kind, "value": 9, "options": [1, 2]}
    app = choice_page(state)
    shown_choice(app.run(), kind)
    version = dict(app.session_state["mounted"])
    shown_choice(app.run(), kind)
    assert app.session_state["mounted"] == version
