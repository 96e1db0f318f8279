"""The language of the page: each text is written in English where it is used, and looked up in the chosen one's file.

    say("{count} images", count=3)      ->  "3 images", or what languages/zh.json has for "{count} images"

What a file lacks stays English.
"""

from typing import Any


def say(text: str, **values: Any) -> str:
    """A text in the language of this tab; {names} in it take their values after it was looked up."""
    return text.format(**values) if values else text
