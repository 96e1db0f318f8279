"""The optimizer under a microscope: one weight, its gradient, what is remembered of it, and where it goes next."""

from dataclasses import dataclass, field
from functools import partial

import streamlit as st

from dashboard import session, style
from dashboard.controlled import controlled
from dashboard.inside import microscope_formula as formula
from dashboard.inside.by_hand import STYLE
from dashboard.inside.by_hand_code import code
from dashboard.inside.by_hand_moment import held, home, with_memory
from dashboard.inside.by_hand_numbers import plain
from dashboard.inside.layer_names import layer_title
from dashboard.inside.microscope_charts import memory_figure, weight_figure
from dashboard.inside.microscope_words import words
from dashboard.inside.microscope_work import OWN, Seen, Wanted, look, look_into, trail
from dashboard.inside.subject import Key, Subject
from dashboard.language import say, translated
from dashboard.live_chart import live_chart
from dashboard.markdown import literal
from dashboard.running.jobs import Progress
from engine import Model
from engine.explain.unit_sources import optimizer_lines
from engine.layers import Conv
from engine.network import Slot
from engine.snapshots import Snapshot, snapshots

PATIENCE = 0.6  # seconds that a page which does not poll waits for the batch
ANY = ""  # in place of an array's name: the weight may lie in any that learns
CHART_HEIGHT = 240


@dataclass
class Bench:
    """Which weight is looked at."""

    wanted: Wanted = field(default_factory=Wanted)
    seen: tuple[object, Seen] | None = None  # the newest, and the run's file that it belongs to


def render(subject: Subject) -> None:
    """The section."""
    st.html(STYLE)
    bench = session.kept("inside-microscope", Bench)
    model, key = held(subject, "microscope")
    names = [slot.name for slot in model.network.slots]
    if bench.wanted.name not in (ANY, *names) or not _fits(model, bench.wanted):
        bench.wanted = Wanted()
    _what(bench, model, names)
    seen = _ask(subject, bench, model, key)
    if seen is None:
        return
    _which(bench, model, seen)
    _show(seen)
    _trail(subject, seen)
    code(optimizer_lines(seen.config.optimizer), "microscope-code")


def _fits(model: Model, wanted: Wanted) -> bool:
    """Whether the network has the weight that a person named."""
    if wanted.choice != OWN:
        return True
    shape = next((slot.details.shape for slot in model.network.slots if slot.name == wanted.name), ())
    return len(shape) == len(wanted.index) and all(a < b for a, b in zip(wanted.index, shape, strict=True))


