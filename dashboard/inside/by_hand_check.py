"""The gradient check of this network and image, at the press of a button."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.charts.figure import Figure, layout
from dashboard.inside.by_hand_numbers import plain
from dashboard.inside.by_hand_terms import table
from dashboard.inside.by_hand_work import check
from dashboard.inside.subject import Key, Subject
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.markdown import literal
from dashboard.palette import palette
from engine import Model
from engine.gradcheck import AGREES, STEP, WeightCheck

SMALLEST = 1e-12  # relative errors below are drawn here: a logarithm has no 0
ROWS = 12


@dataclass
class CheckDesk:
    """What was asked for by the button."""

    asked: tuple[object, ...] | None = None


def render(subject: Subject, model: Model, key: Key, label: int) -> None:
    """The button, the progress and what was found."""
    desk, image = session.kept("inside-check", CheckDesk), subject.image
    if image is None:
        return
    digest = hashlib.sha1(image.tobytes(), usedforsecurity=False).hexdigest()
    wanted = ("gradient check", key, digest, label)
    st.html(f'<div class="ink-subheading">{say("Are these gradients right?")}</div>')
    with st.container(horizontal=True, vertical_alignment="center", key="check-head", gap="small"):
        st.button(
            say("Check the gradients"),
            key="check-gradients",
            icon=":material/fact_check:",
            on_click=lambda: setattr(desk, "asked", wanted),
            disabled=desk.asked == wanted,
        )
        st.caption(
            say(
                "Moves some weights of every layer by {step} up and down, in float64, and looks what the loss does: "
                "(L(w + e) − L(w − e)) / 2e has to be what the backward pass says.",
                step=plain(STEP),
            )
        )
    with st.container(key="check-found", gap="small"):
        if desk.asked == wanted:
            _found(subject, partial(check, model.checkpoint, image, label), wanted)


def _found(subject: Subject, work: "partial[list[WeightCheck]]", wanted: tuple[object, ...]) -> None:
    progress = session.jobs().ask(wanted, work, 0.4)
    if progress.problem:
        st.caption(literal(translated(progress.problem)))
    elif progress.result is None:
        subject.wants_polling()
        st.progress(progress.share, say("Comparing gradients …"))
    else:
        show(progress.result)


def show(found: Sequence[WeightCheck]) -> None:
    """The verdict, a picture of all weights that were tried, and the arrays in a table."""
    st.markdown(verdict(found))
    live_chart(check_figure(found), "gradient-check", "", 300, verdict(found))
    st.caption(
        say(
            "Each point is a weight, each colour an array. Look for points above the line: there the two disagree. The "
            "line rises to the left, for the difference of two losses that are nearly equal is mostly rounding."
        )
    )
    st.html(_table(found))
    if any(each.kink for each in found):
        st.caption(
            say(
                "Open circles: a kink lay within the step. ReLU and max pooling bend at one point, and a difference "
                "across it is the mean of two slopes; a smaller step, on one side of it, agrees."
            )
        )


def verdict(found: Sequence[WeightCheck]) -> str:
    """In a sentence."""
    if not all(np.isfinite(each.analytic) and np.isfinite(each.numerical) for each in found):
        return say("**Nothing can be compared:** the loss or a gradient is not finite. This network has diverged.")
    wrong = [each for each in found if not each.agrees]
    if wrong:
        names = ", ".join(dict.fromkeys(f"`{each.name}`" for each in wrong))
        return say(
            "**{wrong:,} of {count:,} gradients disagree**, in {names}.",
            wrong=len(wrong),
            count=len(found),
            names=names,
        )
    kinks = sum(each.kink for each in found)
    if kinks:
        return say(
            "**All {count:,} gradients agree**, {kinks:,} of them only with a smaller step, because of a kink.",
            count=len(found),
            kinks=kinks,
        )
    return say("**All {count:,} gradients agree.**", count=len(found))


def _table(found: Sequence[WeightCheck]) -> str:
    """Of each array the weight with the largest error."""
    head = [say("array"), say("tried"), say("worst at"), say("backward"), say("difference"), say("relative error")]
    rows = []
    for name in dict.fromkeys(each.name for each in found):
        own = [each for each in found if each.name == name]
        worst = max(own, key=lambda each: (not each.agrees, each.error))
        place = ", ".join(str(axis + 1) for axis in worst.index)
        values = [plain(worst.analytic, 7), plain(worst.numerical, 7), plain(worst.error, 2)]
        rows.append([name, str(len(own)), place, *values])
    return table(head, rows)


def check_figure(found: Sequence[WeightCheck], dark: bool = False) -> Figure:
    """Relative error over the size of the gradient, both logarithmic; one colour for each array."""
    colors = palette(dark)
    traces = []
    for number, name in enumerate(dict.fromkeys(each.name for each in found)):
        own = [each for each in found if each.name == name and 0 < _size(each) < np.inf]
        color = colors.runs[number % len(colors.runs)]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "legendgroup": name,
                "uid": name,
                "x": [_size(each) for each in own],
                "y": [max(each.error, SMALLEST) for each in own],
                "marker": {
                    "color": color,
                    "size": 8,
                    "symbol": [
                        f"{'square' if number >= len(colors.runs) else 'circle'}{'-open' * each.kink}" for each in own
                    ],
                },
                "hovertemplate": "%{x:.3g}<br>%{y:.1e}<extra>" + name + "</extra>",
            }
        )
    highest = max([each.error for each in found if np.isfinite(each.error)] + [1e-4])
    top = float(np.log10(highest)) + 0.5
    drawn = [size for each in found if 0 < (size := _size(each)) < np.inf] or [1.0]
    ends = [float(np.log10(min(drawn))) - 0.3, float(np.log10(max(drawn))) + 0.3]
    x = {"title": say("size of the gradient"), "type": "log", "exponentformat": "power", "range": ends, "nticks": 6}
    y = {"title": say("relative error"), "type": "log", "exponentformat": "power", "range": [-12.5, top], "nticks": 6}
    floor = min((each.floor for each in found), default=0.0)
    sizes = np.logspace(-11, 3, 57)
    limit = {
        "type": "scatter",
        "mode": "lines",
        "uid": "limit",
        "x": sizes.tolist(),
        "y": (AGREES + floor / sizes).tolist(),
        "line": {"color": colors.faint_text, "width": 1.5, "dash": "dot"},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    legend = {"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "font": {"size": 12}}
    many = len(traces) > 10
    return {"data": [limit, *traces], "layout": layout(colors, x, y, showlegend=not many, legend=legend)}


def _size(each: WeightCheck) -> float:
    """NaN where one of the two is."""
    return float(np.maximum(abs(each.analytic), abs(each.numerical)))
