"""The network as columns of cells, drawn in the browser; a person picks a layer or a unit of it."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st

from dashboard.inside.painting import script, signed_bytes, style, text_of, units_first
from dashboard.language import say, translated
from engine import Model
from engine.arrays import Array, Bytes
from engine.explain.features import source_of
from engine.layers import Conv, Dense
from engine.network import LayerSummary

FEW = 12  # layers that all have a column of their own; of more, those that only change numbers share one
_TIMES = "\N{MULTIPLICATION SIGN}"

Edges = Sequence[tuple[int, float]]


@dataclass(frozen=True)
class Picked:
    """A layer, and one of its units or none (-1). edges: units of the column before -> their share, from -1 to 1."""

    layer: int
    unit: int
    edges: Edges = ()


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "network_view",
        isolate_styles=False,
        html="<div class='network-view'></div>",
        css=style("network_view"),
        js=script("network_view"),
    )


def network_view(
    columns: list[dict[str, Any]], picked: Picked | None, pick: Callable[[int, int], None], key: str
) -> None:
    """Draw columns, as `columns_of` makes them. pick: called with a layer and a unit (-1: the layer as a whole)."""

    def report() -> None:
        told = st.session_state[key]["picked"]
        if isinstance(told, Mapping) and isinstance(told.get("layer"), int) and isinstance(told.get("unit"), int):
            pick(told["layer"], told["unit"])

    marked = None
    if picked is not None:
        edges = [[unit, round(share, 3)] for unit, share in picked.edges]
        marked = {"layer": picked.layer, "unit": picked.unit, "edges": edges}
    words = {"unit": say("unit"), "channel": say("channel")}
    data = {"columns": columns, "picked": marked, "words": words}
    _component()(data=data, key=key, height="content", on_picked_change=report)


def shown_layers(model: Model, folded: bool) -> list[int]:
    """The layers that have a column: all, or those that are not the normalization or activation of one before."""
    count = len(model.network.layers)
    if not folded:
        return list(range(count))
    sources = [source_of(model, number) for number in range(count)]
    return [number for number in range(count) if number + 1 == count or sources[number + 1] != sources[number]]


def columns_of(
    model: Model, image: Bytes | None, outputs: list[Array], shares: Array, shown: list[int]
) -> list[dict[str, Any]]:
    """A column for the image, one for each shown layer, one for what the outputs say of each class.

    outputs: what each layer gives out for the image; shares: the probabilities (classes,).
    """
    height, width, _ = model.checkpoint.image_shape
    pixels = np.zeros((height, width), np.uint8) if image is None else image
    first = {"layer": -1, "title": say("Image"), "shape": f"{height} {_TIMES} {width}", "parameters": ""}
    found = [first | _cells("image", "input", 1, height, width) | {"values": text_of(pixels), "limit": 1.0}]
    rows = model.config.summary(model.checkpoint.image_shape)
    start = 0
    for number in shown:
        found.append(_column(model, rows[start : number + 1], outputs[number], number))
        start = number + 1
    last = {"layer": -1, "title": say("Answer"), "shape": say("probability"), "parameters": ""}
    values = text_of(np.rint(255 * np.nan_to_num(shares)).astype(np.uint8))
    found.append(last | _cells("shares", "input", len(shares), 1, 1) | {"values": values, "limit": 1.0})
    return found


def _cells(form: str, kind: str, count: int, height: int, width: int) -> dict[str, Any]:
    return {"form": form, "kind": kind, "count": count, "height": height, "width": width, "hint": ""}


def _column(model: Model, rows: list[LayerSummary], output: Array, number: int) -> dict[str, Any]:
    """One column for the layers in `rows`, of which the last one is `number`."""
    units = units_first(output[0])
    values, limit = signed_bytes(units)
    head = rows[0]
    layer = model.network.layers[number - len(rows) + 1]
    kinds = {"Conv": "conv", "Dense": "dense", "MaxPool": "pool", "AvgPool": "pool"}
    form = "maps" if output.ndim == 4 else "units"
    title = translated(head.kind)
    if isinstance(layer, Conv):
        title = f"{title} {layer.kernel}{_TIMES}{layer.kernel}"
    elif isinstance(layer, Dense):
        title = f"{title} {layer.units}"
    if len(rows) > 1:
        title += " + " + translated(rows[-1].kind)
    count = sum(row.parameters for row in rows)
    one = say(
        "{number}. {kinds}: click for its weights and answers",
        number=number + 1,
        kinds=", ".join(translated(row.kind) for row in rows),
    )
    return _cells(form, kinds.get(head.kind, "other"), *units.shape) | {
        "layer": number,
        "title": title,
        "shape": f" {_TIMES} ".join(f"{side:,}" for side in rows[-1].output_shape),
        "parameters": say("{count:,} param.", count=count) if count else "",
        "hint": one,
        "values": values,
        "limit": limit,
    }
