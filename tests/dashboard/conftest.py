"""What holds for all tests of the dashboard."""

import pytest


@pytest.fixture(autouse=True)
def no_spare_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are opened without a browser keep no worker ready: hundreds of them would load the images each."""
    monkeypatch.setenv("INKLING_SPARE", "0")
