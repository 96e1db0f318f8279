"""The way from a control to its page. No streamlit."""

from urllib.parse import urlencode

from dashboard.language import ADDRESS as LANGUAGE
from dashboard.language import ENGLISH, language, say
from dashboard.learning.topics import about
from engine.spec import Settings

ADDRESS = "about"


def address(key: str) -> str:
    """Of the page of that key, seen from the other pages."""
    spoken = language()
    return "learn?" + urlencode({ADDRESS: key} | ({} if spoken == ENGLISH else {LANGUAGE: spoken}))


def more(path: str, cls: type[Settings] | None = None) -> str:
    """A link to the page on a control, in Markdown, after a space; "" where there is no page."""
    key = about(path, cls)
    return f" [{say('More on this')}]({address(key)})" if key else ""
