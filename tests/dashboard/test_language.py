"""Texts in other languages: how they are found, and that none is missing, unused or broken."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import language

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture
def speaking(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A small language that is spoken everywhere."""
    texts = {
        "": "Testish",
        "{count:,} images": "imagoj: {count:,}",
        "the learning rate is too high": "tro alta",
        "The loss rose to {loss}: {why}.": "{why}! {loss}",
        "At step {step}, of {step}": "paŝo {step}",
        "Stop.": "Haltu.",
    }
    monkeypatch.setattr(language, "_texts", lambda code: texts)
    monkeypatch.setattr(language, "language", lambda: "xx")
    language._index.cache_clear()
    language._translate.cache_clear()
    yield texts
    language._index.cache_clear()
    language._translate.cache_clear()


def test_outside_of_the_page_english_is_spoken():
    assert language.say("{count:,} images", count=1234) == "1,234 images"
    assert language.say("a {brace}") == "a {brace}"  # without values nothing is put in
    assert language.translated("anything") == "anything"


def test_a_text_is_looked_up_before_its_values_are_put_in(speaking):
    assert language.say("{count:,} images", count=1234) == "imagoj: 1,234"
    assert language.say("Not translated: {count}", count=1) == "Not translated: 1"


def test_a_finished_sentence_of_the_engine_is_recognized_with_its_parts(speaking):
    found = language.translated("The loss rose to 2.5: the learning rate is too high.")
    assert found == "tro alta! 2.5"


def test_a_name_that_comes_twice_must_be_the_same_twice(speaking):
    assert language.translated("At step 5, of 5") == "paŝo 5"
    assert language.translated("At step 5, of 6") == "At step 5, of 6"


def test_a_language_may_put_nothing_between_sentences(speaking):
    speaking[" "] = ""
    assert language.translated("Stop. Nobody knows this.") == "Haltu.Nobody knows this."


def test_a_part_that_begins_with_a_space_is_recognized(speaking):
    speaking[" such as {rate}"] = ", ekz. {rate}"
    speaking["Lower it{tip}."] = "Malpli{tip}!"
    assert language.translated("Lower it such as 0.1.") == "Malpli, ekz. 0.1!"


def test_several_sentences_are_translated_one_by_one_and_the_unknown_stays(speaking):
    assert language.translated("Stop. Nobody knows this.") == "Haltu. Nobody knows this."
    assert language.translated("Nobody. Knows this.") == "Nobody. Knows this."


@pytest.mark.parametrize(("asked", "found"), [("zh", "zh"), ("zh-CN", "zh"), ("ZH_tw", "zh"), ("xx", None), ("", None)])
def test_a_wish_for_a_language_is_understood(asked, found):
    assert language._asked_for(asked) == found


def test_the_address_chooses_the_language_and_keeps_it(root):
    at = AppTest.from_file(str(APP), default_timeout=30)
    at.query_params["lang"] = "zh"
    at.run()
    assert not at.exception
    assert at.session_state["language"] == "zh"
    assert at.query_params["lang"] in ("zh", ["zh"])


def test_an_unknown_language_in_the_address_gives_english(root):
    at = AppTest.from_file(str(APP), default_timeout=30)
    at.query_params["lang"] = "../../etc"
    at.run()
    assert not at.exception
    assert "Train" in [each.label for each in at.button]
