"""The network as a picture, coloured by what it makes of the image; a layer that is picked opens below it."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.inside import layer_details
from dashboard.inside.answers import layer_outputs, probabilities
from dashboard.inside.network_view import FEW, Picked, columns_of, network_view, shown_layers
from dashboard.inside.subject import Subject
from dashboard.language import say
from engine.arrays import Array
from engine.explain.contributions import contributions
from engine.explain.features import source_of


@dataclass
class NetworkDesk:
    """What is picked in the picture, and whether each layer has a column of its own (None: as fits)."""

    layer: int = -1
    unit: int = -1
    folded: bool | None = None


def network_desk() -> NetworkDesk:
    """This tab's."""
    return session.kept("inside-network", NetworkDesk)


def render(subject: Subject) -> None:
    """The section."""
    desk, model = network_desk(), subject.model
    outputs = layer_outputs(subject)
    if outputs is None:  # shapes alone
        outputs = [np.zeros((1, *shape), np.float32) for shape in model.network.shapes[1:]]
    folded = desk.folded if desk.folded is not None else len(model.network.layers) > FEW
    shown = shown_layers(model, folded)
    desk.layer = desk.layer if desk.layer < len(model.network.layers) else -1
    if desk.layer >= 0 and desk.layer not in shown:
        desk.layer = next(number for number in shown if number >= desk.layer)
    columns = columns_of(model, subject.image, outputs, probabilities(subject), shown)
    network_view(columns, _picked(subject, outputs, shown), _pick, "network-view")
    with st.container(horizontal=True, vertical_alignment="center", key="network-below", gap="medium"):
        st.caption(
            say(
                "Orange is a positive answer, blue a negative one; in each layer the strongest has the full colour. "
                "Follow the image from left to right: which strokes each channel keeps, and which units of the last "
                "layers speak for the answer. Click a layer for its weights, a cell for what its answer is made of."
            )
        )
        controlled(
            st.toggle,
            say("Fold activations"),
            "network-folded",
            folded,
            lambda wish: setattr(desk, "folded", wish),
            help=say("One column for a layer with its normalization and activation."),
        )
    if desk.layer >= 0:
        with st.container(border=True, key="layer-details", gap="small"):
            layer_details.render(subject, outputs, desk.layer, desk.unit, _pick)


def _pick(layer: int, unit: int) -> None:
    """Picking what is picked already lets go of it."""
    desk = network_desk()
    again = (layer, unit) == (desk.layer, desk.unit)
    desk.layer, desk.unit = (-1, -1) if again else (layer, unit)


def _picked(subject: Subject, outputs: list[Array], shown: list[int]) -> Picked | None:
    """With the lines from the column before; a unit that this network does not have is let go of."""
    desk, model = network_desk(), subject.model
    if desk.layer < 0:
        return None
    if desk.unit >= model.network.shapes[desk.layer + 1][-1]:
        desk.unit = -1
    if desk.unit < 0 or subject.image is None:
        return Picked(desk.layer, desk.unit)
    place = shown.index(desk.layer)
    first = shown[place - 1] + 1 if place else 0
    number = max(source_of(model, desk.layer), first)
    if number == 0:  # every unit of the first layer looks at the image
        return Picked(desk.layer, desk.unit)
    with np.errstate(all="ignore"):
        found = contributions(model, outputs[number - 1][0], number, desk.unit)
    edges = [(int(unit), float(share)) for unit, share in zip(found.inputs, found.shares, strict=True) if share]
    return Picked(desk.layer, desk.unit, edges)
