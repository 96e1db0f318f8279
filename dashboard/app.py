"""The page: `streamlit run dashboard/app.py`, from any folder."""

import sys
from pathlib import Path

import streamlit as st

PROJECT = str(Path(__file__).resolve().parent.parent)
if PROJECT not in sys.path:  # Streamlit puts this file's own folder there, not the project's
    sys.path.insert(0, PROJECT)

from dashboard import session, style  # noqa: E402  (the path must be set first)
from dashboard.views import draw, runs, train  # noqa: E402

st.set_page_config(page_title="Inkling", page_icon=style.ICON, layout="wide", initial_sidebar_state=400)
page = st.navigation(
    [
        st.Page(train.render, title="Train", url_path="train", default=True),
        st.Page(draw.render, title="Draw", url_path="draw"),
        st.Page(runs.render, title="Runs", url_path="runs"),
    ],
    position="top",
)
session.follow_address(page.title)
style.apply()
page.run()
