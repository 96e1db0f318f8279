"""What the page looks like beyond Streamlit's theme: spacing, and a few blocks of HTML of our own.

Colours come from the theme by `currentColor` and Streamlit's own variables, so light and dark need no second list.
"""

from html import escape
from pathlib import Path

import streamlit as st

from dashboard.language import say

ICON = "🖋️"

CSS = """
.stMainBlockContainer { padding: 4.2rem 2rem 3rem; max-width: 1500px; }
.stSidebar [data-testid=stSidebarUserContent] { padding-bottom: 3rem; }
.stSidebar [data-testid=stSidebarHeader] { margin-bottom: 0; height: 2.6rem; padding-bottom: 0; }
.st-key-topic { max-width: 64rem; }
.ink-heading { font-weight: 650; font-size: 1.02rem; margin: 1.1rem 0 0.1rem; padding-top: 0.55rem;
  border-top: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
.stSidebar [data-testid=stExpander] summary { min-height: 2rem; padding-top: 0.2rem; padding-bottom: 0.2rem;
  font-size: 0.9rem; }
.stSidebar [data-testid=stCaptionContainer] p { margin-bottom: 0; }
:is(.st-key-own-data, .st-key-preset-notes, .st-key-link-notice)
  [data-testid=stCaptionContainer] { margin-bottom: 0.35rem; }
[class*=st-key-fields-] { padding-left: 0.8rem; border-left: 2px solid
  color-mix(in srgb, currentColor 15%, transparent); }

/* one layer a line */
[class*=st-key-layer-line-] { min-height: 2.1rem; }
[class*=st-key-layer-line-] .stPopover button { min-height: 2rem; padding: 0.1rem 0.5rem; width: 100%; }
[class*=st-key-layer-line-] .stPopover button > div { width: 100%; justify-content: space-between; }
[class*=st-key-layer-line-] [data-testid=stNumberInputContainer] { min-height: 2rem; height: 2rem; }
[class*=st-key-layer-line-] .stButton button { min-height: 2rem; padding: 0; width: 1.35rem; }
[class*=st-key-layer-line-] .stButton { width: 1.35rem; }
[class*=st-key-layer-line-] .stButton p { font-size: 0; }
[class*=st-key-layer-line-] .stButton [data-testid=stIconMaterial] { font-size: 1.05rem; margin: 0; }
.ink-shape { font-size: 0.8rem; line-height: 1.15; text-align: right; white-space: nowrap; padding-right: 0.25rem; }
.ink-shape small { display: block; opacity: 0.65; font-size: 0.72rem; }
.ink-others { font-size: 0.75rem; opacity: 0.65; margin: 0.1rem 0 0.2rem 0.55rem; }
.ink-problem { font-size: 0.8rem; line-height: 1.3; margin: 0.15rem 0 0.3rem; padding: 0.35rem 0.6rem;
  border-left: 3px solid #d5482f; background: color-mix(in srgb, #d5482f 12%, transparent); border-radius: 4px; }

/* figures of the run */
.ink-tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(118px, 1fr)); gap: 0.5rem; }
.ink-tile { padding: 0.45rem 0.7rem 0.5rem; border-radius: 0.5rem;
  background: color-mix(in srgb, currentColor 5%, transparent); min-width: 0; }
.ink-tile span { display: block; font-size: 0.75rem; opacity: 0.7; }
.ink-tile b { font-size: 1.3rem; font-weight: 600; line-height: 1.25; font-variant-numeric: tabular-nums;
  white-space: nowrap; }
.ink-tile small { opacity: 0.65; font-size: 0.8rem; font-weight: 400; }
.ink-sentence { font-size: 0.98rem; min-height: 1.5rem; }
.ink-sentence i { display: inline-block; width: 0.6rem; height: 0.6rem; border-radius: 50%; margin-right: 0.5rem;
  background: color-mix(in srgb, currentColor 35%, transparent); }
.ink-sentence i.running { background: #009e73; }
.ink-sentence i.paused, .ink-sentence i.queued { background: #e69f00; }
.ink-sentence i.interrupted { background: #d5482f; }
.ink-sentence i.rewound { background: #a8508a; }
.ink-subheading { font-weight: 650; font-size: 0.95rem; }
.ink-subheading small { font-weight: 400; opacity: 0.65; font-size: 0.8rem; margin-left: 0.4rem; }
.ink-change { font-size: 0.88rem; font-variant-numeric: tabular-nums; }
.ink-kernels { display: flex; flex-wrap: wrap; gap: 0.4rem; }
.ink-kernels img { image-rendering: pixelated; border-radius: 3px; background: color-mix(in srgb, currentColor 4%,
  transparent); border: 1px solid color-mix(in srgb, currentColor 14%, transparent); }
[class*=st-key-change-] button { min-height: 1.6rem; padding-top: 0; padding-bottom: 0; }
.st-key-inside-parts > :has(> .st-key-first-weights) { flex: 1 1 220px; min-width: min(220px, 100%); }
/* as the bar gets narrow its buttons become icons; the names stay for those who have them read to them */
.st-key-top { container-type: inline-size; }
.st-key-control-bar [class*=st-key-speed] { margin: 0 0.7rem; }
/* What was replaced is kept beside what replaces it until the page is made: what lies below would move for that long,
   under a mouse that is on its way. */
:is(.st-key-main-place, .st-key-pad) [data-retained=true] { display: none; }
@container (max-width: 940px) {
  :is(.st-key-step, .st-key-epoch, .st-key-stop, .st-key-reset, .st-key-new-seed, .st-key-run-menu)
    button p { font-size: 0; }
  .st-key-top .stPopover button > div > div[aria-hidden=true] { display: none; }
  .st-key-control-bar [class*=st-key-speed] { width: 8rem; }
}

[class*=st-key-open-] button { justify-content: flex-start; }

/* charts beside the pad; one below the other where there is no room */
.st-key-stage { align-items: flex-start; }
.st-key-stage > :has(> .st-key-charts) { flex: 1 1 380px; min-width: min(380px, 100%); }
.st-key-pad-panel { flex-shrink: 0; }
:is(.st-key-notices, .st-key-below, .st-key-problems, .st-key-rewinding):empty { display: none; }

@container (max-width: 520px) {
  .st-key-top button { padding-left: 0.4rem; padding-right: 0.4rem; min-width: 2.1rem; }
  .st-key-control-bar, .st-key-top { gap: 0.3rem; }
  .st-key-top { align-items: flex-start; }
  .st-key-control-bar [class*=st-key-main-] button { padding: 0 0.4rem; }
  .st-key-control-bar [class*=st-key-speed] { width: 15rem; margin-top: 0.4rem; }
}
.st-key-time-head > :first-child { flex: 1 1 auto; }
.st-key-time-head button { min-height: 1.9rem; padding: 0.1rem 0.6rem; }

@media (max-width: 640px) {
  .stMainBlockContainer { padding: 4rem 1rem 2rem; }
  .ink-tiles { grid-template-columns: 1fr 1fr; }
}
"""

