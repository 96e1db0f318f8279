"""What the server does before the first person comes: how it holds memory, and whatever a first page would wait for."""

import ctypes
import os
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module

import streamlit as st

from dashboard import pages, session
from engine.limits import LimitError

M_ARENA_MAX = -8  # its number in glibc's malloc.h
ARENAS = 2


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Have a worker ready for the first run, and the first page's code loaded."""
    use_few_arenas()
    threading.Thread(target=_prepare, name="prepare", daemon=True).start()
    yield


def _prepare() -> None:
    with suppress(LimitError):  # every page says it
        session.runs()
    import_module(f"dashboard.views.{pages.FIRST}")


def use_few_arenas() -> None:
    """Have all threads take their memory from the same two arenas, where the system's library is glibc.

    Each run of a page is a thread of its own. glibc keeps up to eight arenas a core for threads, each with holes that
    it does not give back: ten people had the server take 1.6 times as much within 20 minutes (load.py). Whoever has set
    MALLOC_ARENA_MAX has chosen already. (mallopt(3))
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        with suppress(AttributeError, OSError):  # another library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, ARENAS)
