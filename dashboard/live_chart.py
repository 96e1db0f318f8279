"""A Plotly chart that keeps zoom, hidden lines and the pointer's label while its data changes.

st.plotly_chart takes a figure with other data for another element: it is made anew, and the zoom is lost. This
component hands each new figure to Plotly.react instead. Plotly.js comes out of the plotly package: no build step,
and nothing is fetched from outside.

    load_plotly()                                    # once in every full run, outside of fragments
    live_chart(figure, key="loss", revision=run.id)  # anywhere, also in a fragment that runs several times a second
"""

import functools
from pathlib import Path
from typing import Any

import streamlit as st
from plotly.offline import get_plotlyjs

from dashboard.language import say
from dashboard.palette import theme_script

_READY = "inkling-plotly-ready"
_SCRIPTS = [Path(__file__).with_name(name) for name in ("live_chart_changes.js", "live_chart.js")]

# Plotly.js looks for a module system before it makes itself known to the page; here it must find none.
_LIBRARY = (
    "const module = undefined, exports = undefined, define = undefined;\n"
    f"{get_plotlyjs()}\n"
    f"export default function () {{ window.dispatchEvent(new Event('{_READY}')); }}"
)
# The loader shows nothing, so it takes no room either: not even the gap between two elements.
_LOADER_STYLE = ".st-key-plotly_loader { position: absolute; width: 0; height: 0; overflow: hidden; }"

_CHART_STYLE = """
.live-chart { width: 100%; border-radius: 0.5rem; outline-offset: 2px; }
.live-chart:focus-visible { outline: 2px solid var(--st-primary-color); }
.live-chart .modebar-container { opacity: 0.75; }
"""


@functools.cache
def _components() -> tuple[Any, Any]:
    component = st.components.v2.component
    loader = component("plotly_loader", isolate_styles=False, js=_LIBRARY, css=_LOADER_STYLE)
    chart = component(
        "live_chart",
        isolate_styles=False,
        html="<div class='live-chart' tabindex='0' role='figure'></div>",
        css=_CHART_STYLE,
        js="\n".join([theme_script(), *(each.read_text(encoding="utf-8") for each in _SCRIPTS)]).replace(
            "READY_EVENT", _READY
        ),
    )
    return loader, chart


def load_plotly() -> None:
    """Send Plotly.js (4.8 MB) to the page, once for each time it is loaded; later runs send a reference of it."""
    _components()[0](key="plotly_loader", height=1)


def live_chart(figure: dict[str, Any], key: str, revision: str = "", height: int = 320, label: str = "") -> None:
    """Show a figure, in Plotly's JSON form.

    key       names the place on the page: the chart in it stays the same one while its figure changes
    revision  when it changes, zoom and hidden lines are forgotten; give the run's id
    height    pixels; the width is the column's
    label     what the chart says, in words, for people who cannot see it
    """
    show_chart(chart_data(figure, revision, height, label), key)


def show_chart(data: dict[str, Any], key: str) -> None:
    """`live_chart` of what `chart_data` gave."""
    _components()[1](data=data | {"key": key}, key=key, height="content")


def chart_data(figure: dict[str, Any], revision: str = "", height: int = 320, label: str = "") -> dict[str, Any]:
    """What a chart is shown by; also for `live_feed.Fresh`."""
    words = {text: say(text) for text in ("Zoom", "Pan", "Show everything", "Download plot as a PNG")}
    return {"figure": figure, "revision": revision, "height": height, "label": label, "words": words}
