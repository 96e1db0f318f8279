"""Units one by one: which are dead, which matter, and what happens without them."""

import time
from functools import partial
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.inside import ablation_panel, ranking_panel
from dashboard.inside.desk import UnitsDesk
from dashboard.inside.held_back import HeldBack, held_back
from dashboard.inside.layer_names import layer_title
from dashboard.inside.subject import Key, Subject
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.explain.liveness import LayerLife, hidden_layers, liveness

PATIENCE = 0.6  # seconds that a page which does not poll waits
REFRESH = 4.0  # seconds after which weights that change are looked at again
MOST_NAMED = 20  # units that are named one by one


def render(subject: Subject) -> None:
    """The section."""
    desk = session.kept("inside-units", UnitsDesk)
    held = held_back(subject.model, PATIENCE)
    if held.result is None:
        st.caption(literal(translated(held.problem)) or say("Reading the validation images …"))
        if not held.done:
            subject.wants_polling()
        return
    layers = hidden_layers(subject.model)
    if not layers:
        st.caption(say("This network has no hidden layer: its units are the answers themselves."))
        return
    model, key = _looked_at(desk, subject)
    if desk.layer not in layers:
        desk.layer = layers[0]
    with st.container(key="units-life", gap="xsmall"):
        _life(desk, subject, model, key, held.result)
    _choices(desk, model, layers)
    with st.container(key="units-off", gap="small"):
        ablation_panel.render(desk, subject, model, key, held.result)
    with st.container(key="units-ranking", gap="small"):
        ranking_panel.render(desk, subject, model, key, held.result)


def _choices(desk: UnitsDesk, model: Model, layers: list[int]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="units-choice", gap="medium"):
        controlled(
            st.selectbox,
            say("Layer"),
            "units-layer",
            desk.layer,
            lambda layer: setattr(desk, "layer", layer),
            options=layers,
            format_func=lambda number: layer_title(model, number),
            width=230,
        )
        fills = {"zero": say("to 0"), "mean": say("to its mean")}
        controlled(
            st.segmented_control,
            say("Switching off sets the answer"),
            "units-fill",
            desk.fill,
            partial(_fill, desk),
            options=list(fills),
            required=True,
            format_func=fills.__getitem__,
            help=say(
                "0 takes away the unit's usual answer too, which shifts all that follows. Its mean over the validation "
                "images only takes away what it tells one image from another by."
            ),
        )


def _fill(desk: UnitsDesk, wish: str | None) -> None:
    desk.fill = wish or desk.fill


def _looked_at(desk: UnitsDesk, subject: Subject) -> tuple[Model, Key]:
    """The weights that all of this section speaks of: while they change, those of a moment ago."""
    of = subject.run.path if subject.run is not None else subject.path
    model, key = desk.model, desk.key
    same = desk.of == of and model is not None and model.config.layers == subject.model.config.layers
    if not same:
        desk.off = {}
    if model is None or key is None or not same or not subject.live or time.monotonic() - desk.when > REFRESH:
        if key != subject.key and not subject.live:
            desk.newest = {}
        model, key = subject.model, subject.key
        desk.of, desk.model, desk.key, desk.when = of, model, key, time.monotonic()
    return model, key


def _life(desk: UnitsDesk, subject: Subject, model: Model, key: Key, held: HeldBack) -> None:
    """Which units do nothing any more, by name."""
    asked = session.jobs().ask(
        ("inside life", key, held.key),
        lambda tell: liveness(model, held.images, tell),
    )  # the page waits for the ranking, which is worked out meanwhile
    if not asked.done:
        subject.wants_polling()
    found: list[LayerLife] | None = asked.result or desk.newest.get("life")
    if found is None:
        st.caption(literal(translated(asked.problem)) or say("Looking at all units …"))
        return
    desk.newest["life"] = found
    sentences = [sentence for each in found for sentence in life_sentences(model, each)]
    if not sentences:
        units, images = sum(each.units for each in found), found[0].images
        text = say(
            "All {units:,} hidden units are alive: each tells some of {images:,} validation images from others.",
            units=units,
            images=images,
        )
        st.success(text, icon=":material/check_circle:")
    for sentence in sentences:
        st.warning(literal(sentence), icon=":material/warning:")


def life_sentences(model: Model, life: LayerLife) -> list[str]:
    """What is wrong with a layer's units, and what to do about it; nothing where all is well."""

    def values(units: tuple[int, ...]) -> dict[str, Any]:
        return {
            "layer": layer_title(model, life.layer),
            "units": named(units, life.units),
            "images": life.images,
            "activation": life.activation,
        }

    dead = say(
        "{layer}: {units} never answers to any of {images:,} validation images. No gradient comes through a dead unit, "
        "so it stays dead. Lower the learning rate, take LeakyReLU or put BatchNorm before ReLU, and train anew.",
        **values(life.dead),
    )
    saturated = say(
        "{layer}: {units} is saturated: at least 95 % of the answers to {images:,} validation images are at an end of "
        "{activation}, where it is flat. Start with smaller weights, lower the learning rate, or put BatchNorm before "
        "it.",
        **values(life.saturated),
    )
    always_on = say(
        "{layer}: {units} is always on: ReLU never cuts anything off, for any of {images:,} validation images. It only "
        "does what a linear unit would.",
        **values(life.always_on),
    )
    constant = say(
        "{layer}: {units} gives the same answer to all of {images:,} validation images. It tells nothing; the next "
        "layer's bias could do its work.",
        **values(life.constant),
    )
    told = ((life.dead, dead), (life.saturated, saturated), (life.always_on, always_on), (life.constant, constant))
    return [sentence for units, sentence in told if units]


def named(units: tuple[int, ...], count: int) -> str:
    """ "each of the units 3, 17, 40 (3 of 64)"; of very many, the first."""
    numbers = ", ".join(f"{unit + 1:,}" for unit in units[:MOST_NAMED])
    if len(units) == 1:
        return say("unit {numbers} (1 of {count:,})", numbers=numbers, count=count)
    if len(units) == count:
        return say("each of all {count:,} units", count=count)
    if len(units) > MOST_NAMED:
        rest = len(units) - MOST_NAMED
        return say(
            "each of the units {numbers} and {rest:,} others ({some:,} of {count:,})",
            numbers=numbers,
            rest=rest,
            some=len(units),
            count=count,
        )
    return say("each of the units {numbers} ({some:,} of {count:,})", numbers=numbers, some=len(units), count=count)
