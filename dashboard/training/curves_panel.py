"""The curves of a run, and what can be chosen of them."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from dashboard import chart_options
from dashboard.charts import FURTHER, accuracy_figure, further_figure, loss_figure
from dashboard.language import say, translated
from dashboard.live_chart import chart_data, show_chart
from engine.history import History

HEIGHT, SMALL_HEIGHT = 260, 150


@dataclass
class View:
    """What is chosen of the curves: x is a column of the history, at_step the step to which the run is rewound."""

    run_id: str
    x: str
    smoothing: float
    log: bool
    at_step: int | None
    further: list[str] = field(default_factory=list)


def render(history: History, run_id: str, at_step: int | None) -> View:
    """Loss and accuracy. at_step: the step to which the run is rewound."""
    x, smoothing, log = _options()
    view = View(run_id, x, smoothing, log, at_step)
    for key, data in _main_charts(history, view).items():
        show_chart(data, key)
    return view


def fresh_charts(history: History, view: View) -> dict[str, dict[str, Any]]:
    """All that are shown, by their key, as they are now."""
    return _main_charts(history, view) | {f"curve-{name}": _further_chart(history, view, name) for name in view.further}


def _main_charts(history: History, view: View) -> dict[str, dict[str, Any]]:
    shared: dict[str, Any] = {"x": view.x, "smoothing": view.smoothing, "at_step": view.at_step}
    loss = loss_figure(history, log=view.log, **shared)
    accuracy = accuracy_figure(history, **shared)
    return {
        "loss": chart_data(loss, view.run_id, HEIGHT, say("loss over the run")),
        "accuracy": chart_data(accuracy, view.run_id, HEIGHT, say("accuracy over the run")),
    }


def _further_chart(history: History, view: View, name: str) -> dict[str, Any]:
    figure = further_figure(history, name, x=view.x, smoothing=view.smoothing, at_step=view.at_step)
    words = say("{label} over the run", label=translated(FURTHER[name].label))
    return chart_data(figure, view.run_id, SMALL_HEIGHT, words)


def render_further(history: History, view: View) -> None:
    """Whatever else is wanted, a small chart each."""
    names = st.pills(
        say("More curves"),
        list(FURTHER),
        selection_mode="multi",
        key="chart-more",
        format_func=lambda name: translated(FURTHER[name].label),
        persist_state="session",
        label_visibility="collapsed",
        help=say("Further curves"),
    )
    view.further = [name for name in FURTHER if name in (names or [])]
    for name in view.further:
        st.caption(f"**{translated(FURTHER[name].label)}.** {translated(FURTHER[name].words)}")
        show_chart(_further_chart(history, view, name), f"curve-{name}")


def _options() -> tuple[str, float, bool]:
    """(column along the bottom, smoothing, logarithmic loss)"""
    with st.container(horizontal=True, vertical_alignment="bottom", key="chart-options", gap="medium"):
        x = chart_options.choice(say("Along the bottom"), chart_options.X_AXES, "chart-x")
        log = chart_options.log_loss("chart-log")
        return x, chart_options.smoothing("chart-smoothing"), log
