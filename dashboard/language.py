"""The language of the page: each text is written in English where it is used, and looked up in the chosen one's file.

    say("{count} images", count=3)      ->  "3 images", or what languages/zh.json has for "{count} images"
    translated(error_of_the_engine)     ->  the same for a finished English sentence
    render(run, say=spoken())           ->  what the engine writes into a file, in this tab's language

One file is one language: `languages/CODE.json` holds {English: translation}, under "" the language's own name, under
" " what stands between two sentences, under "." what ends one, and under ": " the colon between a name and what is
wrong with it. A text that the file lacks stays English. The engine knows of none of this. Its sentences arrive
finished, with numbers in them, and are recognized by the same keys: "{count} images" matches "3 images". What it writes
into a file it says through a `Language` (engine/saying.py) that is handed to it.
"""

import collections
import functools
import json
import re
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.saying import Language

FOLDER = Path(__file__).with_name("languages")
ENGLISH = "en"
KEPT = "language"  # in the session's state: what the person chose in this tab
FOUND = "language found"  # the same: what the address or the browser asked for when the tab was opened
ADDRESS = "lang"  # in the address: ?lang=zh

_PLACE = re.compile(r"\{(\w+)[^{}]*\}")
_SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z0-9])")
_ITEMS = " · "  # stands between settings in a line: each is a text of its own
_WORD = re.compile(r"[\w\0]+")  # a placeholder is blanked with \0, so that what touches it is no whole word
_LONGEST_HEAD = 80  # characters of what stands before a colon: the name of a file, or of a setting
_LEAST_LETTERS = 3  # that a key must have outside its placeholders to recognize a finished sentence


def say(text: str, **values: Any) -> str:
    """A text in the language of this tab; {names} in it take their values after it was looked up.

    text: a literal, for the files of languages are keyed by it.
    """
    found = _texts(language()).get(text, text)
    return found.format(**values) if values else found


def translated(text: str) -> str:
    """A finished English text, such as the engine's, in the language of this tab; as it is where nobody translated it.

    Several sentences are looked up together first, then each by itself.
    """
    code = language()
    return text if code == ENGLISH else _translate(text, code)


def spoken() -> Language:
    """This tab's language for a file that the engine writes, even in a thread that knows of no tab."""
    code = language()
    return Language(code, functools.partial(_translate, code=code))


