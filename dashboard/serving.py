"""What the server does before the first person comes: whatever a first page would else wait for."""

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

import streamlit as st

from dashboard import pages, session
from engine.limits import LimitError


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Have a worker ready for the first run, and the first page's code loaded."""
    threading.Thread(target=_prepare, name="prepare", daemon=True).start()
    yield


def _prepare() -> None:
    with suppress(LimitError):  # every page says it
        session.runs()
    import_module(f"dashboard.views.{pages.FIRST}")
