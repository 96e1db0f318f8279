"""The sidebar: what to learn from, the network, how it learns."""

import math
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from dashboard import session, style
from dashboard.charts import learning_rate_figure
from dashboard.hand import hand_settings
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.settings import data_menu, forms, layer_editor, locks, preset_menu
from dashboard.settings.stack import StackCheck, check, planned
from dashboard.sharing import address, expectation
from engine.config import TrainingConfig
from engine.layers import Dropout
from engine.schedules import Constant
from engine.spec import Option

FIRST = ("learning_rate", "momentum")  # of an optimizer's fields; they show without a click
MORE_DATA = ("validation_images", "scaling", "label_noise", "added_images", "added_by")
LEARNING = ("loss", "optimizer", "schedule", "initializer", "clip_norm", "average")
RARELY = ("max_steps", "validate_every", "parts")
SCHEDULE_HEIGHT = 150  # pixels


def render() -> StackCheck:
    """Draw it, and tell whether the network can be trained."""
    with st.sidebar, st.container(key="settings", gap="xsmall"):
        address.render_notice()
        preset_menu.render()
        _data()
        checked = check(session.draft().config)
        if locks.shows("layers"):
            style.heading(say("Network"))
            layer_editor.render(checked)
        _learning()
        _regularization()
        _augmentation()
        _run()
    return checked


@contextmanager
def more(label: str, *paths: str) -> Iterator[bool]:
    """What is needed less often, one click away. Closed, its widgets are not even made: the page opens sooner.

    paths: the settings in it, where it has some; it is left out where all of them are hidden.
    """
    if paths and not locks.shows(*paths):
        yield False
        return
    expander = st.expander(translated(label), key=forms.css_key(label), on_change="rerun")
    with expander:
        yield bool(expander.open)


def _data() -> None:
    draft = session.draft()
    if not locks.shows("data"):
        return
    style.heading(say("Data"))
    images = data_menu.render()
    form = forms.Form(
        draft.put,
        labels={"train_images": say("Training images")},
        highs={"train_images": images, "validation_images": max(images // 3, 10), "added_images": images},
    )
    form.fields(draft.rest.data, "data", only=("train_images",))
    hand_settings.render()
    with more("More on the data", *(f"data.{name}" for name in MORE_DATA)) as open_now:
        if open_now:
            form.fields(draft.rest.data, "data", only=MORE_DATA)


def _learning() -> None:
    draft = session.draft()
    rest, form = draft.rest, forms.Form(draft.put)
    if not locks.shows(*LEARNING):
        return
    style.heading(say("Learning"))
    form.menu(rest.loss, "loss", Option(say("What training makes small.")))
    form.menu(rest.optimizer, "optimizer", Option(say("The rule that changes the weights.")))
    form.fields(rest.optimizer, "optimizer", only=FIRST)
    form.menu(rest.schedule, "schedule", Option(say("How the learning rate changes over the run.")))
    form.fields(rest.schedule, "schedule", without=("warmup",))
    with st.container(key="schedule-picture", gap=None):
        if locks.shows("schedule"):
            _schedule_picture(rest)
    with more("More on learning", *LEARNING) as open_now:
        if open_now:
            form.fields(rest.optimizer, "optimizer", without=FIRST)
            form.fields(rest.schedule, "schedule", only=("warmup",))
            form.fields(rest.loss, "loss")
            form.fields(rest, only=("initializer", "clip_norm", "average"))


def _schedule_picture(config: TrainingConfig) -> None:
    """The learning rate over the run, as the settings plan it; nothing where it stays the same."""
    if config.schedule == Constant():
        return
    total = math.ceil(planned(config) / config.batch_size) * config.epochs
    total = min(total, config.max_steps or total)
    rate, schedule = config.optimizer.learning_rate, config.schedule
    first, last = (rate * schedule.factor(step, total) for step in (0, total - 1))
    words = say(
        "Learning rate from {first:.2g} to {last:.2g} over {total:,} steps.", first=first, last=last, total=total
    )
    live_chart(learning_rate_figure(schedule, rate, total), "schedule", "", SCHEDULE_HEIGHT, words)
    st.html(f'<div class="ink-others">{words}</div>')


def _regularization() -> None:
    draft = session.draft()
    if not locks.shows("layers", "penalty", "stopping"):
        return
    style.heading(say("Against overfitting"))
    _dropout(draft)
    form = forms.Form(draft.put)
    form.fields(draft.rest.penalty, "penalty", only=("l2",))
    with more("More against overfitting", "penalty", "stopping") as open_now:
        if open_now:
            form.fields(draft.rest.penalty, "penalty", without=("l2",))
            form.fields(draft.rest, only=("stopping",))


def _dropout(draft: session.Draft) -> None:
    """Dropout is a layer; its fraction is at hand here too, beside what else works against overfitting."""
    if not locks.shows("layers"):
        return
    rows = [row for row in draft.rows if isinstance(row.layer, Dropout)]
    for number, row in enumerate(rows, 1):
        label = say("Dropout") if len(rows) == 1 else say("Dropout {number}", number=number)
        form = forms.Form(draft.put, place="side", labels={"drop": label})
        form.fields(row.layer, f"row{row.id}", only=("drop",))
    if not rows:
        st.button(
            say("Add dropout"),
            key="add-dropout",
            icon=":material/add:",
            help=say("{title} The layer is put before the last one.", title=translated(Dropout.title())),
            on_click=lambda: draft.insert(draft.before_output(), "Dropout"),
            disabled=locks.current().locks("layers"),
        )


def _augmentation() -> None:
    draft = session.draft()
    if not locks.shows("augmentation"):
        return
    style.heading(say("Augmentation"))
    form = forms.Form(draft.put, labels={"augmentation": say("Random changes of each training image")})
    form.fields(draft.rest, only=("augmentation",))


def _run() -> None:
    draft = session.draft()
    form = forms.Form(draft.put)
    if not locks.shows("batch_size", "epochs", "seed", *RARELY):
        return
    style.heading(say("Run"))
    form.fields(draft.rest, only=("batch_size", "epochs", "seed"))
    with more("More on the run", *RARELY) as open_now:
        if open_now:
            form.fields(draft.rest, only=RARELY)
    expected = st.expander(say("For the lab report"), key="expected", on_change="rerun")
    if expected.open:
        with expected:
            expectation.render("train")
