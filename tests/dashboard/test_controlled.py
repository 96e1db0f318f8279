"""Controlled widgets follow the value that they are given, and nothing but a person changes it."""

from typing import Any

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
