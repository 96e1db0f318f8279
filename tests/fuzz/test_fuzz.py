"""Hostile inputs of every kind are refused in words or work; and the harness notices what it is there to notice."""

import sys
from pathlib import Path
from random import Random

import pytest
from fuzz import Result, as_table, fuzz
from fuzz_judge import unclear
from fuzz_kinds import KINDS
from fuzz_mutations import as_text, mutated_bytes, mutated_json

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its limits and measures are Linux's")


GOOD, TRAPS = ([name for name in KINDS if KINDS[name].trap == trap] for trap in (False, True))


@pytest.fixture(scope="module")
def tried(inputs: int) -> dict[str, Result]:
    """All kinds in one process, or in as many as the inputs end."""
    return fuzz(GOOD, inputs)


@pytest.fixture(scope="module")
def sprung() -> dict[str, Result]:
    """Every trap once."""
    return fuzz(TRAPS, 1)


@pytest.mark.parametrize("name", GOOD)
def test_hostile_inputs_are_refused_in_words_or_work(name: str, tried: dict[str, Result], inputs: int) -> None:
    result = tried[name]
    assert [(each["seed"], each["problem"]) for each in result.failures] == []
    assert result.inputs == result.worked + result.told == inputs


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("trap-write", "wrote outside its folder"),
        ("trap-read", "read outside its folder"),
        ("trap-code", "ran code of <string>"),
        ("trap-process", "subprocess.Popen"),
        ("trap-pickle", "pickle.find_class"),
        ("trap-swallow", "wrote outside its folder"),
        ("trap-memory", "MemoryError"),
        ("trap-crash", "SIGSEGV"),
        ("trap-slow", "more processor time"),
        ("trap-raw", "a library's words"),
        ("trap-foreign", "ValueError that is none of ours"),
        ("trap-error", "KeyError"),
    ],
)
def test_what_must_not_happen_is_noticed(name: str, said: str, sprung: dict[str, Result]) -> None:
    (failure,) = sprung[name].failures
    assert said in failure["problem"]


def test_every_trap_is_sprung(sprung: dict[str, Result]) -> None:
    assert all(len(result.failures) == 1 for result in sprung.values())
    assert list(sprung) == TRAPS


@pytest.mark.parametrize(
    "message",
    [
        "",
        "bad file",
        "x.npz: 'config'",
        "cannot reshape array of size 3 into shape (2,)",
        "x.npz is damaged: unpack requires a buffer of 8 bytes",
        "expected a name of a run; got \x1b[31m here",
        "expected a name of a run; got \ud800 here",
        "expected a number; got " + "9" * 5000,
    ],
)
def test_what_people_cannot_use_is_no_message(message: str) -> None:
    assert unclear(message)


def test_a_good_message_is_one() -> None:
    assert unclear("layers.0.units: must be from 1 to 4096; got 0. It is number of outputs.") == ""


def test_an_input_follows_from_its_number() -> None:
    data = {"a": [1, {"b": "text"}], "c": None}
    for seed in range(50):
        one, other = (as_text(mutated_json(Random(seed), data)) for _ in range(2))
        assert one == other
        assert mutated_bytes(Random(seed), b"0123456789") == mutated_bytes(Random(seed), b"0123456789")
    assert len({as_text(mutated_json(Random(seed), data)) for seed in range(50)}) > 30


def test_the_table_has_a_line_for_each_kind() -> None:
    results = [Result("npz", "arrays", 3, 1, 2), Result("csv", "tables", 5, 5, failures=[{"seed": 1}])]
    lines = as_table(results).splitlines()
    assert [line.split()[0] for line in lines] == ["kind", "npz", "csv"]
    assert lines[2].split()[2:6] == ["5", "5", "0", "1"]


def test_no_sample_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    fuzz(["checkpoint", "npz"], 2)
    assert list(tmp_path.iterdir()) == []
