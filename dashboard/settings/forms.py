"""Settings classes into widgets. This is the only code that knows which widget a field gets.

All that it goes by is in the class: each field's type and its `Option` (range, choices, help). A new class in the
engine therefore has a form without further code.

Widgets are controlled: each shows the value that it is given, and reports a change by `put(path, value)`. What
they edit lives elsewhere, so it survives a visit to another page, and loading other settings is an assignment.
"""

import functools
import math
import re
import types
import typing
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import streamlit as st

from dashboard.controlled import controlled
from dashboard.language import translated
from dashboard.learning.links import more
from dashboard.settings import locks
from dashboard.settings.steps import even_step, slider_steps
from engine.spec import Option, Settings, default_of, describe

Put = Callable[[str, Any], None]  # (path, value in JSON form)

FEW = 24  # positions that a slider for whole numbers may have; with more, a number is typed


@dataclass(frozen=True)
class Form:
    """Draws widgets for settings.

    put     where changes go
    place   tells two forms apart that show the same settings in two places of the page
    offers  values to choose from, by field, where the class names none
    highs   a lower end than the class's, by field: there are no more images than the data set has
    labels  other names for fields
    """

    put: Put
    place: str = ""
    offers: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    highs: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def fields(
        self,
        settings: Settings,
        path: str = "",
        only: Collection[str] | None = None,
        without: Collection[str] = (),
    ) -> None:
        """Widgets for the fields, in their order. Fields that hold further settings get those' fields."""
        for name, annotation, details in describe(type(settings)):
            wanted = (only is None or name in only) and name not in without
            if wanted and not locks.current().hides(_join(path, name)):
                here = _join(path, name)
                told = explained(details.help, more(here, type(settings)))
                adapted = replace(self._adapted(name, details), help=told)
                self._field(getattr(settings, name), annotation, adapted, here)

    def _adapted(self, name: str, details: Option) -> Option:
        high = self.highs.get(name, details.high)
        return replace(
            details,
            choices=tuple(self.offers.get(name, details.choices)),
            label=translated(self.labels.get(name) or details.label or words(name)),
            high=high if details.high is None or high is None else min(high, details.high),
        )

    def _field(self, value: Any, annotation: Any, details: Option, path: str) -> None:
        if typing.get_origin(annotation) is types.UnionType:
            annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
        if typing.get_origin(annotation) is tuple:
            inner = typing.get_args(annotation)[0]
            if isinstance(inner, type) and issubclass(inner, Settings):
                self.several(inner, value, path, details)
        elif isinstance(value, Settings):
            if type(value).family:
                self.menu(value, path, details)
            self.fields(value, path)
        elif details.choices:
            self._choice(value, annotation, details, path)
        elif annotation is bool:
            self._draw(st.toggle, value, annotation, details, path)
        elif annotation is str:
            self._draw(st.text_input, value, annotation, details, path)
        else:
            self._number(value, annotation, details, path)

    def menu(self, value: Settings, path: str, details: Option) -> None:
        """The classes of a family to choose from, without the fields of the one that is chosen."""
        held = locks.current()
        if held.hides(path):
            return
        members = family_of(value).members()
        about = members_told(members)
        self._controlled(
            st.selectbox,
            details.label or named(path.rpartition(".")[2]),
            path,
            type(value).__name__,
            lambda chosen: self.put(path, held.carry(path, value, converted(value, members[chosen])).to_json()),
            options=list(members),
            format_func=named,
            help=f"{explained(details.help)}{more(path, type(value))}\n\n{about}",
        )

    def several(self, family: type[Settings], value: tuple[Settings, ...], path: str, details: Option) -> None:
        """Any number of members of a family, each at most once, and the fields of those that are chosen.

        A list may hold a member twice (a file can say so): both stay, and the first is edited.
        """
        members = family.members()
        about = members_told(members)
        on = [name for name in members if any(type(each) is members[name] for each in value)]

        def chosen(names: list[str]) -> None:
            kept = [each for each in value if type(each).__name__ in names]
            new = [members[name]() for name in names if name not in on]
            ordered = sorted([*kept, *new], key=lambda each: list(members).index(type(each).__name__))
            self.put(path, [each.to_json() for each in ordered])

        look = {"options": list(members), "selection_mode": "multi", "format_func": named}
        help_text = f"{explained(details.help)}\n\n{about}"
        self._controlled(st.pills, details.label, path, on, chosen, help=help_text, **look)
        for name in on:
            place = next(i for i, each in enumerate(value) if type(each) is members[name])
            with st.container(key=css_key(f"fields-{path}-{name}"), gap="xsmall"):
                st.markdown(f"**{named(name)}**")
                shared = [field for field, _, _ in describe(family)]  # what all members have comes last
                self.fields(value[place], f"{path}.{place}", without=shared)
                self.fields(value[place], f"{path}.{place}", only=shared)

    def _choice(self, value: Any, annotation: Any, details: Option, path: str) -> None:
        options = [*details.choices, *([] if value in details.choices else [value])]
        told = functools.partial(option_words, path.rpartition(".")[2])
        short = len(options) <= 3 and sum(len(str(option)) for option in options) <= 24
        if short:
            more = {"options": options, "format_func": told, "required": True, "width": "stretch"}
            self._draw(st.segmented_control, value, annotation, details, path, **more)
        else:
            self._draw(st.selectbox, value, annotation, details, path, options=options, format_func=told)

    def _number(self, value: Any, annotation: Any, details: Option, path: str) -> None:
        """A slider where a few sensible steps cover the range; otherwise a box to type into."""
        low, high, steps = details.low, details.high, slider_steps(annotation, details)
        span = math.inf if low is None or high is None else high - low
        if steps:
            options = sorted({*steps, value})
            self._draw(st.select_slider, value, annotation, details, path, options=options, format_func=_shown)
        elif span <= (FEW if annotation is int else 360):
            ends = {"min_value": annotation(low), "max_value": annotation(high)}
            step = 1 if annotation is int else even_step(span)
            self._draw(st.slider, value, annotation, details, path, step=step, **ends)
        else:
            self.number_box(value, annotation, details, path)

    def number_box(self, value: Any, annotation: Any, details: Option, path: str, **look: Any) -> None:
        """A number to type, or to step up and down."""
        low, high = details.low, details.high
        self._draw(
            st.number_input,
            value,
            annotation,
            details,
            path,
            min_value=None if low is None else annotation(low),
            max_value=None if high is None else annotation(high),
            step=1 if annotation is int else even_step(1.0 if low is None or high is None else high - low),
            format=None if annotation is int else "%g",
            **look,
        )

    def _draw(self, widget: Any, value: Any, annotation: Any, details: Option, path: str, **look: Any) -> None:
        """A widget for one value."""

        def changed(new: Any) -> None:
            if new is not None:  # a number box that was emptied: the old number comes back
                self.put(path, annotation(new))

        self._controlled(widget, details.label, path, value, changed, help=explained(details.help), **look)

    def _controlled(
        self, widget: Any, label: str, path: str, value: Any, changed: Callable[[Any], None], **look: Any
    ) -> None:
        held = locks.current()
        label, dressed = held.dress(path, label, look.pop("help", None))
        key = css_key(f"form-{self.place}-{path}{'-locked' if held.locks(path) else ''}")
        controlled(widget, label, key, value, changed, **look, **dressed)


