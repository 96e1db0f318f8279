"""The page: `streamlit run dashboard/app.py`, from any folder.

Streamlit imports this file once, for the server, and runs it as a script for every browser tab.
"""

import sys
from pathlib import Path

import streamlit as st

PROJECT = str(Path(__file__).resolve().parent.parent)
if PROJECT not in sys.path:  # Streamlit puts this file's own folder there, not the project's
    sys.path.insert(0, PROJECT)

from dashboard import language_menu, live_feed, pages, serving, session, style, visitor  # noqa: E402  (path first)
from dashboard.language import translated  # noqa: E402
from dashboard.learning import tour_card  # noqa: E402
from dashboard.markdown import literal  # noqa: E402
from dashboard.sharing import address  # noqa: E402
from engine.limits import LimitError  # noqa: E402

if __name__ == "__main__":
    st.set_page_config(page_title="Inkling", page_icon=style.ICON, layout="wide", initial_sidebar_state=400)
    language_menu.follow_address()
    try:
        session.runs()
    except LimitError as error:  # whoever set up this installation has to mend it: nothing works before
        st.error(literal(translated(str(error))))
        st.stop()
    here = st.navigation([pages.page(name) for name in pages.TITLES], position="top")
    session.follow_address(here.url_path or pages.FIRST)
    address.follow()
    style.apply()
    language_menu.render()
    visitor.greet()
    tour_card.offer()
    here.run()
    address.render()
    tour_card.render()
else:
    app = st.App(__file__, routes=[live_feed.route()], lifespan=serving.lifespan)
