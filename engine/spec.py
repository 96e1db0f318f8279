"""Settings are frozen dataclasses whose fields carry their range and help, so each fact is said once.

A class that derives from `Settings` gets checking, JSON both ways and a form in the page without further code:

    class Optimizer(Settings, family="optimizer"): ...     # a family: one of its members is chosen

    @dataclass(frozen=True)
    class SGD(Optimizer):                                   # a member: registered by being defined
        learning_rate: float = option(0.1, low=1e-6, high=10, log=True, help="size of a step")

A member's JSON is `{"kind": "SGD", "learning_rate": 0.1}`; plain settings have no "kind".
"""

import difflib
import json
import math
import types
import typing
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, ClassVar, Self

from engine.problems import PlainError, printable, shown

LONGEST_TEXT = 4096  # as long as a path may be
LONGEST_LIST = 1000  # entries: layers, augmentations
LONGEST_PATH = 120  # characters of a setting's path in a message

Json = None | bool | int | float | str | list[Any] | dict[str, Any]


class SettingError(PlainError):
    """A setting has a value that it cannot have. `path` names it, as in "layers.2.units"."""

    def __init__(self, path: str, message: str) -> None:
        self.path = printable(path, LONGEST_PATH)
        self.message = printable(message)
        super().__init__(f"{self.path}: {self.message}" if path else message)


@dataclass(frozen=True)
class Option:
    """What a field of a settings class may hold, and how a form presents it."""

    help: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    log: bool = False  # steps of a slider are equal ratios, not equal differences; 0 may come before the first
    live: bool = False  # may change while training runs, from the next batch on
    label: str = ""  # what a form calls it; the field's name with spaces when empty


def option(
    default: Any,
    help: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[Any, ...] = (),
    log: bool = False,
    live: bool = False,
    label: str = "",
) -> Any:
    """A dataclass field with its range and help. `low` and `high` are inclusive."""
    return field(default=default, metadata={"option": Option(help, low, high, choices, log, live, label)})


class Settings:
    """Base of all settings. Subclasses are frozen dataclasses; constructing one checks every field."""

    registry: ClassVar[dict[str, type["Settings"]]] = {}
    family: ClassVar[str] = ""

    def __init_subclass__(cls, family: str = "", abstract: bool = False) -> None:
        super().__init_subclass__()
        if family:
            cls.family = family
            cls.registry = {}
        elif cls.family and not abstract:
            cls.registry[cls.__name__] = cls

    def __post_init__(self) -> None:
        for name, annotation, details in describe(type(self)):
            value = _checked(getattr(self, name), annotation, details, f"{type(self).__name__}.{name}")
            object.__setattr__(self, name, value)

    @classmethod
    def members(cls) -> dict[str, type[Self]]:
        """The classes of this family, by name, in the order of their definition."""
        return {name: member for name, member in cls.registry.items() if issubclass(member, cls)}

    @classmethod
    def title(cls) -> str:
        """First sentence of the class's docstring: what a menu shows beside the name."""
        return (cls.__doc__ or "").strip().split("\n")[0]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and scalars that `from_json` turns back into an equal object."""
        kind = {"kind": type(self).__name__} if self.family else {}
        return kind | {f.name: _plain(getattr(self, f.name)) for f in _fields(type(self))}

    @classmethod
    def from_json(cls, data: Any, path: str = "") -> Self:
        """Build from what `to_json` gave. Missing fields take their default.

        Raises SettingError, which names the setting, for unknown names and for values out of range.
        """
        if cls.family and isinstance(data, str):
            data = {"kind": data}
        if not isinstance(data, dict):
            raise SettingError(path, f"expected an object with settings of {cls.__name__}; got {shown(data)}")
        target = cls._member(data.get("kind"), path) if cls.family else cls
        given = {name: value for name, value in data.items() if not (cls.family and name == "kind")}
        known = {name: (annotation, details) for name, annotation, details in describe(target)}
        values = {}
        for name, value in given.items():
            if name not in known:
                raise SettingError(_join(path, str(name)[:60]), _unknown(str(name), known, target.__name__))
            annotation, details = known[name]
            values[name] = _parsed(value, annotation, details, _join(path, name))
        return target(**values)

    @classmethod
    def _member(cls, kind: Any, path: str) -> type[Self]:
        members = cls.members()
        if not isinstance(kind, str) or kind not in members:
            raise SettingError(_join(path, "kind"), _unknown(shown(kind), members, cls.family))
        return members[kind]


def _fields(cls: type[Settings]) -> tuple[Field[Any], ...]:
    return fields(cls)  # type: ignore[arg-type]  # every subclass is a dataclass


def describe(cls: type[Settings]) -> Iterator[tuple[str, Any, Option]]:
    """(name, type, Option) for each field of a settings class, in order."""
    hints = _hints(cls)
    for each in _fields(cls):
        yield each.name, hints[each.name], each.metadata.get("option", Option())


_HINTS: dict[type, dict[str, Any]] = {}


def _hints(cls: type) -> dict[str, Any]:
    if cls not in _HINTS:
        _HINTS[cls] = typing.get_type_hints(cls)
    return _HINTS[cls]


def default_of(cls: type[Settings], name: str) -> Any:
    """The default of one field; raises KeyError where there is none."""
    each = {f.name: f for f in _fields(cls)}[name]
    if each.default is not MISSING:
        return each.default
    if each.default_factory is not MISSING:
        return each.default_factory()
    raise KeyError(name)


def set_path(data: dict[str, Any], path: str, value: Any) -> None:
    """Set a value inside settings in JSON form: set_path(data, "layers.1.units", 64)."""
    if not isinstance(path, str):  # a settings' name may come from anywhere
        raise SettingError("", f"expected the path of a setting, such as optimizer.learning_rate; got {shown(path)}")
    *parents, last = path.split(".")
    place: Any = data
    for number, part in enumerate([*parents, last]):
        here = ".".join([*parents, last][: number + 1])
        key: Any = part
        if isinstance(place, list):
            if not part.isdecimal() or len(part) > 9 or int(part) >= len(place):
                raise SettingError(here, _no_position(part, len(place)))
            key = int(part)
        elif not isinstance(place, dict) or part not in place:
            known = list(place) if isinstance(place, dict) else []
            raise SettingError(here, _unknown(part, known, "these settings"))
        if number == len(parents):
            place[key] = value
        else:
            place = place[key]


def parse_assignment(text: str) -> tuple[str, Any]:
    """ "optimizer.learning_rate=0.1" -> ("optimizer.learning_rate", 0.1). The value is JSON, or else a string."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise SettingError("", f"expected PATH=VALUE, such as optimizer.learning_rate=0.1; got {shown(text)}")
    try:
        return path.strip(), json.loads(value)
    except (ValueError, RecursionError):
        return path.strip(), value


