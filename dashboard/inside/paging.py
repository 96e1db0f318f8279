"""Long rows of pictures, a page at a time."""

from dataclasses import dataclass, field

import streamlit as st

from dashboard import session
from dashboard.controlled import controlled
from dashboard.language import say


@dataclass
class Pages:
    """The page that each row of pictures is at, by its key."""

    at: dict[str, int] = field(default_factory=dict)


def paged(count: int, size: int, key: str, what: str) -> slice:
    """Which of `count` pictures to show; with more than `size` there is a choice of pages. what: "channels"."""
    if count <= size:
        return slice(0, count)
    pages = session.kept("inside-pages", Pages)
    last = (count - 1) // size
    at = min(pages.at.get(key, 0), last)

    def put(wish: int) -> None:
        pages.at[key] = int(wish) - 1

    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-pages", gap="small"):
        controlled(
            st.number_input,
            say("Page, of {count}", count=last + 1),
            f"{key}-page-{last}",
            at + 1,
            put,
            min_value=1,
            max_value=last + 1,
            width=120,
        )
        first, end = at * size, min((at + 1) * size, count)
        st.caption(say("{what} {first:,} to {end:,} of {count:,}", what=what, first=first + 1, end=end, count=count))
    return slice(first, end)
