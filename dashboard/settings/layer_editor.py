"""The stack of layers as rows: change, move, remove, add anywhere; each says what it does to the image's shape."""

from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.language import say, translated
from dashboard.learning.links import more
from dashboard.settings import forms, locks
from dashboard.settings.stack import RowCheck, StackCheck, shape_words, short
from engine.layers import Layer
from engine.spec import Option, default_of, describe

NAME_WIDTH, NUMBER_WIDTH = 112, 64  # pixels


def render(checked: StackCheck) -> None:
    """The rows and what follows from them."""
    draft = session.draft()
    for number, (row, found) in enumerate(zip(draft.rows, checked.rows, strict=True)):
        _row(draft, row, number, found)
    with st.container(horizontal=True, vertical_alignment="center", key="layers-foot"):
        add_menu(draft, say("Add a layer"), "add-layer", draft.before_output)
        totals = say(
            "**{parameters}** parameters · **{macs}** multiply-adds",
            parameters=short(checked.parameters),
            macs=short(checked.macs),
        )
        st.caption(
            totals,
            help=say(
                "Parameters are the numbers that training sets. Multiply-adds are the work for one image, forward."
            ),
        )


def _row(draft: session.Draft, row: session.Row, number: int, found: RowCheck) -> None:
    path = f"row{row.id}"
    last = len(draft.rows) - 1
    fixed = locks.current().locks("layers")
    with st.container(key=f"layer-{row.id}", gap=None):
        with st.container(
            horizontal=True,
            wrap=False,
            vertical_alignment="center",
            gap="xxsmall",
            key=f"layer-line-{row.id}",
        ):
            _details(draft, row, path)
            _main_setting(draft, row.layer, path)
            st.html(shape_html(found), width="stretch")
            _button(say("Move up"), "arrow_upward", f"up-{row.id}", fixed or number == 0, draft.move, row.id, -1)
            _button(
                say("Move down"), "arrow_downward", f"down-{row.id}", fixed or number == last, draft.move, row.id, 1
            )
            _button(say("Remove"), "close", f"remove-{row.id}", fixed, draft.remove, row.id)
        if found.problem:
            st.html(f'<div class="ink-problem" role="alert">{escape(translated(found.problem))}</div>')
        elif text := other_settings(row.layer):
            st.html(f'<div class="ink-others">{escape(text)}</div>')


def _button(name: str, icon: str, key: str, disabled: bool, act: Callable[..., None], *args: Any) -> None:
    """Only the icon shows (see style.py); the name is read aloud."""
    st.button(name, key=key, icon=f":material/{icon}:", type="tertiary", disabled=disabled, on_click=act, args=args)


def _details(draft: session.Draft, row: session.Row, path: str) -> None:
    """The layer's name; behind it all its settings, what else it could be, and what to add beside it."""
    layer = row.layer
    opened = st.popover(forms.named(type(layer).__name__), key=f"details-{row.id}", on_change="rerun", width=NAME_WIDTH)
    if not opened.open:
        return
    with opened:
        told = translated(type(layer).title()) + more(path, type(layer))
        st.markdown(f"**{forms.named(type(layer).__name__)}**: {told}")
        form = forms.Form(draft.put)
        form.fields(layer, path)
        form.menu(layer, path, Option(label=say("Kind of layer")))
        add_menu(draft, say("Add before"), f"before-{row.id}", lambda: draft.position(row.id))
        add_menu(draft, say("Add after"), f"after-{row.id}", lambda: draft.position(row.id) + 1)


def _main_setting(draft: session.Draft, layer: Layer, path: str) -> None:
    """The one number that people change most: the first that the class lists."""
    name = main_setting(layer)
    if name is None:
        return
    annotation, details = next((a, d) for n, a, d in describe(type(layer)) if n == name)
    look = {"label_visibility": "collapsed", "width": NUMBER_WIDTH}
    form = forms.Form(draft.put, place="row")
    form.number_box(getattr(layer, name), annotation, replace(details, label=name), f"{path}.{name}", **look)


def main_setting(layer: Layer) -> str | None:
    """Name of the number that a row shows; None for a layer without settings."""
    return next((name for name, annotation, _ in describe(type(layer)) if annotation in (int, float)), None)


def other_settings(layer: Layer) -> str:
    """What else differs from the defaults: "kernel 5 · padding valid"."""
    cls, main = type(layer), main_setting(layer)
    changed = [
        f"{forms.named(name).lower()} {forms.option_words(name, getattr(layer, name))}"
        for name, _, _ in describe(cls)
        if name != main and getattr(layer, name) != default_of(cls, name)
    ]
    return " · ".join(changed)


def shape_html(found: RowCheck) -> str:
    """The output's shape, and below it the number of parameters."""
    if found.summary is None:
        return f'<div class="ink-shape">{"" if found.problem else "–"}</div>'
    parameters = say("{count} par.", count=short(found.summary.parameters))
    count = f"<small>{parameters}</small>" if found.summary.parameters else ""
    title, shape = escape(say("output shape")), shape_words(found.summary.output_shape)
    return f'<div class="ink-shape" title="{title}">{shape}{count}</div>'


def add_menu(draft: session.Draft, label: str, key: str, position: Callable[[], int]) -> None:
    """All kinds of layers, by group; a click inserts one."""
    kinds = [name for _, names in groups() for name in names]
    titles = {name: f"{forms.named(name)} :gray[· {translated(group)}]" for group, names in groups() for name in names}

    def chosen() -> None:
        kind = st.session_state[key]
        if kind in kinds:
            draft.insert(position(), kind)

    st.menu_button(
        label,
        kinds,
        key=key,
        on_click=chosen,
        format_func=lambda name: titles[name],
        icon=":material/add:",
        disabled=locks.current().locks("layers"),
    )


def groups() -> list[tuple[str, list[str]]]:
    """The kinds of layers under the headings that they name themselves."""
    found: dict[str, list[str]] = {}
    for name, cls in Layer.members().items():
        found.setdefault(cls.group, []).append(name)
    order = ("weights", "activation", "shape", "regularization")
    rank = {group: number for number, group in enumerate(order)}
    return sorted(found.items(), key=lambda item: rank.get(item[0], len(order)))
