"""What the engine writes into files for people: in English, or in the language that is handed to it."""

import json
import re
import shutil
import subprocess

import pytest

from engine.comparing import compare, verdict
from engine.export.html import html_page
from engine.report import gather, render
from engine.rundir import RunFolder
from engine.saying import ENGLISH, Language, spoken
from engine.setting_words import named, words
from engine.worker import main as worker
from tests.engine.exported import made_up_model

REVERSED = Language("xx", lambda text: re.sub(r"\w+(?![^{]*\})", lambda word: word[0][::-1], text))


def test_english_is_as_it_is_written():
    assert ENGLISH("{count:,} images", count=1234) == "1,234 images"
    assert ENGLISH("a {brace}") == "a {brace}"
    assert ENGLISH.joined(["One.", "", "Two."]) == "One. Two."


def test_a_text_is_looked_up_before_its_values_are_put_in():
    assert REVERSED("{count} images", count="of all") == "of all segami"


def test_names_of_settings_are_looked_up_as_forms_show_them():
    say = Language("xx", {"Batch size": "grandeco", "Max Pool": "maksimumo", "on": "jes"}.get)
    known = Language("xx", lambda text: say.look_up(text) or text)
    assert named("batch_size", known) == "grandeco"
    assert named("optimizer.batch_size", known) == "optimizer · grandeco"
    assert (words(True, known), words(True)) == ("jes", "on")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
def test_a_script_has_the_words_of_its_language_and_cannot_be_ended():
    say = Language("xx", {"Digit {n}: ": "Cifero</script> {n}: "}.get)
    script = spoken('console.log(say("Digit {n}: ", { n: 3 }))', Language("xx", lambda text: say.look_up(text) or text))
    assert "</script" not in script
    assert subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout == (
        "Cifero</script> 3: \n"
    )


def test_an_english_page_has_english_words_alone():
    script = spoken('say("Clear")', ENGLISH)
    assert "WORDS = {};" in script


def test_the_report_and_the_page_speak_the_language_they_are_given(tiny, tmp_path):
    run = RunFolder.create(tmp_path, tiny, "trained")
    assert worker([str(run.path)]) == 0
    found = gather(run)
    report, english = render([found], say=REVERSED), render([found])
    assert '<html lang="xx">' in report
    assert "<h2>sisehtopyH</h2>" in report
    assert "<h2>Hypothesis</h2>" in english
    assert "Hypothesis" not in report.partition("<script")[0]
    both = render([found, found], say=REVERSED)
    assert "tluseR" in both
    page, other = (html_page(made_up_model("lenet"), "mine", say).decode() for say in (REVERSED, ENGLISH))
    assert '<html lang="xx">' in page
    assert ">raelC<" in page
    assert ">Clear<" in other
    words_in = re.search(r"const WORDS = (\{.+?\});\n", page)
    assert words_in is not None
    assert json.loads(words_in[1])["a seven"] == "a neves"
    assert "[[" not in page.partition("<script")[0]


def test_a_verdict_is_said_in_the_language_it_is_given():
    found = compare([0.1, 0.2, 0.3], [0.0, 0.1, 0.2])
    assert verdict(found, "A", "B").startswith("3 seeds each cannot tell: A is 10.00 points ahead of B.")
    assert verdict(found, "A", "B", REVERSED).startswith("3 sdees hcae tonnac llet: A si 10.00 stniop daeha fo B.")
