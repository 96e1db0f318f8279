"""What people write of runs, and names of files, is text on every page: never HTML, never Markdown's signs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.about import About, write_about
from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten
from engine.rundir import RunFolder
from tests.dashboard.test_catalog import write_whole

TAG, LINK = "<img class=hostile", "[l](javascript:x)"
NAME = f"{TAG} src=x onerror=sprung=1>{LINK} **b**"
TEXTS = ("body", "value", "label", "help", "caption", "placeholder", "text")


def script(view: str) -> None:  # only its body goes into the page
    from importlib import import_module

    from dashboard import session

    session.follow_address(view)
    import_module(f"dashboard.views.{view}").render()


@pytest.fixture
def run(root: Path) -> RunFolder:
    """Two runs that have ended, named by somebody who means no good; the first one's."""
    data = DataConfig(source=str(root / f"{TAG}>.npz"), train_images=200, validation_images=50)
    config = TrainingConfig(data=data, layers=(Flatten(), Dense(units=10)), epochs=2)
    made = [RunFolder.create(root, config, f"hostile-{number}") for number in range(2)]
    for each in made:
        write_whole(each)
        write_about(each, About(name=NAME, note=NAME, group=NAME, kind="race", starred=True, parent=made[0].id))
    return made[0]


def said(at: AppTest) -> Iterator[tuple[bool, str]]:
    """(whether it is HTML, text) of everything that the page shows."""

    def walk(block: Any) -> Iterator[tuple[bool, str]]:
        for each in getattr(block, "children", {}).values():
            proto = getattr(each, "proto", None)
            html = getattr(each, "type", "") == "html" or bool(getattr(proto, "allow_html", False))
            for name in TEXTS:
                text = getattr(proto, name, "")
                if isinstance(text, str) and text:
                    yield html, text
            yield from walk(each)

    yield from walk(at.main)
    yield from walk(at.sidebar)


@pytest.mark.parametrize("view", ["train", "draw", "runs", "evaluate", "inside", "share", "learn"])
def test_names_are_text(run: RunFolder, view: str) -> None:
    at = AppTest.from_function(script, default_timeout=60, args=(view,))
    at.query_params["run"] = run.id
    at.run()
    if view == "runs":
        at.session_state["picking"].put(["hostile-0", "hostile-1"])
        at.run()
    assert not at.exception
    found = list(said(at))
    assert found
    for html, text in found:
        assert TAG not in text if html else LINK not in text, text[:300]


def test_what_is_looked_for_is_found() -> None:
    """A page that does it wrong is noticed."""

    def wrong() -> None:
        import streamlit as st

        st.html("<p><img class=hostile></p>")
        st.markdown("<img class=hostile>", unsafe_allow_html=True)
        st.button("[l](javascript:x)")

    found = list(said(AppTest.from_function(wrong).run()))
    assert sum(TAG in text for html, text in found if html) == 2
    assert sum(LINK in text for html, text in found if not html) == 1