def _what(bench: Bench, model: Model, names: list[str]) -> None:
    """By what a weight is picked, and among which."""
    titles = {
        "gradient": say("Largest gradient"),
        "step": say("Largest step"),
        "weight": say("Largest weight"),
        OWN: say("My own"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="microscope-what", gap="small"):
        controlled(
            st.pills,
            say("Which weight"),
            "microscope-choice",
            bench.wanted.choice,
            partial(_choose, bench),
            options=list(titles),
            required=True,
            format_func=titles.__getitem__,
        )
        controlled(
            st.selectbox,
            say("Among"),
            "microscope-array",
            bench.wanted.name,
            partial(_among, bench),
            options=[ANY, *names],
            format_func=lambda name: array_title(model, name) if name else say("all layers"),
            width=230,
        )


def array_title(model: Model, name: str) -> str:
    """ "3. Conv 5x5, 16: weight"."""
    slot = _slot(model, name)
    return f"{layer_title(model, slot.layer)}: {slot.key}"


def _slot(model: Model, name: str) -> Slot:
    return next(slot for slot in model.network.slots if slot.name == name)


def _choose(bench: Bench, choice: str | None) -> None:
    if choice == OWN and bench.seen is not None:
        weight = bench.seen[1].weight
        bench.wanted = Wanted(OWN, weight.name, weight.index)
    elif choice and choice != OWN:
        bench.wanted = Wanted(choice, bench.wanted.name)


def _among(bench: Bench, name: str) -> None:
    choice = bench.wanted.choice
    bench.wanted = Wanted("gradient" if choice == OWN else choice, name)


def _ask(subject: Subject, bench: Bench, model: Model, key: Key) -> Seen | None:
    """The step; while it is worked out, the one before stays if it is of the same file."""
    saved, wanted = model.checkpoint, bench.wanted
    snapshot = with_memory(subject, model)
    if snapshot is None:
        progress = session.jobs().ask(("microscope", key, wanted), lambda tell: look(saved, key, wanted), PATIENCE)
    else:
        progress = _of_snapshot(snapshot, wanted)
    if progress.problem:
        st.caption(say("The next batch cannot be assembled: {problem}", problem=literal(translated(progress.problem))))
        return None
    if progress.result is None:
        subject.wants_polling()
        if bench.seen is None or bench.seen[0] != home(key):
            st.caption(say("Assembling the next batch …"))
            return None
        return bench.seen[1]
    bench.seen = (home(key), progress.result)
    return progress.result


def _of_snapshot(snapshot: Snapshot, wanted: Wanted) -> "Progress[Seen]":
    try:
        stat = snapshot.path.stat()
    except OSError:
        return Progress(problem=say("the snapshot has just made room for another"))
    key = (snapshot.path, stat.st_mtime_ns, stat.st_ino)
    return session.jobs().ask(("microscope", key, wanted), lambda tell: look_into(snapshot, key, wanted), PATIENCE)


def _which(bench: Bench, model: Model, seen: Seen) -> None:
    """The weight's place, one number for each axis of its array; another number makes it the person's own choice."""
    weight = seen.weight
    slot = next((each for each in model.network.slots if each.name == weight.name), None)
    if slot is None or len(slot.details.shape) != len(weight.index):
        return
    with st.container(horizontal=True, vertical_alignment="bottom", key="microscope-place", gap="small"):
        st.markdown(f"**{literal(array_title(model, weight.name))}**", width="content")
        for axis, (name, extent) in enumerate(zip(axis_names(model, slot), slot.details.shape, strict=True)):
            controlled(
                st.number_input,
                name,
                f"microscope-{weight.name}-{axis}",
                weight.index[axis] + 1,
                partial(_place, bench, seen, axis),
                min_value=1,
                max_value=extent,
                step=1,
                width=104,
            )


def axis_names(model: Model, slot: Slot) -> list[str]:
    """What the axes of an array of weights count."""
    conv = isinstance(model.network.layers[slot.layer], Conv)
    if slot.key == "weight" and conv:
        return [say("Row"), say("Column"), say("From channel"), say("To channel")]
    if slot.key == "weight":
        return [say("From input"), say("To unit")]
    return [say("Unit") if len(model.network.shapes[slot.layer + 1]) == 1 else say("Channel")]


def _place(bench: Bench, seen: Seen, axis: int, number: float) -> None:
    index = list(seen.weight.index)
    index[axis] = int(number) - 1
    bench.wanted = Wanted(OWN, seen.weight.name, tuple(index))


def _show(seen: Seen) -> None:
    """The batch, the figures, the formula and what they say."""
    weight = seen.weight
    st.markdown(
        say(
            "**Step {step:,}**, in epoch {epoch:,}: the next batch has {images:,} images, of which {correct:,} are "
            "read right; its loss is {loss}, the whole gradient is {norm} long.",
            step=seen.step,
            epoch=seen.epoch + 1,
            images=seen.images,
            correct=seen.correct,
            loss=plain(seen.loss),
            norm=plain(seen.norm),
        )
    )
    step = weight.after - weight.before
    share = abs(step / weight.before) if weight.before else float("nan")
    style.tiles(
        [
            (say("weight"), plain(weight.before, 5), ""),
            (say("gradient"), plain(weight.gradient), ""),
            (say("step"), plain(step), ""),
            (say("step / weight"), say("{share} %", share=plain(100 * share, 2)), ""),
            (say("new weight"), plain(weight.after, 5), ""),
            (say("learning rate"), plain(weight.rate), ""),
        ]
    )
    for number, part in enumerate(formula.whole(seen)):
        with st.container(key=f"formula-step-{number}"):
            st.latex(part)
    st.caption(" ".join(words(seen)))


def _trail(subject: Subject, seen: Seen) -> None:
    """The weight over the run's snapshots."""
    if subject.run is None:
        return
    found = [each for each in snapshots(subject.run) if each.step < seen.step or not subject.live]
    if len(found) < 2:
        return
    name, index = seen.weight.name, seen.weight.index
    asked = ("trail", subject.run.path, found[-1].path, len(found), name, index)
    progress = session.jobs().ask(asked, lambda tell: trail(found, name, index, tell), PATIENCE)
    with st.container(key="microscope-trail", gap="xsmall"):
        if progress.problem:
            st.caption(literal(translated(progress.problem)))
        elif progress.result is None:
            subject.wants_polling()
            st.progress(progress.share, say("Following the weight through the snapshots …"))
        elif len(progress.result.steps) > 1:
            way, at = progress.result, seen.step - 1
            live_chart(weight_figure(way, at, say("weight"), say("step")), "trail-weight", name, CHART_HEIGHT, name)
            if way.slots:
                title = say("what is remembered")
                live_chart(memory_figure(way, at, say("step"), title), "trail-memory", name, CHART_HEIGHT, name)
            st.caption(
                say(
                    "Its way over the run, at the steps of which snapshots are kept. Look for the stretch where it "
                    "moves in one direction, and for the noise around a value once it has found its place."
                )
            )
