"""The curves of a run, and what can be chosen of them."""

from dataclasses import dataclass

import streamlit as st

from dashboard import chart_options
from dashboard.charts import FURTHER, accuracy_figure, further_figure, loss_figure
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from engine.history import History

HEIGHT, SMALL_HEIGHT = 260, 150


@dataclass(frozen=True)
class View:
    """What all curves of the page share: x is a column of the history, at_step the step to which it is rewound."""

    run_id: str
    x: str
    smoothing: float
    at_step: int | None


def render(history: History, run_id: str, at_step: int | None) -> View:
    """Loss and accuracy. at_step: the step to which the run is rewound."""
    x, smoothing, log = _options()
    loss = loss_figure(history, x=x, smoothing=smoothing, log=log, at_step=at_step)
    accuracy = accuracy_figure(history, x=x, smoothing=smoothing, at_step=at_step)
    live_chart(loss, "loss", run_id, HEIGHT, say("loss over the run"))
    live_chart(accuracy, "accuracy", run_id, HEIGHT, say("accuracy over the run"))
    return View(run_id, x, smoothing, at_step)


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
    for name in [name for name in FURTHER if name in (names or [])]:
        quantity = FURTHER[name]
        figure = further_figure(history, name, x=view.x, smoothing=view.smoothing, at_step=view.at_step)
        st.caption(f"**{translated(quantity.label)}.** {translated(quantity.words)}")
        live_chart(
            figure,
            f"curve-{name}",
            view.run_id,
            SMALL_HEIGHT,
            say("{label} over the run", label=translated(quantity.label)),
        )


def _options() -> tuple[str, float, bool]:
    """(column along the bottom, smoothing, logarithmic loss)"""
    with st.container(horizontal=True, vertical_alignment="bottom", key="chart-options", gap="medium"):
        x = chart_options.choice(say("Along the bottom"), chart_options.X_AXES, "chart-x")
        log = chart_options.log_loss("chart-log")
        return x, chart_options.smoothing("chart-smoothing"), log
