"""A server and a real Chromium. Where there is no playwright or no Chromium, these tests are skipped."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `import inkling_browser`, here and in screenshots.py

from inkling_browser import Server, chromium, launched


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests in this folder carry the mark `browser`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page, with a folder for runs of its own, started from another folder."""
    _skip_without_browser()
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running
    assert "Traceback" not in running.log, running.log[-3000:]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One Chromium for all tests."""
    _skip_without_browser()
    with launched() as running:
        yield running


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """A fresh tab with nothing kept from others.

    It must not ask anything of other servers, nor show an error, nor complain on the browser's console.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    tab = context.new_page()
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_default_timeout(15_000)
    yield tab
    assert tab.locator("[data-testid=stException]").count() == 0
    context.close()
    outside = [url for url in asked if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))]
    assert outside == []
    assert complaints == []


def _skip_without_browser() -> None:
    pytest.importorskip("playwright.sync_api", reason="needs `pip install playwright`")
    if chromium() is None:
        pytest.skip("needs Chromium: install it, or name it in the variable CHROMIUM")
