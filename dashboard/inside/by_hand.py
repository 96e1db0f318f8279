"""One step by hand: the numbers of one unit for the chosen image, forward and back, and the engine's lines for them."""

import hashlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.inside import by_hand_check
from dashboard.inside import by_hand_formula as formula
from dashboard.inside.by_hand_code import code
from dashboard.inside.by_hand_moment import held, home, with_memory
from dashboard.inside.by_hand_numbers import plain
from dashboard.inside.by_hand_terms import input_name, norm_table, output_table, terms_table
from dashboard.inside.by_hand_words import words
from dashboard.inside.by_hand_work import Asked, HandStep, work_out
from dashboard.inside.layer_names import layer_title
from dashboard.inside.subject import Key, Subject
from dashboard.inside.tiles import tiles
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.explain.unit import Norm, Place, Sum, layers_with_weights, unit_shape
from engine.explain.unit_sources import layer_lines, loss_lines, optimizer_lines
from engine.layers import Conv

STYLE = f"<style>{Path(__file__).with_name('by_hand.css').read_text(encoding='utf-8')}</style>"
PATIENCE = 0.4  # seconds that a page which does not poll waits for the numbers: most come sooner
SIDE = 132  # pixels of the pictures of a sum's terms


@dataclass
class HandDesk:
    """Which unit is looked at. place None: the one that mattered most for the image."""

    layer: int = -1
    place: Place | None = None
    label: int | None = None  # what a drawing should be read as; None: as it is read
    found: tuple[object, HandStep] | None = None  # the newest, and what it was asked with


def render(subject: Subject) -> None:
    """The section."""
    st.html(STYLE)
    if subject.image is None:
        st.caption(say("Choose an image or draw a digit: its numbers are followed through one unit."))
        return
    desk = session.kept("inside-by-hand", HandDesk)
    model, key = held(subject, "hand")
    layers = layers_with_weights(model.network)
    if not layers:
        st.caption(say("This network has no weights."))
        return
    if desk.layer not in layers:
        desk.layer, desk.place = layers[-1], None
    if desk.place is not None and not _fits(desk.place, unit_shape(model.network, desk.layer)):
        desk.place = None
    label = _label(subject, model, desk)
    step = _ask(subject, model, key, desk, label)
    _choice(model, desk, step, subject)
    if step is not None:
        _show(model, step)
    by_hand_check.render(subject, model, key, label)


def _fits(place: Place, shape: Place) -> bool:
    return len(place) == len(shape) and all(0 <= at < extent for at, extent in zip(place, shape, strict=True))


def _label(subject: Subject, model: Model, desk: HandDesk) -> int:
    """The right answer: the image's, or for a drawing what a person says it is."""
    if subject.label is not None:
        return subject.label
    if desk.label is not None and desk.label < model.classes:
        return desk.label
    image = subject.image
    return int(model.predict(image[np.newaxis])[0].argmax()) if image is not None else 0


def _ask(subject: Subject, model: Model, key: Key, desk: HandDesk, label: int) -> HandStep | None:
    """The numbers; while they are worked out those before stay, if they are of the same kind of unit."""
    image = subject.image
    if image is None:
        return None
    digest = hashlib.sha1(image.tobytes(), usedforsecurity=False).hexdigest()
    memory = with_memory(subject, model)
    asked = Asked(model.checkpoint, key, image, label, memory.path if memory is not None else None)
    layer, place = desk.layer, desk.place
    name = ("by hand", key, asked.memory, digest, label, layer, place)
    progress = session.jobs().ask(name, lambda tell: work_out(asked, layer, place), PATIENCE)
    if progress.problem:
        st.caption(literal(translated(progress.problem)))
        return None
    if progress.result is None:
        subject.wants_polling()
        before = desk.found
        return before[1] if before is not None and before[0] == (home(key), desk.layer) else None
    desk.found = ((home(key), desk.layer), progress.result)
    return progress.result


