"""Waiting for what other processes and threads do, in tests."""

import time
from collections.abc import Callable


def wait(what: Callable[[], object], why: str = "it is so", seconds: float = 30.0) -> None:
    """Return when it is so; fail when it does not become so."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited in vain: {why}"
        time.sleep(0.01)