def _no_position(part: str, count: int) -> str:
    """What is wrong with a position in a list of so many entries."""
    wanted = f"a position from 0 to {count - 1}" if count else "nothing, for the list has no entries"
    return f"expected {wanted}; got {shown(part)}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _unknown(name: str, known: Any, owner: str) -> str:
    name = name if len(name) <= 60 else name[:57] + "..."
    close = difflib.get_close_matches(name.strip("'"), list(known), n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"unknown name {name} in {owner}; known are {', '.join(known)}.{hint}"


def _plain(value: Any) -> Json:
    if isinstance(value, Settings):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return typing.cast(Json, value)


def _parsed(value: Any, annotation: Any, details: Option, path: str) -> Any:
    """A JSON value as the annotation asks for it; checked."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is types.UnionType:
        if value is None and type(None) in arguments:
            return None
        inner = next(a for a in arguments if a is not type(None))
        return _parsed(value, inner, details, path)
    if origin is tuple:
        if not isinstance(value, list | tuple) or len(value) > LONGEST_LIST:
            raise SettingError(path, _no_list(value))
        return tuple(_parsed(item, arguments[0], details, _join(path, str(i))) for i, item in enumerate(value))
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return value if isinstance(value, annotation) else annotation.from_json(value, path)
    return _checked(value, annotation, details, path)


def _checked(value: Any, annotation: Any, details: Option, path: str) -> Any:
    """The value in its proper type, or SettingError."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is types.UnionType:
        if value is None:
            return None
        return _checked(value, next(a for a in arguments if a is not type(None)), details, path)
    if origin is tuple:
        if not isinstance(value, tuple | list) or len(value) > LONGEST_LIST:
            raise SettingError(path, _no_list(value))
        return tuple(_checked(item, arguments[0], details, _join(path, str(i))) for i, item in enumerate(value))
    if annotation is float and type(value) is int:
        value = float(value) if abs(value) < 1e300 else math.inf
    if annotation is int and type(value) is float and value.is_integer():
        value = int(value)
    if not isinstance(value, annotation) or (annotation is int and isinstance(value, bool)):
        raise SettingError(path, f"expected {_type_name(annotation)}; got {shown(value)}")
    if details.choices and value not in details.choices:
        choices = ", ".join(str(choice) for choice in details.choices)
        raise SettingError(path, f"must be one of {choices}; got {shown(value)}")
    if annotation in (int, float):
        _check_range(value, details, path)
    if annotation is str:
        _check_text(value, path)
    return value


def _no_list(value: Any) -> str:
    """Why something is no list of settings."""
    if isinstance(value, list | tuple):
        return f"expected at most {LONGEST_LIST:,} entries; got {len(value):,}"
    return f"expected a list; got {shown(value)}"


def _type_name(annotation: Any) -> str:
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
    return names.get(annotation, f"settings of {getattr(annotation, '__name__', annotation)}")


def _check_text(value: str, path: str) -> None:
    if len(value) > LONGEST_TEXT:
        raise SettingError(path, f"expected at most {LONGEST_TEXT} characters; got {len(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can say, but no file or browser can be given
        raise SettingError(path, f"expected text that can be stored as UTF-8; got {shown(value)}") from None


def _check_range(value: float, details: Option, path: str) -> None:
    low = -math.inf if details.low is None else details.low
    high = math.inf if details.high is None else details.high
    if not low <= value <= high or (isinstance(value, float) and not math.isfinite(value)):
        wanted = f"from {low:g} to {high:g}" if math.isfinite(low) and math.isfinite(high) else "a finite number"
        if math.isfinite(low) and math.isinf(high):
            wanted = f"at least {low:g}"
        what = f" It is {details.help[0].lower()}{details.help[1:]}." if details.help else ""
        raise SettingError(path, f"must be {wanted}; got {shown(value)}.{what}")
