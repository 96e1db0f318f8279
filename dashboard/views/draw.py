"""A large pad: which networks read it, how sure they are, and what happens to a drawing before they see it."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import pages, session
from dashboard.controlled import controlled
from dashboard.drawing import pad, photo, pins, preparation, pulse, reader_menu
from dashboard.drawing.readers import Reader
from dashboard.drawing.reading import Shares, Sheet, digits, on_desk
from dashboard.explaining import why
from dashboard.hand import my_hand
from dashboard.language import say, translated
from dashboard.live_chart import load_plotly
from dashboard.live_feed import begin, block, offer, tell
from dashboard.settings.sidebar import more
from engine.drawing import Prepared

SLOW_TICK = 3.0  # seconds between two runs of the page while a network that reads is in training
PAD_SIDE = 340  # pixels; fits into a window 360 pixels wide
WIDE = 2 * PAD_SIDE
SOURCES = {"pad": "Pad", "file": "Picture", "camera": "Camera"}
ONLY_PAD, NO_PAD = "<style></style>", "<style>.st-key-the-pad { display: none; }</style>"


def render() -> None:
    """The whole page. All of it is one fragment: a stroke runs that again, and nothing else."""
    desk = session.desk()
    desk.tick = pulse.pace(reader_menu.choices(session.shown_run()))
    st.fragment(_page, run_every=SLOW_TICK if desk.polling else None)()
    offer(pulse.fresh, desk.tick)
    load_plotly()  # last: its 4.8 MB must not hold up the rest


def _page() -> None:
    """What comes and goes does so inside containers that stay: the pad must never move."""
    begin()
    desk, run = session.desk(), session.shown_run()
    offered = reader_menu.choices(run)
    if pulse.pace(offered) != desk.tick:
        pages.made_anew()  # the whole page: timers start or stop
    with st.container(horizontal=True, key="stage", gap="large"):
        with st.container(key="draw-pad", width=WIDE if _is_wide(desk) else PAD_SIDE, gap="xsmall"):
            over = _source(desk)
        with st.container(key="charts", gap="small"):
            with st.container(horizontal=True, key="reader-row", gap="medium"):
                readers = reader_menu.render(offered)
                _least(desk)
            with st.container(key="answer"):
                html, shares = pulse.read(readers)
                framed = pulse.frames(readers, shares)
                tell({"answer": html, "boxes": ""} | framed)
                st.html(block("answer", html))
    if over is not None and framed:
        over.html(block("boxes", framed["boxes"]))
    reader = readers[0] if readers else None
    with st.container(key="details"):
        prepared = _details(reader, on_desk(), shares)
    with st.container(key="my-digits"):
        pins.render_strip(run, session.shown().at_step)
    with st.container(key="panels", gap="small"):
        _panels(reader, prepared)
    pulse.note(offered, shares)


def _source(desk: session.Desk) -> DeltaGenerator | None:
    """The pad, or a photograph; returns a place over it. The pad is always there: hidden, it keeps what is drawn."""
    st.html(ONLY_PAD if desk.source == "pad" else NO_PAD)
    with st.container(key="the-pad", gap="xsmall"):
        over: DeltaGenerator | None = pad.render(PAD_SIDE, WIDE if session.drawing().wide else PAD_SIDE)
    # below the pad: above its right corner the canvas shows tools of its own
    with st.container(horizontal=True, vertical_alignment="center", key="source-row"):
        controlled(
            st.segmented_control,
            say("What is read"),
            "source",
            desk.source,
            partial(_read_from, desk),
            options=list(SOURCES),
            required=True,
            format_func=lambda name: translated(SOURCES[name]),
            label_visibility="collapsed",
        )
        if desk.source == "pad":
            controlled(
                st.toggle, say("Wide"), "pad-wide", session.drawing().wide, _widen, help=say("Room for several digits.")
            )
    with st.container(key="photo", gap="xsmall"):
        if desk.source != "pad":
            over = photo.render()
    return over


def _read_from(desk: session.Desk, wish: str | None) -> None:
    desk.source, desk.problem = wish or "pad", ""


def _is_wide(desk: session.Desk) -> bool:
    return session.drawing().wide and desk.source == "pad"


def _widen(wish: bool) -> None:
    drawing = session.drawing()
    drawing.wide, drawing.visit = wish, -1  # a canvas of another size is a new one


def _least(desk: session.Desk) -> None:
    controlled(
        st.slider,
        say("Answer only when at least so sure"),
        "least",
        round(100 * desk.least),
        lambda percent: setattr(desk, "least", percent / 100),
        min_value=0,
        max_value=99,
        format="%d %%",
        width=230,
        help=say("Below this, the answer is “I don't know”. It holds on the Train page too."),
    )


def _details(reader: Reader | None, sheet: Sheet | None, shares: Shares | None) -> Prepared | None:
    """One of the digits step by step: that one, as the first reader sees it."""
    desk = session.desk()
    model = reader.model() if reader is not None else None
    with st.container(key="which"):
        count = 0 if shares is None else len(shares)
        desk.index = min(desk.index, max(count - 1, 0))
        if count > 1:
            controlled(
                st.segmented_control,
                say("Which digit to look at"),
                "index",
                desk.index,
                lambda index: setattr(desk, "index", index or 0),
                options=list(range(count)),
                required=True,
                format_func=lambda index: say("Digit {index}", index=index + 1),
            )
    if reader is None or model is None or sheet is None or shares is None or not count:
        return None
    found = digits(sheet, model.image_size, preparation.settings())
    preparation.render(sheet, reader, model, desk.index)
    return found[desk.index] if desk.index < len(found) else None


def _panels(reader: Reader | None, prepared: Prepared | None) -> None:
    """What takes longer, and runs only while it is open."""
    with more(say("Why this answer?")) as open_now:
        if open_now and reader is not None and prepared is not None:
            why.render(reader, prepared)
        elif open_now:
            st.caption(say("Draw a digit first."))
    with more(say("Learn my hand")) as open_now:
        if open_now:
            my_hand.render(reader, prepared)
