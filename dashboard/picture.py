"""Pictures that we draw as SVG, shown as part of the page, so that they take its font and its text colour.

st.html takes SVG away, and st.image makes a file of it that knows nothing of the page.
"""

import functools
from typing import Any

import streamlit as st

from dashboard.palette import theme_script

_SCRIPT = """
const shown = new WeakMap();
export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".picture");
  if (!place) return;
  const svg = themed(data, pageLook(place, true).dark);
  if (shown.get(place) !== svg) place.innerHTML = svg;
  shown.set(place, svg);
}
"""


@functools.cache
def _component() -> Any:
    return st.components.v2.component(
        "picture",
        html="<div class='picture'></div>",
        css=".picture { color: var(--st-text-color); font-family: var(--st-font); }",
        js=f"{theme_script()}\n{_SCRIPT}",
    )


def picture(svg: str, key: str) -> None:
    """Show SVG text from dashboard.charts. It becomes part of the page: whatever people typed must be escaped in it."""
    _component()(data=svg, key=key, height="content")