_INVITATION = """<style>.st-key-pad::after { content: "%s"; position: absolute; inset: 0;
display: grid; place-items: center; color: #9aa3b5;
font-size: 1.05rem; pointer-events: none; z-index: 1000; }</style>"""


DRAWING = Path(__file__).with_name("drawing.css").read_text(encoding="utf-8")


def invitation() -> str:
    """What stands on an empty pad."""
    return _INVITATION % say("Draw a digit, 0 to 9")


def apply() -> None:
    """Once in every full run."""
    st.html(f"<style>{CSS}{DRAWING}</style>")


def heading(text: str) -> None:
    """A section's name in the sidebar."""
    st.html(f'<div class="ink-heading" role="heading" aria-level="2">{escape(text)}</div>')


def tiles_html(figures: list[tuple[str, str, str]]) -> str:
    """HTML: (name, value, what stands smaller behind it) in boxes that take the room there is."""
    boxes = "".join(
        f'<div class="ink-tile"><span>{escape(name)}</span><b>{escape(value)} <small>{escape(more)}</small></b></div>'
        for name, value, more in figures
    )
    return f'<div class="ink-tiles">{boxes}</div>'


def sentence_html(text: str, state: str = "") -> str:
    """HTML: the line that says what is happening, with a dot in the colour of the state."""
    return f'<div class="ink-sentence" role="status"><i class="{escape(state)}"></i>{escape(text)}</div>'


def tiles(figures: list[tuple[str, str, str]]) -> None:
    """Show `tiles_html`."""
    st.html(tiles_html(figures))


def sentence(text: str, state: str = "") -> None:
    """Show `sentence_html`."""
    st.html(sentence_html(text, state))
