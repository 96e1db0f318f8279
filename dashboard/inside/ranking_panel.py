"""All units of a layer by what they are worth."""

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.charts.worth import class_worth_figure, worth_figure
from dashboard.inside.desk import UnitsDesk, inside_desk
from dashboard.inside.held_back import HeldBack
from dashboard.inside.subject import Key, Subject
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.markdown import literal
from engine import Model
from engine.explain.ablation import Ranking, rank

MOST_BARS, MOST_COLUMNS = 80, 40
PATIENCE = 0.7  # seconds that a page which does not poll waits: by then there is something to show


def render(desk: UnitsDesk, subject: Subject, model: Model, key: Key, held: HeldBack) -> None:
    """The ranking of the chosen layer. While the run trains it is found once for each press: it costs a core."""
    st.markdown(f"**{say('What each unit is worth')}**")
    name = (desk.layer, desk.fill)
    if subject.live:
        if desk.newest.get("ranked") is None or desk.newest["ranked"][0] != name:
            desk.newest["ranked"] = (name, key, model)
        st.button(
            say("Rank again with the newest weights"),
            key="units-rank-again",
            type="tertiary",
            icon=":material/refresh:",
            on_click=lambda: desk.newest.pop("ranked", None),
        )
        _, key, model = desk.newest["ranked"]
    layer, fill = name
    asked = session.jobs().ask(
        ("inside ranking", key, held.key, layer, fill),
        lambda tell: rank(model, held.images, held.labels, layer, fill, tell),
        0.0 if subject.live or inside_desk().polling else PATIENCE,
        rank=1,
    )
    if not asked.done:
        subject.wants_polling()
        st.progress(min(asked.share, 1.0), say("Switching every unit off, one after the other …"))
    found: Ranking | None = asked.result or asked.partial
    if asked.problem:
        st.caption(literal(translated(asked.problem)))
    if found is not None:
        _show(found)


def _show(found: Ranking) -> None:
    order, worth = found.order(), 100 * found.worth
    bars = order[:MOST_BARS]
    names = [str(int(unit) + 1) for unit in order]
    words = in_words(found)
    st.markdown(words)
    live_chart(
        worth_figure(names[:MOST_BARS], worth[bars], say("unit"), say("accuracy lost, points")),
        "worth",
        f"{found.layer}",
        230,
        words,
    )
    columns = order[:MOST_COLUMNS]
    totals = np.maximum(found.totals, 1)[:, np.newaxis]
    fallen = 100 * (found.right[:, np.newaxis] - found.right_without[columns].T) / totals
    label = say("By how much each class is found less often without each unit")
    height = max(230, 60 + 17 * len(found.totals))
    live_chart(
        class_worth_figure(names[:MOST_COLUMNS], fallen, say("unit"), say("class")),
        "worth-classes",
        f"{found.layer}",
        height,
        label,
    )
    st.caption(
        say(
            "Above: by how much the accuracy on {images:,} validation images falls when one unit is switched off, the "
            "most important first; a bar below 0 is a unit without which the network reads better. Below: the same for "
            "each class; orange means that the class needs the unit. A flat ranking means that many units share the "
            "work; one tall bar, that the network leans on one of them, which Dropout would not let it.",
            images=found.images,
        )
    )


def in_words(found: Ranking) -> str:
    """The most important unit, and how many could go."""
    worth, best = found.worth, int(found.order()[0])
    before = found.right.sum() / max(found.images, 1)
    idle = int(np.count_nonzero(worth <= 0))
    fallen = (found.right - found.right_without[best]) / np.maximum(found.totals, 1)
    words = say(
        "Unit {unit:,} is worth most: without it the accuracy falls from {before:.1f} % to {after:.1f} %, most for "
        "the {digit}.",
        unit=best + 1,
        before=100 * float(before),
        after=100 * float(before - worth[best]),
        digit=int(fallen.argmax()),
    )
    if worth[best] <= 0:
        words = say("No single unit of this layer matters for the accuracy.")
    return words + " " + say("{idle:,} of {count:,} could go one by one at no cost.", idle=idle, count=len(worth))
