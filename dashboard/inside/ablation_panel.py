"""Units that a person switches off: the answer to the image and the accuracy of each class, before and after."""

from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt
import streamlit as st

from dashboard import session
from dashboard.charts.bars import percent, probability_bars
from dashboard.charts.worth import before_after_figure
from dashboard.drawing import answer
from dashboard.inside.answers import layer_outputs
from dashboard.inside.desk import UnitsDesk
from dashboard.inside.held_back import HeldBack
from dashboard.inside.layer_names import layer_title
from dashboard.inside.paging import paged
from dashboard.inside.painting import units_first
from dashboard.inside.subject import Key, Subject
from dashboard.inside.tiles import tiles
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.markdown import literal
from engine import Model
from engine.arrays import Array
from engine.explain.ablation import mean_answers, probabilities_without
from engine.explain.features import activated
from engine.layers import Dense

Classes = npt.NDArray[np.intp]  # what each image is read as

PAGE_MAPS, PAGE_FLAT = 32, 120
MOST_THUMBS = 18


@dataclass(frozen=True, eq=False)
class Effect:
    """Answers with and without some units. before, after (n, classes); means: what "to its mean" means."""

    before: Array
    after: Array
    means: dict[int, Array] | None

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.before.nbytes + self.after.nbytes


def render(desk: UnitsDesk, subject: Subject, model: Model, key: Key, held: HeldBack) -> None:
    """The switches, and what they do."""
    st.markdown(f"**{say('Switch units off')}**")
    _switches(desk, subject, model)
    off = {layer: tuple(sorted(units)) for layer, units in sorted(desk.off.items()) if units}
    with st.container(key="ablation-effect", gap="small"):
        if off:
            _effect(desk, subject, model, key, held, off)
        else:
            st.caption(
                say(
                    "Click a unit to switch it off, and again to switch it on. What you see on it is its answer to the "
                    "image at the left. How well the network reads without it appears below."
                )
            )


def _switches(desk: UnitsDesk, subject: Subject, model: Model) -> None:
    """A picture for each unit of the layer: its answer to the image."""
    outputs = layer_outputs(subject)
    end = activated(model, desk.layer)
    shape = model.network.shapes[end + 1]
    units = units_first(outputs[end][0] if outputs is not None else np.zeros(shape, np.float32))
    units = np.nan_to_num(units)
    layer = model.network.layers[desk.layer]
    units = units[: layer.units] if isinstance(layer, Dense) else units  # without the unit that is always 1
    maps = units[0].size > 1
    size = PAGE_MAPS if maps else PAGE_FLAT
    shown = paged(len(units), size, f"units-{desk.layer}", say("channels") if maps else say("units"))
    places = list(range(len(units)))[shown]
    off = desk.off.get(desk.layer, set())
    tiles(
        units[shown],
        [str(place + 1) for place in places],
        f"units-tiles-{desk.layer}",
        64 if maps else 28,
        float(np.abs(units).max()) or 1.0,
        pick=lambda place: _toggle(desk, places[place]),
        off=[place for place, unit in enumerate(places) if unit in off],
    )
    if any(desk.off.values()):
        with st.container(horizontal=True, vertical_alignment="center", key="units-which-off", gap="small"):
            words = " · ".join(
                say(
                    "{layer}: {units} off",
                    layer=layer_title(model, layer),
                    units=", ".join(str(unit + 1) for unit in sorted(some)),
                )
                for layer, some in sorted(desk.off.items())
                if some
            )
            st.caption(literal(words))
            st.button(say("All on again"), key="units-all-on", on_click=desk.off.clear, type="tertiary")


def _toggle(desk: UnitsDesk, unit: int) -> None:
    desk.off.setdefault(desk.layer, set()).symmetric_difference_update({unit})


