"""Ready-made settings, in groups, and the trained network that some of them go on from."""

import functools
from dataclasses import replace
from pathlib import Path

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.language import say, translated
from dashboard.settings import locks
from engine.config import TrainingConfig
from engine.datasets import BUILT_IN, DataError, facts
from engine.presets import GROUPS, PRESETS, Preset
from engine.rundir import RunError, RunFolder

OWN = "your own settings"
MOST_BASES = 20  # runs to choose from
LOOKED_AT = 200
_GROUP_OF = {preset.name: group.partition(":")[0] for group, presets in GROUPS.items() for preset in presets}


def render() -> None:
    """The menu, the preset's sentence, and the run to go on from where it needs one."""
    draft, held = session.draft(), locks.current()
    if held.hides(locks.PRESET):
        return
    current = name_of(draft.config)

    def chosen(name: str) -> None:
        if name in PRESETS:
            config = with_own_data(PRESETS[name].config, draft.rest.data.source)
            newest = bases(config)[:1] if PRESETS[name].base else []
            config = replace(config, start_from=newest[0]) if newest else config
            draft.load(held.keep(draft.config, config))

    about = say(
        "Ready-made settings. Choosing one replaces everything below. Those of the courseworks "
        "repeat an experiment each; `python -m engine reproduce` runs them all.",
    )
    label, dressed = held.dress(locks.PRESET, say("Start from"), about)
    controlled(
        st.selectbox,
        label,
        f"preset{'-locked' if held.locks(locks.PRESET) else ''}",
        current,
        chosen,
        options=[*([OWN] if current == OWN else []), *PRESETS],
        format_func=lambda name: f"{name} · {translated(_GROUP_OF[name])}" if name in _GROUP_OF else translated(name),
        **dressed,
    )
    with st.container(key="preset-notes", gap="xsmall"):
        if current in PRESETS:
            st.caption(translated(PRESETS[current].teaches))
            if PRESETS[current].base:
                _base(PRESETS[current])


def name_of(config: TrainingConfig) -> str:
    """The preset that these settings are; which trained network they go on from, and whose file of digits of the
    same size they learn from, is left to the person."""
    for name, preset in PRESETS.items():
        same = replace(config, start_from="") if preset.base else config
        if same.layers == preset.config.layers and same == with_own_data(preset.config, same.data.source):
            return name
    return OWN


def with_own_data(config: TrainingConfig, source: str) -> TrainingConfig:
    """The same settings on a file of the person's own, where these are for images of its size."""
    if source in BUILT_IN or config.data.source != "mnist16":
        return config
    try:
        fits = facts(source).image_shape == facts(config.data.source).image_shape
    except DataError:
        return config
    return replace(config, data=replace(config.data, source=source)) if fits else config


def _base(preset: Preset) -> None:
    """Choose the run whose trained weights this one begins with."""
    draft = session.draft()
    found = bases(draft.config)
    if not found:
        st.warning(
            say("Train the preset {base!r} first; then choose its run here.", base=preset.base),
            icon=":material/layers:",
        )
        return
    current = draft.rest.start_from
    controlled(
        st.selectbox,
        say("Go on from"),
        "base-run",
        current,
        lambda path: draft.put("start_from", path),
        options=list(dict.fromkeys([*found, *([current] if current else [""])])),
        format_func=lambda path: Path(path).parent.name if path else say("choose a run …"),
        help=say("The run whose trained weights this one begins with. It has to have the same layers."),
    )
    if not current:
        st.warning(say("Without a run to go on from, the frozen layers stay random."), icon=":material/layers:")


def bases(config: TrainingConfig) -> list[str]:
    """Final weights of finished runs with the same layers, newest first."""
    found = []
    for run in session.runs().newest(LOOKED_AT):
        try:
            if run.final.exists() and _layers(run.config_file, run.config_file.stat().st_mtime_ns) == config.layers:
                found.append(str(run.final))
        except OSError:  # it was deleted meanwhile
            continue
        if len(found) == MOST_BASES:
            break
    return found


@functools.lru_cache(maxsize=512)
def _layers(config_file: Path, changed: int) -> object:
    """A run's layers; None if they cannot be read."""
    try:
        return RunFolder(config_file.parent).config().layers
    except RunError:
        return None
