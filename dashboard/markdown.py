"""Text from people where Streamlit reads Markdown: labels of buttons, errors, captions. No streamlit."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])")


def literal(text: str) -> str:
    """The same text with all that Markdown could take for a sign: no picture, no link, no colour, no formula."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