def _choice(model: Model, desk: HandDesk, step: HandStep | None, subject: Subject) -> None:
    """Layer, unit and, for a drawing, the right answer."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="hand-unit", gap="small"):
        controlled(
            st.selectbox,
            say("Layer"),
            "hand-layer",
            desk.layer,
            partial(_layer, desk),
            options=layers_with_weights(model.network),
            format_func=partial(layer_title, model),
            width=210,
        )
        shape = unit_shape(model.network, desk.layer)
        place = desk.place or (
            step.unit.place if step is not None and step.unit.layer == desk.layer else (0,) * len(shape)
        )
        names = [say("Unit")] if len(shape) == 1 else [say("Row"), say("Column"), say("Channel")]
        for axis in sorted(range(len(shape)), key=lambda axis: -axis):
            controlled(
                st.number_input,
                names[axis],
                f"hand-axis-{desk.layer}-{axis}",
                place[axis] + 1,
                partial(_axis, desk, place, axis),
                min_value=1,
                max_value=shape[axis],
                step=1,
                width=96,
            )
        st.button(
            say("The one that matters most"),
            key="hand-strongest",
            on_click=lambda: setattr(desk, "place", None),
            disabled=desk.place is None,
            help=say("The unit with the largest product of its output and its gradient, for this image."),
        )
        if subject.label is None:
            controlled(
                st.selectbox,
                say("It should be"),
                "hand-label",
                _label(subject, model, desk),
                lambda label: setattr(desk, "label", label),
                options=list(range(model.classes)),
                width=110,
                help=say("The loss measures how far the answer is from this one."),
            )


def _layer(desk: HandDesk, layer: int) -> None:
    desk.layer, desk.place = layer, None


def _axis(desk: HandDesk, place: Place, axis: int, number: float) -> None:
    changed = list(place)
    changed[axis] = int(number) - 1
    desk.place = tuple(changed)


def _show(model: Model, step: HandStep) -> None:
    """Forward, the loss, and back."""
    unit, network = step.unit, model.network
    layer = network.layers[unit.layer]
    st.html(f'<div class="ink-subheading">{say("Forward")}</div>')
    if isinstance(unit.maths, Sum):
        others = say("{count:,} others", count=len(unit.maths.x) - len(unit.maths.largest(formula.SHOWN)))
        _latex(formula.forward(unit, layer, others), "forward")
        _pictures(step, unit.maths, isinstance(layer, Conv))
    else:
        _latex(formula.forward(unit, layer, ""), "forward")
    for each in unit.after:
        kind = network.layers[each.layer]
        st.caption(say("then {layer}:", layer=layer_title(model, each.layer)))
        _latex(formula.activation(each, kind), f"after-{each.layer}")
    st.html(f'<div class="ink-subheading">{say("The loss")}</div>')
    _latex(formula.loss(step.output), "loss")
    if unit.layer == layers_with_weights(network)[-1]:
        st.html(output_table(step.output))
    st.html(f'<div class="ink-subheading">{say("Backward")}</div>')
    for each in reversed(unit.after):
        kind = network.layers[each.layer]
        st.caption(say("back through {layer}:", layer=layer_title(model, each.layer)))
        _latex(formula.activation_back(each, kind), f"back-{each.layer}")
    st.markdown(say("What comes back to this unit: ∂L/∂y = **{value}**.", value=plain(unit.dy)))
    _backward(model, step)
    lines = [*layer_lines(layer), *loss_lines(model.config.loss), *optimizer_lines(model.config.optimizer)]
    code(lines, "hand-code")


def _backward(model: Model, step: HandStep) -> None:
    unit = step.unit
    layer = model.network.layers[unit.layer]
    after: float | None = None
    if isinstance(unit.maths, Sum) and step.after is not None and not step.frozen:
        shown = unit.maths.largest(1)
        after = float(step.after[int(shown[0])]) if len(shown) else None
    _latex(formula.backward(unit, layer, after), "backward")
    if isinstance(unit.maths, Norm):
        st.html(norm_table(step))
    else:
        st.html(terms_table(step, unit.maths, layer, input_name(step, unit.maths, layer)))
    st.caption(words(model, step))


def _latex(text: str, name: str) -> None:
    with st.container(key=f"formula-{name}"):
        st.latex(text)


def _pictures(step: HandStep, terms: Sum, conv: bool) -> None:
    """Inputs, weights and products as pictures, where the inputs lie in an image; channels are added up."""
    if conv:
        side = round((len(terms.x) / (terms.places[:, 2].max() + 1)) ** 0.5)
        shape: tuple[int, ...] = (side, side, -1)
    elif step.field:
        shape = step.field
    else:
        return
    columns = (terms.x, terms.weights, terms.products)
    names = [say("inputs x"), say("weights w"), say("products x · w")]
    with st.container(horizontal=True, key="hand-pictures", gap="medium"):
        for place, (values, name) in enumerate(zip(columns, names, strict=True)):
            picture = np.nan_to_num(values.reshape(shape).sum(axis=2))
            with st.container(width=SIDE + 60, key=f"hand-picture-{place}", gap=None):
                tiles(picture[np.newaxis], [name], f"hand-tile-{place}", SIDE)
    many = terms.places[:, 2].max() > 0 if conv else step.field[2] > 1
    st.caption(
        say("Orange is positive, blue negative; channels are added up. Orange products speak for a large sum.")
        if many
        else say("Orange is positive, blue negative. Orange products speak for a large sum.")
    )