def language() -> str:
    """The code of this tab's language. English outside of a run of the page, as in threads and tests."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    state = st.session_state
    if (chosen := state.get(KEPT) or state.get(FOUND)) is None:  # looked for once: this is asked for every text
        chosen = _asked_for(st.query_params.get(ADDRESS)) or _asked_for(_locale()) or ENGLISH
        state[FOUND] = chosen
    return str(chosen) if chosen in languages() else ENGLISH


@functools.cache
def languages() -> dict[str, str]:
    """Codes of the languages there are, and what each calls itself."""
    files = sorted(FOLDER.glob("*.json"))
    return {ENGLISH: "English"} | {file.stem: _texts(file.stem).get("", file.stem) for file in files}


def choose(code: str) -> None:
    """Show this tab in another language from now on; a code that no file has is ignored."""
    if code in languages():
        st.session_state[KEPT] = code


def _locale() -> str | None:
    """What the browser prefers."""
    return getattr(st.context, "locale", None)


def _asked_for(code: str | None) -> str | None:
    """The language there is for "zh", "zh-CN" or "zh_TW"; None where there is none."""
    short = re.split(r"[-_]", code.lower())[0] if code else ""
    return short if short in languages() else None


@functools.cache
def _texts(code: str) -> dict[str, str]:
    """English -> translation; empty for English."""
    if code == ENGLISH:
        return {}
    texts: dict[str, str] = json.loads((FOLDER / f"{code}.json").read_text(encoding="utf-8"))
    return texts


@functools.lru_cache(maxsize=4096)
def _translate(text: str, code: str) -> str:
    if not (stripped := text.strip()):
        return _texts(code).get(text, text) if text else text  # the key of the language's own name is empty
    if _ITEMS not in text and (found := _recognized(text, code)) is not None:
        return found
    if text != stripped:
        return _translate(stripped, code)
    if len(items := text.split(_ITEMS)) > 1:
        return _ITEMS.join(_translate(item, code) for item in items)
    head, colon, rest = text.partition(": ")  # "optimizer.learning_rate: must be ...", "a file.npz: ..."
    if len(head) <= _LONGEST_HEAD and (found := _recognized(rest, code)) is not None:
        return _translate(head, code) + _texts(code).get(colon, colon) + found
    parts = _SENTENCES.split(text)
    if len(parts) > 1:
        told = [_translate(part, code) for part in parts]
        return _texts(code).get(" ", " ").join(told) if told != parts else text
    if text.endswith(".") and (found := _recognized(text[:-1], code)) is not None:
        return found + _texts(code).get(".", ".")  # what the engine has as a part ends a sentence here
    found = _translate(rest, code)
    return _translate(head, code) + _texts(code).get(colon, colon) + found if found != rest else text


def _recognized(text: str, code: str) -> str | None:
    """The translation of a whole text that is a key, or that a key with placeholders matches; else None."""
    texts = _texts(code)
    for exactly in (text, text[:1].swapcase() + text[1:]):  # forms begin with a capital what errors do not
        if exactly and exactly in texts:
            return texts[exactly]
    for _, pattern, target in sorted(_candidates(text, code), key=lambda each: each[0]):
        if match := pattern.fullmatch(text):
            values = {name: _translate(value, code) for name, value in match.groupdict().items()}
            return _PLACE.sub(lambda place, values=values: values[place[1]], target)  # type: ignore[misc]
    return None


_Entry = tuple[int, re.Pattern[str], str]  # rank, what recognizes a finished sentence, its translation


def _candidates(text: str, code: str) -> list[_Entry]:
    """The few patterns that can match: those whose rarest word is in the text. Hundreds would be tried otherwise."""
    index = _index(code)
    words = {"", *_WORD.findall(text.lower())}
    return [entry for word in words for entry in index.get(word, ())]


@functools.cache
def _index(code: str) -> dict[str, list[_Entry]]:
    """The keys with placeholders by their rarest whole word ("": there is none), ranked: what says most first."""
    told = {}
    for key, target in _texts(code).items():
        words = _PLACE.sub("", key)
        if words != key and sum(letter.isalpha() for letter in words) >= _LEAST_LETTERS:
            told[key.strip()] = (len(words), target)  # as texts are when they are compared
    of_key = {key: {word for word in _WORD.findall(_PLACE.sub("\0", key.lower())) if "\0" not in word} for key in told}
    often = collections.Counter(word for words in of_key.values() for word in words)
    index: dict[str, list[_Entry]] = {}
    for rank, key in enumerate(sorted(told, key=lambda key: -told[key][0])):
        rarest = min(sorted(of_key[key]), key=lambda word: often[word], default="")
        index.setdefault(rarest, []).append((rank, _pattern(key), told[key][1]))
    return index


def _pattern(key: str) -> re.Pattern[str]:
    """ "{count:,} images" -> what matches "1,000 images" and gives count its text. A name that comes twice is once."""
    parts, seen, end = [], set(), 0
    for place in _PLACE.finditer(key):
        words = re.escape(key[end : place.start()])
        parts.append(words + r"(?!\d)" if words.endswith(r"\.") else words)  # no point within a number
        name = place[1]
        parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.*?)")
        seen.add(name)
        end = place.end()
    parts.append(re.escape(key[end:]))
    if parts[0][:1].isalpha():  # a form begins with a capital what an error does not
        parts[0] = f"(?i:{parts[0][0]}){parts[0][1:]}"
    return re.compile("".join(parts), re.DOTALL)
