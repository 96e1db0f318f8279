"""The two forms of the Runs page: a race of up to four settings, and repeats with other seeds."""

import zlib
from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import session
from dashboard.comparing.catalog import Summary
from dashboard.comparing.groups import FEWEST_SEEDS, MOST_SEEDS, repeats_name, start_race, start_repeats
from dashboard.comparing.picking import picking
from dashboard.comparing.race import MOST_LANES, Lane, Variant, fair, lanes_of, variants
from dashboard.language import say, spoken, translated
from dashboard.markdown import literal
from dashboard.settings.forms import css_key
from dashboard.settings.stack import check
from engine.config import TrainingConfig
from engine.rundir import RunError
from engine.spec import SettingError

SIDEBAR, TOGETHER = "sidebar", "together"


def render(picked: Sequence[Summary]) -> None:
    """The form that is open, if one is."""
    form = picking().form
    if not form:
        return
    usable = [each for each in picked if each.config is not None]
    with st.container(border=True, key="group-form", gap="small"):
        if form == "race":
            _race(usable)
        else:
            _repeats(usable)


def _race(picked: Sequence[Summary]) -> None:
    st.markdown(say("**Race: up to four settings side by side**, from the same first weights, with the same batches."))
    together = 2 <= len(picked) <= MOST_LANES
    with st.container(horizontal=True, vertical_alignment="bottom", key="race-fields", gap="small"):
        sources = [*([TOGETHER] if together else []), *(each.id for each in picked), SIDEBAR]
        source = _source(sources, picked, "race")
        base = _base(source, picked)
        variant, labels = (None, [""]) if source == TOGETHER else _variant(base, source)
        epochs = _number("Epochs", "race-epochs", base.epochs, 1000, source)
        seed = _number("Seed", "race-seed", base.seed, 2**32 - 1, source)
    if len(picked) > MOST_LANES:
        st.caption(say("Pick 2 to {most_lanes} runs to race their settings against each other.", most_lanes=MOST_LANES))
    try:
        if variant is None:
            lanes = lanes_of([each.config for each in picked if each.config], _names(picked), spoken())
        else:
            lanes = [variant.lane(base, label) for label in labels]
            lanes = [Lane(translated(lane.name), lane.config) for lane in lanes]  # as who starts them would write it
        lanes, problem = fair(lanes, epochs, seed), ""
    except SettingError as error:
        lanes, problem = [], str(error)
    problem = problem or _problem(lanes, 2, say("Choose at least two values."))
    names = ", ".join(lane.name for lane in lanes)
    plan = say(
        "{count} runs of {epochs:,} epoch{s} from seed {seed}: {names}.",
        count=len(lanes),
        epochs=epochs,
        s="" if epochs == 1 else "s",
        seed=seed,
        names=names,
    )
    _finish(say("Start the race"), plan, len(lanes), problem, lambda: start_race(session.runs(), lanes))


def _names(picked: Sequence[Summary]) -> list[str]:
    """Names that people gave; what repeats are called says nothing of a lane."""
    return [each.about.name if each.about.kind != "repeats" else "" for each in picked]


def _variant(base: TrainingConfig, source: str) -> tuple[Variant, list[str]]:
    """What differs, and which values of it."""
    known = variants()
    name = st.selectbox(
        say("What differs"),
        list(known),
        format_func=translated,
        key="race-variant",
        persist_state="session",
        width=230,
    )
    variant = known[name or next(iter(known))]
    labels = list(variant.choices(base))
    values = st.multiselect(
        say("Values") + (say(" (type others)") if variant.typed else ""),
        labels,
        default=labels[:3],
        key=css_key(f"race-values-{variant.name}-{source}-{zlib.crc32(repr(labels).encode())}"),
        max_selections=MOST_LANES,
        format_func=translated,
        accept_new_options=variant.typed is not None,
        help=translated(variant.help),
        width=420,
    )
    return variant, list(dict.fromkeys(values))


