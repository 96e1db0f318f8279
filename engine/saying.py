"""The language of what the engine writes into files that people take away: the lab report, the page with a network.

    say("{count} images", count=3)   ->  "3 images", or what the language has for "{count} images"
    say(sentence(history))           ->  a finished sentence of the engine, recognized with the values in it

Texts are written in English where they are used; `ENGLISH` leaves them so. The page in the browser hands in another.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("saying.js")
IN_SCRIPTS = re.compile(r'\bsay\(\s*("(?:[^"\\]|\\.)*")')
IN_PAGES = re.compile(r"\[\[(.+?)\]\]", re.DOTALL)


@dataclass(frozen=True)
class Language:
    """One language. code: as in <html lang>; look_up: an English text -> the same in this language, or as it is."""

    code: str = "en"
    look_up: Callable[[str], str] = str

    def __call__(self, text: str, **values: Any) -> str:
        """The text in this language; {names} in it take their values after it was looked up."""
        found = self.look_up(text)
        return found.format(**values) if values else found

    def joined(self, sentences: Iterable[str]) -> str:
        """Sentences one after another; "" is none."""
        return self.look_up(" ").join(filter(None, sentences))


ENGLISH = Language()


def spoken(script: str, say: Language) -> str:
    """A page's script with its texts, the literals in say("..."), in a language; it cannot end its element."""
    texts: list[str] = [json.loads(literal) for literal in IN_SCRIPTS.findall(script)]
    known = {text: found for text in texts if (found := say(text)) != text}
    words = json.dumps(known, ensure_ascii=False).replace("<", "\\u003c")
    return SCRIPT.read_text(encoding="utf-8").replace("WORDS = {}", f"WORDS = {words}", 1) + script
