"""The panel of what can be taken home: buttons for all forms, made on demand; source to read."""

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.sharing import take_home
from engine.export import FORMS, forms
from tests.engine.exported import made_up_model

EVIL = "../../<script>alert(1)</script> **run**"


def panel():
    from dashboard.sharing.take_home import render
    from tests.engine.exported import made_up_model

    render(made_up_model("lenet"), "../../<script>alert(1)</script> **run**")


@pytest.fixture
def page():
    at = AppTest.from_function(panel, default_timeout=20).run()
    assert not at.exception
    return at


def buttons(page):
    return [each.proto for each in page.get("download_button")]


def test_every_form_has_a_button_with_its_size(page, monkeypatch):
    assert len(buttons(page)) == len(FORMS)
    assert all(button.label.endswith(("kB", "MB")) for button in buttons(page))
    text = " ".join(caption.value for caption in page.caption)
    assert "works offline" in text
    assert "script" not in " ".join(each.value for each in page.markdown).replace("A script for NumPy", "")


def test_without_onnx_the_page_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(forms.importlib.util, "find_spec", lambda name: None)
    page = AppTest.from_function(panel, default_timeout=20).run()
    assert not page.exception
    assert any("pip install onnx" in caption.value for caption in page.caption)
    assert [button.disabled for button in buttons(page)] == ["onnx" in button.id for button in buttons(page)]
    assert [button.disabled for button in buttons(page)].count(True) == 1


def test_what_a_button_sends_is_the_file():
    model = made_up_model("lenet")
    with zipfile.ZipFile(io.BytesIO(take_home.make(model, "keras", EVIL))) as archive:
        assert archive.namelist() == [f"inkling_script_alert_1_script_run{end}" for end in (".py", ".npz")]
    assert take_home.make(model, "html", EVIL).startswith(b"<!doctype html>")


@pytest.mark.parametrize(("form", "word"), [("numpy", "import numpy"), ("pytorch", "import torch"), ("keras", "keras")])
def test_the_source_can_be_read(page, form, word):
    assert not page.code
    page.segmented_control(key="take-home-source").set_value(form).run()
    assert not page.exception
    (code,) = page.code
    assert word in code.value


def test_there_are_words_for_every_form():
    assert set(take_home.READABLE) == {name for name, form in FORMS.items() if form.reads_arrays}
    assert set(take_home._words()) == set(FORMS)