def words(name: str) -> str:
    """What a person reads for a name in code: "LeakyReLU" -> "Leaky ReLU", "batch_size" -> "Batch size"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name.replace("_", " "))
    return spaced[:1].upper() + spaced[1:]


def sentence(text: str) -> str:
    """A help text that begins with a capital and ends with a full stop."""
    return text and text[0].upper() + text[1:] + ("" if text.endswith((".", "。", ")")) else ".")


def explained(text: str, link: str = "") -> str:
    """A help text of the engine as a sentence in the language of this tab, and a link to more of it."""
    return translated(sentence(text)) + link


def named(name: str) -> str:
    """`words` in the language of this tab."""
    return translated(words(name))


def option_words(name: str, value: Any) -> str:
    """One of the values that a setting may have, in the language of this tab."""
    if not isinstance(value, str):
        return _shown(value)
    alone = f"{name} {value}"  # a word that means something else here has a translation with the setting's name
    return found if (found := translated(alone)) != alone else translated(value)


def members_told(members: Mapping[str, type[Settings]]) -> str:
    """What there is to choose from, a paragraph each."""
    return "\n\n".join(f"**{named(name)}**: {translated(cls.title())}" for name, cls in members.items())


def css_key(path: str) -> str:
    """A key that is also a CSS class, st-key-..., without surprises."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", path)


def family_of(value: Settings) -> type[Settings]:
    """The class under which the class of `value` and its alternatives are registered."""
    return next(cls for cls in type(value).__mro__ if "registry" in cls.__dict__ and cls is not Settings)


def converted(value: Settings, target: type[Settings]) -> Settings:
    """Settings of class `target`: what was changed from its default and has the same name there is kept."""
    known = {name for name, _, _ in describe(target)}
    kept = {
        name: getattr(value, name)
        for name, _, _ in describe(type(value))
        if name in known and getattr(value, name) != default_of(type(value), name)
    }
    try:
        return target(**kept)
    except ValueError:  # the same name with another range
        return target()


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(value: Any) -> str:
    """A value as menus and sliders print it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
