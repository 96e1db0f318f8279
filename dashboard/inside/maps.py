"""What each channel or unit of a layer made of the image."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.inside.answers import layer_outputs
from dashboard.inside.layer_names import layer_title, shape_text
from dashboard.inside.paging import paged
from dashboard.inside.painting import units_first
from dashboard.inside.subject import Subject
from dashboard.inside.tiles import tiles
from dashboard.language import say
from engine import Model
from engine.arrays import Array
from engine.explain.features import activated
from engine.layers import Conv, Dense

PAGE, PAGE_FLAT = 64, 240


@dataclass
class MapsDesk:
    """Which maps are shown, and how."""

    layer: int = -1
    strongest: bool = False
    own_scale: bool = False


def render(subject: Subject) -> None:
    """The section."""
    model, desk = subject.model, session.kept("inside-maps", MapsDesk)
    outputs = layer_outputs(subject)
    if outputs is None:
        st.caption(say("Choose an image, or draw one."))
        return
    count = len(model.network.layers)
    desk.layer = desk.layer if 0 <= desk.layer < count else _first(model)
    with st.container(horizontal=True, vertical_alignment="bottom", key="maps-choice", gap="medium"):
        controlled(
            st.selectbox,
            say("After layer"),
            "maps-layer",
            desk.layer,
            lambda layer: setattr(desk, "layer", layer),
            options=list(range(count)),
            format_func=lambda number: layer_title(model, number),
            width=230,
        )
        _switch(desk, "strongest", say("Strongest first"))
        _switch(desk, "own_scale", say("Each on its own scale"))
    units = np.nan_to_num(units_first(outputs[desk.layer][0]))
    order = _order(units, desk.strongest)
    shown = order[paged(len(units), PAGE if units[0].size > 1 else PAGE_FLAT, f"maps-{desk.layer}", _what(units))]
    show_maps(units, shown, f"maps-tiles-{desk.layer}", desk.own_scale)
    st.caption(_words(model, desk.layer, units))


def _switch(desk: MapsDesk, name: str, label: str) -> None:
    controlled(st.toggle, label, f"maps-{name}", getattr(desk, name), lambda wish: setattr(desk, name, wish))


def _first(model: Model) -> int:
    """Where to begin: after the first layer with weights."""
    layers = model.network.layers
    found = next((number for number, layer in enumerate(layers) if isinstance(layer, Conv | Dense)), 0)
    return activated(model, found)


def _order(units: Array, strongest: bool) -> npt.NDArray[np.intp]:
    """Channels by number, or those first that tell places apart most; single numbers by their size."""
    if not strongest:
        return np.arange(len(units))
    strength = units.std(axis=(1, 2)) if units[0].size > 1 else np.abs(units[:, 0, 0])
    return np.argsort(-strength, kind="stable")


def _what(units: Array) -> str:
    return say("channels") if units[0].size > 1 else say("units")


def show_maps(units: Array, shown: npt.NDArray[np.intp], key: str, own_scale: bool = False) -> None:
    """Some of a layer's maps (units, height, width)."""
    flat = units[0].size == 1
    names = [str(unit + 1) if flat else f"{unit + 1} · {np.abs(units[unit]).max():.2g}" for unit in shown]
    if own_scale and not flat:
        sizes = np.abs(units[shown]).max(axis=(1, 2), keepdims=True)
        tiles(units[shown] / np.maximum(sizes, 1e-30), names, key, 88, 1.0)
    else:
        tiles(units[shown], names, key, 30 if flat else 88, float(np.abs(units).max()) or 1.0)


def _words(model: Model, number: int, units: Array) -> str:
    silent = int(np.count_nonzero(np.abs(units).max(axis=(1, 2)) == 0))
    words = say(
        "After layer {layer}, {shape}: orange where the answer is positive, blue where it is negative; beside the "
        "number stands the largest size.",
        layer=number + 1,
        shape=shape_text(model.network.shapes[number + 1]),
    )
    if units[0].size > 1:
        words += " " + say(
            "Early layers keep strokes and edges of one direction, later and coarser ones say where a bend, an end or "
            "a loop is. Two channels that always look alike do one's work."
        )
    else:
        words += " " + say(
            "Change the image and see which units change with it: those are the ones that tell the two apart."
        )
    if silent:
        words += " " + say("{silent:,} of {count:,} are silent for this image.", silent=silent, count=len(units))
    return words
