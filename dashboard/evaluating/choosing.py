"""What is evaluated: which network, which of its weights, which images, and against what."""

from collections import Counter

import streamlit as st

from dashboard import session
from dashboard.comparing.picking import catalog
from dashboard.controlled import controlled
from dashboard.evaluating.desk import EvaluateDesk
from dashboard.evaluating.sources import SHIPS, name_of, shipped_names
from dashboard.language import say
from dashboard.training import time_machine
from dashboard.training.time_slider import time_slider
from engine.rundir import RunFolder
from engine.snapshots import Snapshot

NONE = ""


def render(here: EvaluateDesk, run: RunFolder | None) -> None:
    """A row of choices, and below it the slider over the run's snapshots while it is rewound."""
    names = _names(run)
    found = time_machine.found_of(run) if run is not None and not here.network else []
    with st.container(horizontal=True, vertical_alignment="bottom", key="evaluate-choices", gap="small"):
        _network(here, run, names)
        if run is not None and not here.network:
            _weights(here, run, found)
        controlled(
            st.segmented_control,
            say("Images"),
            "evaluate-images",
            here.images,
            lambda wish: _take_images(here, wish),
            options=["validation", "test"],
            required=True,
            format_func=lambda each: say("Test") if each == "test" else say("Validation"),
            help=say("Validation images were held back while it trained. Test images are kept for the very end."),
        )
        _against(here, run, names)
    with st.container(key="evaluate-time"):
        at = time_machine.chosen(run, found)
        if run is not None and at is not None:
            history = session.runs().history(run)
            time_slider("evaluate-slider", time_machine.slider(history, found, at), time_machine.rewind)


def _names(run: RunFolder | None) -> dict[str, str]:
    """Key -> name of all networks there are: runs, the shown one first, and those that ship."""
    found = {run.id: name_of(run)} if run is not None else {}
    summaries, _ = catalog().look()
    found |= {each.id: each.name for each in summaries if each.id not in found}
    often = Counter(found.values())
    named = {key: f"{name} ({key})" if often[name] > 1 else name for key, name in found.items()}
    return named | {SHIPS + name: say("{name}, ships with Inkling", name=name) for name in shipped_names()}


def _network(here: EvaluateDesk, run: RunFolder | None, names: dict[str, str]) -> None:
    now = SHIPS + here.network if here.network else run.id if run is not None else NONE
    if now not in names:
        now = next((key for key in names if key.startswith(SHIPS)), NONE)
    if not names:
        return
    controlled(
        st.selectbox,
        say("Network"),
        "evaluate-network",
        now,
        lambda wish: _take_network(here, wish),
        options=list(names),
        format_func=lambda key: names.get(key, key),
        width=250,
        help=say("Runs, the shown one first, and networks that ship with the project. Type to search."),
    )


def _take_network(here: EvaluateDesk, key: str) -> None:
    """Another run becomes the one that all pages show, as in the menu of runs."""
    here.picked, here.page = None, 0
    if key.startswith(SHIPS):
        here.network = key.removeprefix(SHIPS)
        return
    here.network = ""
    if key != session.shown().run_id:
        session.show(key)


def _weights(here: EvaluateDesk, run: RunFolder, found: list[Snapshot]) -> None:
    options = ["newest"]
    options += ["best"] if run.best.exists() else []
    options += ["snapshot"] if found else []
    rewound = time_machine.chosen(run, found) is not None
    now = "snapshot" if rewound else here.weights if here.weights in options else "newest"
    texts = {"newest": say("Newest"), "best": say("Best epoch"), "snapshot": say("A snapshot")}
    controlled(
        st.segmented_control,
        say("Weights"),
        "evaluate-weights",
        now,
        lambda wish: _take_weights(here, wish, found),
        options=options,
        required=True,
        format_func=lambda each: texts[each],
        help=say(
            "A snapshot is an earlier step of the run: the whole page is rewound to it, as with the time machine."
        ),
    )


def _take_weights(here: EvaluateDesk, wish: str | None, found: list[Snapshot]) -> None:
    here.picked = None
    shown = session.shown()
    if wish == "snapshot":
        shown.at_step = found[len(found) // 2].step if found else None
    else:
        shown.at_step, here.weights = None, wish or "newest"


def _take_images(here: EvaluateDesk, wish: str | None) -> None:
    here.images, here.picked, here.page = wish or "validation", None, 0


def _against(here: EvaluateDesk, run: RunFolder | None, networks: dict[str, str]) -> None:
    names = {NONE: say("nothing")} | networks
    names.pop(SHIPS + here.network if here.network else run.id if run is not None else "none", None)
    controlled(
        st.selectbox,
        say("Against"),
        "evaluate-against",
        here.against if here.against in names else NONE,
        lambda wish: setattr(here, "against", wish),
        options=list(names),
        format_func=lambda key: names.get(key, key),
        width=210,
        help=say("Another network on the same images: for “Two networks”, and beside the curves of “Robustness”."),
    )