def _effect(
    desk: UnitsDesk, subject: Subject, model: Model, key: Key, held: HeldBack, off: dict[int, tuple[int, ...]]
) -> None:
    fill = desk.fill
    asked = session.jobs().ask(
        ("inside effect", key, held.key, tuple(off.items()), fill),
        lambda tell: find_effect(model, held, off, fill),
        0.0 if subject.live else 0.5,
    )
    if not asked.done:
        subject.wants_polling()
    known = desk.newest.get("effect")
    if asked.result is not None:
        known = desk.newest["effect"] = (off, fill, asked.result)
    if known is None or known[:2] != (off, fill):
        problem = literal(translated(asked.problem))
        st.caption(problem or say("Reading {count:,} images without them …", count=len(held.labels)))
        return
    with st.container(horizontal=True, key="ablation-row", gap="medium"):
        with st.container(width=300, gap="xsmall", key="ablation-answer"):
            _answers(subject, model, off, fill, known[2].means)
        with st.container(gap="xsmall", key="ablation-classes"):
            _classes(known[2], held, model.classes)


def find_effect(model: Model, held: HeldBack, off: dict[int, tuple[int, ...]], fill: str) -> Effect:
    """Read all images with and without these units."""
    means = mean_answers(model, held.images, list(off)) if fill == "mean" else None
    return Effect(model.predict(held.images), probabilities_without(model, held.images, off, fill, means), means)


def _answers(
    subject: Subject, model: Model, off: dict[int, tuple[int, ...]], fill: str, means: dict[int, Array] | None
) -> None:
    """The image's answer without the units, above what it is with all of them."""
    if subject.image is None:
        st.caption(say("Choose an image, or draw one, to see its answer change."))
        return
    image = subject.image[np.newaxis]
    before, after = model.predict(image)[0], probabilities_without(model, image, off, fill, means)[0]
    then, now = int(before.argmax()), int(after.argmax())
    words = (
        say(
            "Still a {digit}: {before} sure with all units, {after} without.",
            digit=now,
            before=percent(float(before[then])),
            after=percent(float(after[now])),
        )
        if then == now
        else say(
            "Now a {now} ({after}); with all units it is a {then} ({before}).",
            now=now,
            then=then,
            before=percent(float(before[then])),
            after=percent(float(after[now])),
        )
    )
    st.html(
        f'<div class="ink-answer small">{answer.picture(subject.image)}<b>{now}</b><p>{escape(words)}</p></div>'
        f'<div class="ink-card-bars">{probability_bars(after, words)}</div>'
    )


def _classes(effect: Effect, held: HeldBack, classes: int) -> None:
    """Accuracy of each class, and what was lost."""
    labels = held.labels
    read_before, read_after = effect.before.argmax(axis=1), effect.after.argmax(axis=1)
    totals = np.maximum(np.bincount(labels, minlength=classes), 1)
    before, after = (
        100 * np.bincount(labels[read == labels], minlength=classes) / totals for read in (read_before, read_after)
    )
    all_before, all_after = (100 * float(np.mean(read == labels)) for read in (read_before, read_after))
    worst = int(np.argmax(before - after))
    words = say(
        "Accuracy on {count:,} validation images: {before:.1f} % with all units, {after:.1f} % without these.",
        count=len(labels),
        before=all_before,
        after=all_after,
    )
    if before[worst] - after[worst] >= 0.05:
        words += " " + say(
            "The {digit} needs them most: {before:.1f} % of them are read correctly before, {after:.1f} % after.",
            digit=worst,
            before=float(before[worst]),
            after=float(after[worst]),
        )
    st.markdown(words)
    names = (say("all units on"), say("switched off"))
    live_chart(before_after_figure(before, after, names, say("class"), say("accuracy, %")), "ablation", "", 240, words)
    _lost(held, read_before, read_after)


def _lost(held: HeldBack, read_before: Classes, read_after: Classes) -> None:
    """Images that are misread only now."""
    labels = held.labels
    newly = np.flatnonzero((read_before == labels) & (read_after != labels))
    if len(newly):
        figures = "".join(
            f"<figure>{answer.picture(held.images[place], '')}<figcaption>{labels[place]} → {read_after[place]}"
            "</figcaption></figure>"
            for place in newly[:MOST_THUMBS]
        )
        st.html(f'<div class="ink-lost">{figures}</div>')
    caption = say("Look for a class that falls alone: the units work for it.")
    if len(newly):
        caption += " " + say(
            "{lost:,} images that were read correctly are misread now; the pictures are some of them, with what they "
            "are read as.",
            lost=len(newly),
        )
    st.caption(caption)
