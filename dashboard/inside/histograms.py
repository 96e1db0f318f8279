"""How weights, answers and gradients of every layer are spread, over the run and at this moment."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st

from dashboard import session
from dashboard.charts.distribution import bands_figure, density_figure, histogram_figure, sizes_figure
from dashboard.charts.figure import Figure
from dashboard.controlled import controlled
from dashboard.inside.findings import findings, size
from dashboard.inside.held_back import HeldBack, held_back
from dashboard.inside.layer_names import layer_title
from dashboard.inside.moments import collect, spread, stamped
from dashboard.inside.paging import paged
from dashboard.inside.subject import Key, Subject
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.markdown import literal
from engine.explain.distributions import Distribution, Moment, density
from engine.snapshots import snapshots

PATIENCE = 0.8  # seconds that a page which does not poll waits
REFRESH = 4.0  # seconds after which a run that trains is looked through again
PAGE = 6  # layers at a time
HEIGHT = 230


@dataclass
class HistogramsDesk:
    """What is shown, and the newest that was found."""

    kind: str = "gradients"
    form: str = "map"
    asked: tuple[Key, ...] = ()
    when: float = 0.0
    done: bool = False
    found: list[Moment] | None = None
    of: object = None  # whose `found` is


def render(subject: Subject) -> None:
    """The section."""
    desk = session.kept("inside-histograms", HistogramsDesk)
    held = held_back(subject.model, PATIENCE)
    if held.result is None:
        st.caption(literal(translated(held.problem)) or say("Reading the validation images …"))
        if not held.done:
            subject.wants_polling()
        return
    _choices(desk)
    moments, share, problem = _moments(subject, desk, held.result)
    with st.container(key="histograms-progress"):
        if problem:
            st.caption(literal(translated(problem)))
        elif share < 1:
            st.progress(share, say("Looking through the snapshots of this run …"))
    if not moments:
        return
    at = min(moments, key=lambda each: abs(each.step - subject.step))
    with st.container(key="histograms-findings", gap="xsmall"):
        for sentence in findings(subject.model, at):
            st.warning(literal(sentence), icon=":material/troubleshoot:")
    with st.container(key="histograms-charts", gap="small"):
        shown = _charts(subject, desk, moments)
    with st.container(key="histograms-moment", gap="small"):
        _now(subject, desk, at, shown)


def _choices(desk: HistogramsDesk) -> None:
    kinds = {"weights": say("Weights"), "answers": say("Activations"), "gradients": say("Gradients")}
    forms = {"map": say("Map"), "bands": say("Bands")}
    with st.container(horizontal=True, vertical_alignment="center", key="histograms-choice", gap="medium"):
        for name, label, options in (("kind", say("Of what"), kinds), ("form", say("Drawn as"), forms)):
            controlled(
                st.segmented_control,
                label,
                f"histograms-{name}",
                getattr(desk, name),
                partial(_put, desk, name),
                options=list(options),
                required=True,
                format_func=options.__getitem__,
                label_visibility="collapsed",
            )


def _put(desk: HistogramsDesk, name: str, wish: str | None) -> None:
    setattr(desk, name, wish or getattr(desk, name))


def _moments(subject: Subject, desk: HistogramsDesk, held: HeldBack) -> tuple[list[Moment], float, str]:
    """(what is found so far, share that is done, what is wrong). What was found before stays until there is newer."""
    found = snapshots(subject.run) if subject.run is not None else []
    of = (subject.run.path if subject.run is not None else subject.path, held.key)
    if desk.of != of:
        desk.of, desk.found, desk.asked = of, None, ()
    if not desk.asked or not subject.live or (desk.done and time.monotonic() - desk.when > REFRESH):
        keys = stamped(spread(found))
        if not subject.live or not keys:  # the moment that is shown, be it among them or not
            keys = (*(key for key in keys if key[0] != subject.path), subject.key)
        if keys != desk.asked:
            desk.asked, desk.when = keys, time.monotonic()
    patience = PATIENCE if desk.found is None and not subject.live else 0.0
    asked = session.jobs().ask(
        ("inside moments", desk.asked, held.key), lambda tell: collect(desk.asked, held, tell), patience
    )
    desk.done = asked.done  # of a run that trains, what is being found is found before anything newer is looked for
    if not asked.done:
        subject.wants_polling()
    if asked.result is not None:
        desk.found = asked.result
    share = 1.0 if asked.done or desk.found is not None else asked.share
    return desk.found or asked.partial or [], share, asked.problem


def _charts(subject: Subject, desk: HistogramsDesk, moments: list[Moment]) -> list[int]:
    """A chart for each layer, steps to the right; returns the layers that are shown."""
    numbers = list(getattr(moments[0], desk.kind))
    some = numbers[paged(len(numbers), PAGE, "histograms", say("layers"))]
    steps = [each.step for each in moments]
    with st.container(horizontal=True, key="histograms-grid", gap="small"):
        for place, number in enumerate(some):
            with st.container(key=f"histogram-of-{place}", gap="xsmall", width=350):
                over_time: list[Distribution] = [getattr(each, desk.kind)[number] for each in moments]
                words = _in_words(layer_title(subject.model, number), over_time)
                st.caption(f"**{layer_title(subject.model, number)}**")
                live_chart(
                    _figure(desk.form, steps, over_time, subject.step), f"histogram-{place}", desk.kind, HEIGHT, words
                )
    st.caption(_what_to_look_for(desk))
    return some


def _figure(form: str, steps: list[int], over_time: list[Distribution], at: int) -> Figure:
    shares, edges = density(over_time)
    if form == "bands":
        quantiles, scale = np.stack([each.quantiles for each in over_time]), (float(edges[0]), float(edges[-1]))
        return bands_figure(steps, quantiles, scale, say("step"), "", at)
    return density_figure(steps, shares, edges, say("step"), "", at)


def _in_words(title: str, over_time: list[Distribution]) -> str:
    last = over_time[-1]
    return say(
        "{layer}: mean {mean:.2g}, deviation {deviation:.2g}, from {low:.2g} to {high:.2g} at the last step",
        layer=title,
        mean=last.mean,
        deviation=last.deviation,
        low=last.low,
        high=last.high,
    )


def _what_to_look_for(desk: HistogramsDesk) -> str:
    how = (
        say("The darker, the more numbers lie there; the few beyond the scale are left out.")
        if desk.form == "map"
        else say("The line is the median; the bands hold 38 %, 68 %, 87 % and all of the numbers.")
    )
    what = {
        "weights": say(
            "Weights of a layer that learns spread slowly from their start around 0. A picture that does not change is "
            "a layer that does not learn; one that bursts apart has too high a learning rate."
        ),
        "answers": say(
            "Activations for 256 validation images, after the layer's activation. A dark line at 0 is what ReLU cuts "
            "off: usual up to nine in ten. Lines at both ends of a sigmoid or tanh are saturated units, which learn "
            "hardly any more."
        ),
        "gradients": say(
            "Gradients of the loss by the weights, for the same 256 validation images at every step. They shrink as "
            "the network learns. In a first layer that is much narrower than the last one they vanish on their way "
            "back; spikes that outgrow all before come ahead of divergence."
        ),
    }[desk.kind]
    return f"{what} {how}"


def _now(subject: Subject, desk: HistogramsDesk, at: Moment, shown: list[int]) -> None:
    """The moment that is shown: all layers by size, and the histogram of each."""
    model = subject.model
    numbers = list(at.weights)
    st.markdown(f"**{say('At step {step:,}', step=at.step)}**")
    names = [f"{number + 1}. {translated(type(model.network.layers[number]).__name__)}" for number in numbers]
    series = {
        say("gradients"): np.array([size(at.gradients[number]) for number in numbers]),
        say("weights"): np.array([size(at.weights[number]) for number in numbers]),
        say("activations"): np.array([size(at.answers[number]) for number in numbers]),
    }
    with st.container(horizontal=True, key="histograms-now", gap="small"):
        with st.container(key="histograms-sizes", gap="xsmall", width=350):
            label = say("Sizes of gradients, weights and activations by layer")
            live_chart(sizes_figure(names, series, say("root mean square")), "histogram-sizes", "", 260, label)
            st.caption(
                say(
                    "Each layer's size, from the image to the answer. Gradients that fall by powers of ten towards the "
                    "image vanish; activations that grow by powers of ten explode."
                )
            )
        for place, number in enumerate(shown):
            found: Distribution = getattr(at, desk.kind)[number]
            with st.container(key=f"histogram-now-{place}", gap="xsmall", width=172):
                live_chart(
                    histogram_figure(found.counts, found.edges, layer_title(model, number)),
                    f"histogram-bars-{place}",
                    "",
                    180,
                    _in_words(layer_title(model, number), [found]),
                )
