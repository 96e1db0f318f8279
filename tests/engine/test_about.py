"""What is said of a run lies beside it, whole, and no damage of it can do harm."""

import json

import pytest

from engine.about import ABOUT, LONGEST_NAME, About, read_about, write_about
from engine.config import TrainingConfig
from engine.rundir import RunFolder


@pytest.fixture
def run(tmp_path):
    return RunFolder.create(tmp_path, TrainingConfig(), "told")


def test_nothing_is_said_of_a_new_run(run):
    assert read_about(run) == About()


def test_all_that_is_said_is_read_back(run):
    about = About("Größe <b>", "line\nline", True, "g1", "race", "other", 7)
    write_about(run, about)
    assert read_about(run) == about


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '"name"', "[" * 100_000, '{"name": "\\ud800'])
def test_a_damaged_file_says_nothing(run, text):
    (run.path / ABOUT).write_text(text)
    assert read_about(run) == About()


def test_what_has_the_wrong_type_is_left_out_and_the_rest_kept(run):
    data = {"name": 7, "note": "kept", "starred": 1, "kind": "party", "group": None, "parent_step": True, "new": 1}
    (run.path / ABOUT).write_text(json.dumps(data))
    assert read_about(run) == About(note="kept")


def test_a_name_is_cut_to_its_longest(run):
    (run.path / ABOUT).write_text(json.dumps({"name": "x" * 1000}))
    assert read_about(run).name == "x" * LONGEST_NAME


def test_half_a_character_does_no_harm_where_the_name_is_sent(run):
    (run.path / ABOUT).write_text('{"name": "a\\ud800b"}')
    assert read_about(run).name == "a?b"
