"""A layer that was picked in the picture of the network: its weights, its answers, and what one of them is made of."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from dashboard.charts.distribution import histogram_figure
from dashboard.inside.layer_names import layer_title, shape_text
from dashboard.inside.paging import paged
from dashboard.inside.painting import units_first
from dashboard.inside.subject import Subject
from dashboard.inside.tiles import tiles
from dashboard.inside.weights import WeightsDesk, show_weights
from dashboard.language import say
from dashboard.live_chart import live_chart
from dashboard.session import kept
from engine.arrays import Array
from engine.explain.contributions import Contributions, contributions
from engine.explain.distributions import describe
from engine.explain.features import source_of
from engine.layers import Conv

PAGE = 24
MOST_PARTS = 8


def render(subject: Subject, outputs: list[Array], number: int, unit: int, pick: Callable[[int, int], None]) -> None:
    """outputs: what each layer gives out for the image."""
    model = subject.model
    source = source_of(model, number)
    chain = [layer_title(model, each) for each in range(source, number + 1)]
    rows = model.config.summary(model.checkpoint.image_shape)[source : number + 1]
    parameters, macs = sum(row.parameters for row in rows), sum(row.macs for row in rows)
    st.markdown(f"**{' → '.join(chain)}**")
    st.caption(
        say(
            "{before} in, {after} out. {parameters:,} parameters, {macs:,} multiply-adds for an image.",
            before=shape_text(rows[0].input_shape),
            after=shape_text(rows[-1].output_shape),
            parameters=parameters,
            macs=macs,
        )
    )
    units = np.nan_to_num(units_first(outputs[number][0]))
    if unit >= 0 and subject.image is not None:
        _made_of(subject, outputs, source, number, unit)
    with st.container(horizontal=True, key="details-row", gap="medium"):
        with st.container(key="details-answers", gap="xsmall"):
            _answers(units, number, unit, pick)
        with st.container(key="details-histograms", gap="xsmall"):
            _histograms(subject, units, source)
    if "weight" in model.network.params[source]:
        st.markdown(f"**{say('Weights')}**")
        desk = kept("inside-details", WeightsDesk)
        desk.layer = source
        show_weights(model, desk, None, f"details-weights-{source}", PAGE)


def _answers(units: Array, number: int, unit: int, pick: Callable[[int, int], None]) -> None:
    maps = units[0].size > 1
    st.markdown(f"**{say('Answers to this image')}**")
    shown = paged(len(units), PAGE if maps else 120, f"details-{number}", say("channels") if maps else say("units"))
    places = list(range(len(units)))[shown]
    tiles(
        units[shown],
        [str(place + 1) for place in places],
        f"details-tiles-{number}",
        72 if maps else 26,
        float(np.abs(units).max()) or 1.0,
        pick=lambda place: pick(number, places[place]),
        picked=places.index(unit) if unit in places else -1,
    )
    st.caption(say("Click one to see what its answer is made of."))


def _histograms(subject: Subject, units: Array, source: int) -> None:
    """Of the answers to this image, and of the weights."""
    described = {say("Answers to this image"): units}
    weight = subject.model.network.params[source].get("weight")
    if weight is not None:
        described[say("Weights")] = weight
    for place, (title, values) in enumerate(described.items()):
        found = describe(values)
        live_chart(
            histogram_figure(found.counts, found.edges, title),
            f"details-histogram-{place}",
            "",
            170,
            say("{title}: from {low:.3g} to {high:.3g}", title=title, low=found.low, high=found.high),
        )
    st.caption(
        say(
            "Healthy weights lie around 0 in a bell that widens slowly. Answers that are all 0, or all at the ends of "
            "a sigmoid, let no gradient through."
        )
    )


def _made_of(subject: Subject, outputs: list[Array], source: int, number: int, unit: int) -> None:
    """The largest parts of one unit's answer."""
    model = subject.model
    inputs = _inputs(subject, outputs, source)
    with np.errstate(all="ignore"):
        found = contributions(model, inputs, source, unit, MOST_PARTS)
    answer = units_first(outputs[number][0])[unit]
    conv = isinstance(model.network.layers[source], Conv)
    title = say("Channel {number:,}: what its answer is made of", number=unit + 1)
    st.markdown(f"**{title if conv else say('Unit {number:,}: what its answer is made of', number=unit + 1)}**")
    if conv or units_first(inputs)[0].size > 1:
        _map_parts(found, units_first(inputs), units_first(outputs[source][0])[unit], answer, conv)
    else:
        _number_parts(found, inputs, float(np.ravel(outputs[source][0])[unit]), float(answer.ravel()[0]))


def _inputs(subject: Subject, outputs: list[Array], source: int) -> Array:
    """What the layer `source` was given."""
    if source > 0:
        return outputs[source - 1][0]
    scaling, image = subject.model.checkpoint.scaling, subject.image
    assert image is not None
    return ((image[..., np.newaxis] / np.float32(255) - scaling.mean) / scaling.deviation).astype(np.float32)


def _map_parts(found: Contributions, inputs: Array, total: Array, answer: Array, conv: bool) -> None:
    names = [say("input {number:,}", number=place + 1) for place in found.inputs]
    tiles(np.nan_to_num(inputs[found.inputs]), names, "made-inputs", 72)
    if conv:
        tiles(found.kernels, [say("its kernel") for _ in names], "made-kernels", 72)
        tiles(np.nan_to_num(found.parts), [say("their product") for _ in names], "made-parts", 72)
    results = np.nan_to_num(np.stack([total, answer])) if total.shape == answer.shape else np.nan_to_num(total[None])
    tiles(results, [say("sum and bias"), say("after activation")][: len(results)], "made-results", 110)
    st.caption(
        say(
            "From above: the inputs that weigh most ({shown} of {count:,}), the kernel that slides over each, and what "
            "comes out. Added up, with the bias {bias:.3g}, they are the map below, and with what follows the answer.",
            shown=len(names),
            count=found.count,
            bias=found.bias,
        )
        if conv
        else say("It is the same channel of the layer before.")
    )


def _number_parts(found: Contributions, inputs: Array, total: float, answer: float) -> None:
    flat = np.ravel(inputs)
    lines = [
        say(
            "input {number:,}: {value:.3g} times its weight = {part:+.3g}",
            number=int(place) + 1,
            value=float(flat[place]),
            part=float(part.ravel()[0]),
        )
        for place, part in zip(found.inputs, found.parts, strict=True)
    ]
    tiles(np.nan_to_num(found.parts), [str(int(place) + 1) for place in found.inputs], "made-numbers", 40)
    st.caption(
        " · ".join(lines)
        + "  \n"
        + say(
            "With the other {rest:,} inputs and the bias {bias:.3g} the sum is {total:.3g}; the answer {answer:.3g}.",
            rest=max(found.count - len(found.inputs), 0),
            bias=found.bias,
            total=total,
            answer=answer,
        )
    )
