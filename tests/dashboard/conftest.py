"""What holds for all tests of the dashboard."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import session
from dashboard.running import jobs


@pytest.fixture(autouse=True)
def no_spare_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages that are opened without a browser keep no worker ready: hundreds of them would load the images each."""
    monkeypatch.setenv("INKLING_SPARE", "0")


@pytest.fixture(autouse=True)
def open_paths(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page without a server cannot tell from where it can be reached, and would read no files by their path."""
    monkeypatch.setenv("INKLING_PATHS", "1")


@pytest.fixture(autouse=True)
def unkind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs do not step back: a machine that is busy with other tests would keep these waiting."""
    monkeypatch.setattr(jobs, "KINDNESS", 0)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for runs of its own."""
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path))
    session.runs.clear()
    yield tmp_path
    session.runs().close()
    session.runs.clear()
