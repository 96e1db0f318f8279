"""Changes to bytes, texts and JSON: what damage, mistakes and malice make of them. All of it follows from `rng`."""

import json
import struct
from random import Random
from typing import Any

INTERESTING = (0, 1, 2, 7, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 10**9)
TEXTS = (
    "",
    " ",
    "a" * 5000,
    "\0",
    "\ud800",  # half of a surrogate pair: JSON may say it, UTF-8 cannot
    "\u202etxt.exe",  # right to left from here on
    "\x1b[31mred",
    "line\nbreak\r\n",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "](javascript:alert(1))",
    "$\\frac{1}{0}$ :red[x] `code`",
    "../../../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd",
    "/dev/zero",
    "/proc/self/environ",
    "file:///etc/passwd",
    "C:\\con",
    "%2e%2e%2f",
    "%s%n%x",
    "{0.__class__}",
    "__class__",
    "__import__('os').system('true')",
    "'; DROP TABLE runs; --",
    "NaN",
    "1e999",
    "\uff11\uff12",
    "\u0663",
    "é́́́́",
    "👩‍👩‍👧‍👦",
    "мнист",
)


class Raw(str):
    """Goes into JSON as it stands, as what `json.dumps` would never write."""

    __slots__ = ()


NUMBERS = (
    0,
    -1,
    1,
    2,
    3,
    10,
    255,
    256,
    4096,
    2**31,
    2**53 + 1,
    2**63,
    2**64,
    10**30,
    -(10**30),
    10**400,
    0.5,
    -0.0,
    1e-320,
    1e308,
    -1e308,
    float("nan"),
    float("inf"),
    float("-inf"),
    Raw("1e999"),
    Raw("-1e999"),
    Raw("9" * 5000),
    Raw("1." + "0" * 5000),
)


def hostile_value(rng: Random) -> Any:
    """A JSON value of any kind, mostly one that was not asked for."""
    pick = rng.randrange(9)
    if pick < 3:
        return rng.choice(NUMBERS)
    if pick < 5:
        return rng.choice(TEXTS)
    if pick < 6:
        return rng.choice((None, True, False))
    if pick == 6:
        return [hostile_value(rng) for _ in range(rng.choice((0, 1, 2, 5)))]
    if pick == 7:
        return {str(rng.choice(TEXTS)): hostile_value(rng) for _ in range(rng.randrange(3))}
    depth = rng.choice((5, 60, 60, 5000))
    return Raw("[" * depth + "]" * depth) if rng.random() < 0.5 else Raw('{"a":' * depth + "0" + "}" * depth)


def changed_value(rng: Random, old: Any) -> Any:
    """A value in place of another: near it, of its type, or anything."""
    if rng.random() < 0.4:
        return hostile_value(rng)
    if isinstance(old, bool) or old is None:
        return not old
    if isinstance(old, int | float):
        if not abs(old) < 1e300:
            return str(old)[:500]
        return rng.choice((-old, old + 1, old - 1, old * 2, old * 10, old / 10, old * 1000, float(old), str(old)))
    if isinstance(old, str):
        return rng.choice((old.upper(), old + "x", old[:-1], [old], {"kind": old}, old * 100))
    if isinstance(old, list):
        return rng.choice((old * 2, old[::-1], old[:-1], old * 50, {str(i): each for i, each in enumerate(old)}))
    return rng.choice((list(old), [old], {}, str(old)[:500]))


def mutated_json(rng: Random, data: Any, times: int = 3) -> Any:
    """A copy with up to `times` of its parts changed, taken away, added or exchanged."""
    data = _copy(data)
    for _ in range(rng.choice((1, 1, rng.randint(1, times)))):
        data = _mutate_once(rng, data)
    return data


def _copy(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _copy(value) for key, value in data.items()}
    return [_copy(each) for each in data] if isinstance(data, list) else data


def _places(data: Any, found: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """(container, key) of everything in it."""
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pairs:
        found.append((data, key))
        _places(value, found)
    return found


def _mutate_once(rng: Random, data: Any) -> Any:
    places = _places(data, [])
    if not places or rng.random() < 0.01:
        return hostile_value(rng)
    holder, key = rng.choice(places)
    act = rng.randrange(10)
    if act < 6:
        holder[key] = changed_value(rng, holder[key])
    elif act == 6:
        del holder[key]
    elif act == 7 and isinstance(holder, dict):
        holder[rng.choice((*TEXTS, str(key) + "x", *map(str, holder)))] = hostile_value(rng)
    elif act == 8 and isinstance(holder, list):
        holder.insert(key, _copy(rng.choice(holder)))
    else:
        other, name = rng.choice(places)
        holder[key] = _copy(other[name]) if _has(other, name) else None
    return data


def _has(container: Any, key: Any) -> bool:
    return key < len(container) if isinstance(container, list) else key in container


def as_text(data: Any, rng: Random | None = None) -> str:
    """JSON that may hold what is no JSON: NaN, Infinity, `Raw` texts; with `rng`, now and then a key twice."""
    if isinstance(data, Raw):
        return str(data)
    if isinstance(data, dict):
        pairs = [f"{json.dumps(str(key))}: {as_text(value, rng)}" for key, value in data.items()]
        if pairs and rng is not None and rng.random() < 0.02:
            pairs.append(rng.choice(pairs).partition(": ")[0] + ": " + as_text(hostile_value(rng)))
        return "{" + ", ".join(pairs) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(as_text(each, rng) for each in data) + "]"
    if isinstance(data, int) and abs(data) > 10**300:
        return "1" + "0" * 400
    return json.dumps(data)


def mutated_bytes(rng: Random, data: bytes, times: int = 4) -> bytes:
    """A copy with bits flipped, parts overwritten, taken away, put in, doubled, or numbers replaced; or cut off."""
    new = bytearray(data)
    for _ in range(rng.choice((1, 1, rng.randint(1, times)))):
        _damage(rng, new)
    return bytes(new)


def _damage(rng: Random, data: bytearray) -> None:
    at = rng.randrange(len(data)) if data else 0
    if rng.random() < 0.5:
        at = min(at, rng.randrange(256))  # headers are where it hurts
    length = rng.choice((1, 1, 2, 4, 8, 64, 1000))
    act = rng.randrange(9)
    if act == 0 and data:
        data[at] ^= 1 << rng.randrange(8)
    elif act == 1 and data:
        data[at] = rng.choice((0, 1, 0x20, 0x2D, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    elif act == 2:
        data[at : at + length] = rng.randbytes(length)
    elif act == 3:
        del data[at : at + length]
    elif act == 4:
        data[at:at] = rng.randbytes(length)
    elif act == 5:
        data[at:at] = data[at : at + length]
    elif act == 6:
        del data[at:]
    elif act == 7:
        number = rng.choice(INTERESTING)
        wide = struct.pack(rng.choice("<>") + "I", number)
        data[at : at + 4] = wide if rng.random() < 0.7 else wide[-2:]
    else:
        other = rng.randrange(len(data)) if data else 0
        data[at : at + length] = data[other : other + length]


def mutated_text(rng: Random, text: str) -> str:
    """A copy with hostile pieces put in, characters exchanged, or damaged as bytes."""
    if rng.random() < 0.4:
        return mutated_bytes(rng, text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    at = rng.randrange(len(text) + 1)
    piece = rng.choice((*TEXTS, *(as_text(each) for each in NUMBERS)))
    return text[:at] + piece + text[at + rng.choice((0, 0, 1, 5, 10**6)) :]
