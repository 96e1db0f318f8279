"""The weights of every layer that has some, as pictures that change while the network trains."""

from dataclasses import dataclass

import cv2
import numpy as np
import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.drawing.readers import Reader
from dashboard.inside.layer_names import layer_title
from dashboard.inside.paging import paged
from dashboard.inside.subject import Subject
from dashboard.inside.tiles import tiles
from dashboard.language import say
from engine import Model
from engine.arrays import Array, Shape
from engine.layers import Conv, Dense, Flatten
from engine.snapshots import snapshots

PAGE = 64
FEW = 32  # units whose pictures are drawn larger
MEAN, LENGTH = -2, -1  # choices beside the single input channels
MOST_SIDE = 320  # rows and columns of a matrix that is shown as one picture


@dataclass
class WeightsDesk:
    """Which weights are shown."""

    layer: int = -1
    channel: int = MEAN
    change: bool = False


def render(subject: Subject) -> None:
    """The section."""
    model, desk = subject.model, session.kept("inside-weights", WeightsDesk)
    layers = [slot.layer for slot in model.network.slots if slot.details.fan_in]
    layers = sorted(set(layers))
    if not layers:
        st.caption(say("This network has no weights."))
        return
    desk.layer = desk.layer if desk.layer in layers else layers[0]
    with st.container(horizontal=True, vertical_alignment="bottom", key="weights-choice", gap="medium"):
        controlled(
            st.selectbox,
            say("Layer"),
            "weights-layer",
            desk.layer,
            lambda layer: setattr(desk, "layer", layer),
            options=layers,
            format_func=lambda number: layer_title(model, number),
            width=230,
        )
        first = _first(subject)
        if first is not None:
            controlled(
                st.toggle,
                say("Change since step {step:,}", step=first.checkpoint.position.step),
                "weights-change",
                desk.change,
                lambda wish: setattr(desk, "change", wish),
                help=say("What training did to the weights, instead of the weights themselves."),
            )
    before = first if desk.change else None
    show_weights(model, desk, before, f"weights-{desk.layer}", PAGE)


def show_weights(model: Model, desk: WeightsDesk, before: Model | None, key: str, size: int) -> None:
    """One layer's, with a choice of the input channel. before: show the difference to this network's."""
    weight: Array = model.network.params[desk.layer]["weight"]
    if before is not None:
        weight = weight - before.network.params[desk.layer]["weight"]
    field = field_of(model, desk.layer)
    if field is None:
        _matrix(model, desk.layer, weight, key)
    else:
        _pictures(model, desk, weight.reshape(*field, weight.shape[-1]), key, size)
    bias = model.network.params[desk.layer].get("bias")
    if bias is not None:
        bias = bias if before is None else bias - before.network.params[desk.layer]["bias"]
        tiles(bias.reshape(1, 1, -1), [say("biases")], f"{key}-bias", min(12 * len(bias), 640))


def _first(subject: Subject) -> Model | None:
    """The network at the run's first snapshot, if it has the same layers."""
    found = snapshots(subject.run) if subject.run is not None else []
    model = Reader("", found[0].path).model() if found else None
    same = model is not None and model.network.slots == subject.model.network.slots
    return model if same and found[0].step < subject.step else None


def field_of(model: Model, number: int) -> Shape | None:
    """(rows, cols, channels) that each unit of a layer looks at; None where its inputs have no place in an image."""
    network = model.network
    layer = network.layers[number]
    if isinstance(layer, Conv):
        shape = network.params[number]["weight"].shape
        return (shape[0], shape[1], shape[2])
    inputs = network.shapes[number]
    while isinstance(layer, Dense) and number > 0 and len(network.shapes[number - 1]) == 1:
        number -= 1
        if isinstance(network.layers[number], Dense):
            return None
    before = number - 1
    if before >= 0 and isinstance(network.layers[before], Flatten) and np.prod(network.shapes[before]) == inputs[0]:
        return network.shapes[before] if len(network.shapes[before]) == 3 else None
    return None


def _pictures(model: Model, desk: WeightsDesk, field: Array, key: str, size: int) -> None:
    """field (rows, cols, channels, units): a picture for each unit."""
    rows, cols, channels, units = field.shape
    desk.channel = desk.channel if desk.channel < channels else MEAN
    if channels > 1:
        controlled(
            st.selectbox,
            say("Input channel"),
            f"{key}-channel",
            desk.channel,
            lambda channel: setattr(desk, "channel", channel),
            options=[MEAN, LENGTH, *range(channels)],
            format_func=lambda channel: _channel_name(channel, channels),
            width=230,
        )
        limit = 0.0 if desk.channel < 0 else float(np.abs(np.nan_to_num(field)).max())
        field = combined(field, desk.channel)
    else:
        limit, field = 0.0, field[:, :, 0]
    conv = isinstance(model.network.layers[desk.layer], Conv)
    what = say("kernels") if conv else say("units")
    shown = paged(units, size, key, what)
    side = 72 if units <= FEW else 52
    side = side if max(rows, cols) < 10 else max(side, 3 * max(rows, cols))
    limit = limit or float(np.abs(np.nan_to_num(field)).max())
    names = [str(number + 1) for number in range(units)][shown]
    tiles(np.moveaxis(field, -1, 0)[shown], names, f"{key}-tiles", side, limit)
    st.caption(
        say(
            "Each picture is what one kernel looks for: it answers strongly where the image is bright on orange and "
            "dark on blue. Look for edges, corners and dots that appear out of the noise as the network learns; a "
            "kernel that stays noise, or pale, is hardly used."
        )
        if conv
        else say(
            "Each picture is what one unit looks for: ink on orange excites it, ink on blue holds it back. Look for "
            "strokes and whole digits; speckle that stays means that the weights hardly learned, or were learned by "
            "heart."
        )
    )


def _channel_name(channel: int, channels: int) -> str:
    if channel == MEAN:
        return say("mean of all {count:,}", count=channels)
    if channel == LENGTH:
        return say("length over all {count:,}", count=channels)
    return say("channel {number:,}", number=channel + 1)


def combined(field: Array, channel: int) -> Array:
    """(rows, cols, channels, units) -> (rows, cols, units): one channel's, their mean, or their length."""
    if channel == MEAN:
        mean: Array = field.mean(axis=2)
        return mean
    if channel == LENGTH:
        with np.errstate(over="ignore"):
            length: Array = np.sqrt(np.square(field).sum(axis=2))
        return length
    return field[:, :, channel]


def _matrix(model: Model, number: int, weight: Array, key: str) -> None:
    """Weights whose inputs have no place: all of them as one picture, inputs downwards, units to the right."""
    rows, cols = min(weight.shape[0], MOST_SIDE), min(weight.shape[1], MOST_SIDE)
    shown = weight
    if (rows, cols) != weight.shape:
        shown = np.asarray(cv2.resize(weight.astype(np.float32), (cols, rows), interpolation=cv2.INTER_AREA))
    side = min(720, max(rows, cols) * max(2, min(12, 480 // max(rows, cols))))
    tiles(shown[np.newaxis], [layer_title(model, number)], f"{key}-matrix", side)
    mixed = (rows, cols) != weight.shape
    st.caption(
        say(
            "All weights of the layer: {inputs:,} inputs downwards, {units:,} units to the right. A column without "
            "colour is a unit that listens to nothing; a row without colour is an input that nobody uses.",
            inputs=weight.shape[0],
            units=weight.shape[1],
        )
        + (" " + say("Several weights share one point of the picture, which shows their mean.") if mixed else "")
    )
