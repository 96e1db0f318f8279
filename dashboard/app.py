"""The page: `streamlit run dashboard/app.py`, from any folder."""

import sys
from pathlib import Path

import streamlit as st

PROJECT = str(Path(__file__).resolve().parent.parent)
if PROJECT not in sys.path:  # Streamlit puts this file's own folder there, not the project's
    sys.path.insert(0, PROJECT)

from dashboard import language_menu, pages, session, style, visitor  # noqa: E402  (the path must be set first)
from dashboard.learning import tour_card  # noqa: E402
from dashboard.sharing import address  # noqa: E402

session.runs()  # first: the worker that is kept ready can load while the page does
st.set_page_config(page_title="Inkling", page_icon=style.ICON, layout="wide", initial_sidebar_state=400)
language_menu.follow_address()
here = st.navigation([pages.page(name) for name in pages.TITLES], position="top")
session.follow_address(here.url_path or pages.FIRST)
address.follow()
style.apply()
language_menu.render()
visitor.greet()
here.run()
address.render()
tour_card.render()
