"""What a page that runs without a browser shows, for its tests."""

import json
import time
from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest


def checked(at: AppTest) -> AppTest:
    """The page, which ran without an error."""
    assert not at.exception, at.exception[0].stack_trace
    return at


def html(at: AppTest) -> str:
    """All that is HTML."""
    return "\n".join(block.proto.body for block in at.get("html"))


def markdown(at: AppTest) -> str:
    """All text that may have Markdown in it, with the signs that keep names from being any."""
    told = (*at.markdown, *at.caption, *at.text, *at.success, *at.info, *at.warning, *at.error)
    return "\n".join(each.value for each in told)


def texts(at: AppTest) -> str:
    """All text but HTML, as people see it: without these signs."""
    return "\n".join([markdown(at).replace("\\", ""), *(each.value for each in (*at.latex, *at.code))])


def said(at: AppTest) -> str:
    """All that can be read."""
    return f"{html(at)}\n{texts(at)}"


def data_of(at: AppTest, key: str) -> Any:
    """What a component was given."""
    found = [each.proto for each in at.get("bidi_component") if key in each.proto.id]
    assert len(found) == 1, key
    return json.loads(found[0].json)


def until(at: AppTest, what: Callable[[], object], seconds: float = 60) -> AppTest:
    """Run the page again, as its fragment does, until it is so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited in vain; the page says: {said(at)[:2000]}"
        time.sleep(0.05)
        checked(at.run())
    return at