def _repeats(picked: Sequence[Summary]) -> None:
    st.markdown(
        say(
            "**Repeats: the same settings with other seeds.** How much of a result is luck? The "
            "chart shows their mean and spread; two sets of repeats tell whether one beats the other "
            "beyond luck.",
        )
    )
    with st.container(horizontal=True, vertical_alignment="bottom", key="repeats-fields", gap="small"):
        several = [TOGETHER] if len(picked) > 1 else []
        source = _source([*several, *(each.id for each in picked), SIDEBAR], picked, "repeats")
        chosen = picked if source == TOGETHER else [each for each in picked if each.id == source]
        lanes = _repeated(chosen)
        seeds = st.slider(say("Seeds each"), FEWEST_SEEDS, MOST_SEEDS, 5, key="repeats-seeds", width=220)
        epochs = _number("Epochs", "repeats-epochs", lanes[0].config.epochs, 1000, source)
    lanes = [Lane(lane.name, lane.config.with_values({"epochs": epochs})) for lane in lanes]
    count = seeds * len(lanes)
    plan = say(
        "{count} runs of {epochs:,} epoch{s}: {join}.",
        count=count,
        epochs=epochs,
        s="" if epochs == 1 else "s",
        join="; ".join(lane.name for lane in lanes),
    )
    _finish(
        say("Start the repeats"),
        plan,
        count,
        _problem(lanes, 1, ""),
        lambda: start_repeats(session.runs(), lanes, seeds),
    )


def _repeated(chosen: Sequence[Summary]) -> list[Lane]:
    """What is repeated, by the name that a person gave it; else by its settings, or by what differs of several."""
    configs = [each.config for each in chosen if each.config is not None]
    named = [each.about.name for each in chosen if each.config is not None]
    names = [name.rpartition(", seed ")[0] or name for name in named]
    if len(configs) > 1:
        return lanes_of(configs, names, spoken())
    config = configs[0] if configs else session.draft().config
    return [Lane(next(iter(names), "") or translated(repeats_name(config)), config)]


def _source(sources: Sequence[str], picked: Sequence[Summary], form: str) -> str:
    """Whose settings to start from."""
    names = {each.id: each.name for each in picked} | {SIDEBAR: say("the sidebar of the Train page")}
    names[TOGETHER] = say("the {count} picked runs", count=len(picked))
    key = f"{form}-source-{zlib.crc32(' '.join(sources).encode())}"  # other picks, another menu
    chosen = st.selectbox(say("Start from"), sources, key=key, format_func=lambda each: names[each], width=270)
    return chosen or SIDEBAR


def _base(source: str, picked: Sequence[Summary]) -> TrainingConfig:
    found = picked[0] if source == TOGETHER else next((each for each in picked if each.id == source), None)
    return found.config if found is not None and found.config is not None else session.draft().config


def _number(label: str, key: str, value: int, most: int, source: str) -> int:
    low = 0 if label == "Seed" else 1
    entered = st.number_input(
        translated(label), low, most, min(max(value, low), most), key=css_key(f"{key}-{source}-{value}"), width=110
    )
    return int(entered)


def _problem(lanes: Sequence[Lane], fewest: int, otherwise: str) -> str:
    if len(lanes) < fewest:
        return otherwise
    found = ((lane.name, check(lane.config).problem) for lane in lanes)
    return next((f"{name}: {problem}" for name, problem in found if problem), "")


def _finish(label: str, plan: str, count: int, problem: str, start: Callable[[], list[str]]) -> None:
    """What will happen, and the buttons."""
    most = session.runs().most
    waits = (
        say(" {most} train{s} at once; the rest wait in this order.", most=most, s="s" if most == 1 else "")
        if count > most
        else ""
    )
    if problem:
        st.error(literal(translated(problem)), icon=":material/error:")
    else:
        st.text(plan + waits)

    def begin() -> None:
        page = picking()
        try:
            page.put(start())
            page.form = ""
        except RunError as error:
            page.problem = str(error)

    with st.container(horizontal=True, key="group-form-end", gap="small"):
        st.button(
            label, key="group-start", type="primary", icon=":material/flag:", on_click=begin, disabled=bool(problem)
        )
        st.button(say("Not now"), key="group-cancel", type="tertiary", on_click=close)


def open_form(form: str) -> None:
    """Open one of the forms, or close it where it is open."""
    page = picking()
    page.form = "" if page.form == form else form


def close() -> None:
    """Close the form."""
    picking().form = ""
