"""Learning a person's hand: how well it is read now, and the buttons that start a run which learns it."""

from html import escape

import streamlit as st

from dashboard import session
from dashboard.drawing.readers import Reader, no_drawings, of_run, reads_drawings
from dashboard.hand import hand_desk
from dashboard.hand.hand_figures import before, data_name, elsewhere, run_of, score, tuning_of
from dashboard.language import say, translated
from dashboard.markdown import literal
from engine import Model
from engine.about import About
from engine.config import TrainingConfig
from engine.datasets import DataError
from engine.datasets.personal import Hand
from engine.rundir import RunError, RunFolder
from engine.tuning import IMAGES, SHARE, began_with, keep_weights, tuning

SCOPES = {"last": "the last layer", "all": "all layers"}
NEWEST = 12  # runs among which the newest that learned a hand is looked for


def render(reader: Reader, hand: Hand) -> None:
    """The table of figures and the buttons."""
    model = reader.model()
    if model is None:
        return
    if not reads_drawings(model.checkpoint.image_shape):
        st.caption(literal(no_drawings(reader, model.checkpoint.image_shape)))
        return
    own = run_of(reader, session.runs().root)
    learned = _newest()
    rows = _rows(reader, model, own, learned, hand)
    st.html(_table(rows, hand, model.config))
    if learned is not None:
        _progress(*learned)
    busy = own is not None and session.runs().status(own).trains
    count = int((~hand.held).sum())
    with st.container(horizontal=True, vertical_alignment="center", key="hand-learn", gap="xsmall"):
        for scope, words in SCOPES.items():
            st.button(
                say("Learn it with {words}", words=translated(words)),
                key=f"hand-learn-{scope}",
                type="primary" if scope == "last" else "secondary",
                icon=":material/school:",
                disabled=busy or not count,
                on_click=_learn,
                args=(reader, model, own, scope),
            )
    st.caption(_explained(busy, count, model.config))


def _explained(busy: bool, count: int, config: TrainingConfig) -> str:
    if busy:
        return say(
            "This network is in training. Pause or stop it, or choose another one, to let it learn your hand.",
        )
    if not count:
        return say("Keep a few drawings first: correct an answer, or confirm it.")
    return say(
        "A new run goes on from this network's weights, over in seconds. One image in {share} is "
        "a drawing of yours ({count} of them, each many times and a little changed); the others "
        "are {images:,} of {data_name}, so that little is forgotten. The last layer alone is "
        "quicker and safer with few drawings; all layers learn strokes that the network has no "
        "eye for yet.",
        share=round(1 / SHARE),
        count=count,
        images=IMAGES,
        data_name=data_name(config),
    )


def _newest() -> tuple[RunFolder, TrainingConfig] | None:
    """The newest run that learned a hand: the one that was started here, or the newest of any tab."""
    here, runs = hand_desk.desk(), session.runs()
    try:
        found = [runs.open(here.run_id)] if here.run_id else runs.newest(NEWEST)
    except RunError:
        found = runs.newest(NEWEST)
    return next(((run, config) for run in found if (config := tuning_of(run)) is not None), None)


def _rows(
    reader: Reader,
    model: Model,
    own: RunFolder | None,
    learned: tuple[RunFolder, TrainingConfig] | None,
    hand: Hand,
) -> list[tuple[str, str, str]]:
    """(who, on this hand, on the data it learned from first)."""
    earlier = say("Before learning")
    shown: list[tuple[str, Model | None]] = []
    after_is_reader = False
    if learned is not None:
        run, config = learned
        how = translated(SCOPES["last" if config.frozen else "all"])
        after_is_reader = own is not None and own.id == run.id
        after = model if after_is_reader else _model(run)
        shown = [(earlier, before(config)), (say("After learning with {how}", how=how), after)]
    if not after_is_reader and not (learned and began_with(learned[1], reader.path)):
        shown = [(say("Now: {name}", name=reader.name), model), *shown]
    rows = []
    for name, each in shown:
        found = score(each, hand) if each is not None else None
        known = elsewhere(each) if each is not None else say("its file is gone") if name == earlier else "–"
        rows.append((name, found.words if found else "–", known))
    return rows


def _model(run: RunFolder) -> Model | None:
    found = of_run(run)
    return found.model() if found is not None else None


def _table(rows: list[tuple[str, str, str]], hand: Hand, config: TrainingConfig) -> str:
    held = int(hand.held.sum())
    what = say("your hand: {held} drawings held back", held=held) if held >= 2 else say("your hand: all drawings")
    body = "".join(
        f"<tr><th scope='row'>{escape(name)}</th><td>{escape(own)}</td><td>{escape(other)}</td></tr>"
        for name, own, other in rows
    )
    note = (
        say(
            "Drawings with an orange dot are held back: no run learns from them, so these figures are honest.",
        )
        if held >= 2
        else say(
            "With fewer than 9 drawings this is a figure of those that are learned from, and flatters.",
        )
    )
    return (
        f"<table class='ink-hand'><thead><tr><th>read right</th><th>{what}</th><th>{escape(data_name(config))}</th>"
        f"</tr></thead><tbody>{body}</tbody></table><p class='ink-note'>{note}</p>"
    )


def _progress(run: RunFolder, config: TrainingConfig) -> None:
    """How far the run is, while it is under way; why it could not begin."""
    runs = session.runs()
    status = runs.status(run)
    if status.reason == "failed":
        st.warning(say("The run could not begin: {failure}", failure=literal(runs.failure(run))))
    elif status.going:
        epoch = runs.history(run).epoch
        words = (
            say("Learning: pass {epoch:.1f} of {epochs}", epoch=epoch, epochs=config.epochs)
            if epoch
            else say("Learning: starting")
        )
        st.progress(min(epoch / config.epochs, 1.0), say("{words}. Its curves are on the Train page.", words=words))


def _learn(reader: Reader, model: Model, own: RunFolder | None, scope: str) -> None:
    here = hand_desk.desk()
    here.told = here.problem = ""
    file = hand_desk.file()
    try:
        weights = keep_weights(reader.path, file.weights) if own is not None else reader.path
        config = tuning(model, weights, file.freeze(file.read()), scope)
        step = model.checkpoint.position.step
        about = About(
            name=f"My hand, {SCOPES[scope]}",
            note=say("Went on from {name}.", name=reader.name),
            parent=own.id if own is not None else "",
            parent_step=step if own is not None else None,
        )
        run = session.runs().start(config, about=about)
    except (RunError, DataError) as error:
        here.problem = str(error)
        return
    here.run_id = run.id
    session.show(run.id)  # it is the one on the Train page, and answers here as it learns
    session.desk().readers = []
