"""Claims: a run that came to its end is repeated bit by bit from its code, and what is made up is caught."""

import json
import math
from dataclasses import replace

import pytest

from engine import wishes
from engine.challenge import (
    Budget,
    ChallengeError,
    Goal,
    claim_of,
    coding,
    decode_claim,
    encode_claim,
    refusal,
    replay,
    verdict,
)
from engine.checkpoint import read_checkpoint
from engine.fingerprint import fingerprint
from engine.rundir import Control
from tests.engine.challenging import EASY, TINY, link_of, packed, repeated, trained


@pytest.fixture(scope="module")
def changed_run(tmp_path_factory):
    """A run whose learning rate was raised at step 7 and, with the batches' size, lowered at step 22."""
    planned = ((7, {"optimizer.learning_rate": 0.1}), (22, {"optimizer.learning_rate": 0.02, "batch_size": 10}))
    return trained(tmp_path_factory.mktemp("runs"), TINY, Control(planned=planned))


def test_planned_changes_apply_at_exactly_their_steps(changed_run):
    events = [json.loads(line) for line in changed_run.events_file.read_text().splitlines() if line.strip()]
    changes = {event["step"]: event["changes"] for event in events if event["event"] == "SettingsChanged"}
    assert changes == {
        7: {"optimizer.learning_rate": [0.05, 0.1]},
        22: {"optimizer.learning_rate": [0.1, 0.02], "batch_size": [20, 10]},
    }


def test_a_claim_is_found_true_to_the_bit_by_repeating_it_with_its_changes(changed_run, tmp_path):
    code = encode_claim(claim_of(changed_run, EASY, "Ada"))
    claim = decode_claim(code)
    assert len(code) < 700
    assert claim.name == "Ada"
    assert refusal(EASY, claim) == ""
    again = repeated(tmp_path, claim)
    found = verdict(again, EASY, claim)
    assert found.kind == "exact", found.words
    assert fingerprint(read_checkpoint(again.final)) == claim.fingerprint


def test_a_claim_without_the_changes_is_caught(changed_run, tmp_path):
    claim = replace(claim_of(changed_run, EASY), planned=())
    assert verdict(repeated(tmp_path, claim), EASY, claim).kind == "refused"


def test_figures_that_were_polished_are_caught_even_with_the_true_fingerprint(changed_run, tmp_path):
    true = claim_of(changed_run, EASY)
    again = repeated(tmp_path, true)
    accuracy = true.figures.accuracy
    polished = replace(
        true, figures=replace(true.figures, accuracy=accuracy | {"validation": accuracy["validation"] + 0.001})
    )
    assert "figures are not" in verdict(again, EASY, polished).words
    fewer = replace(true, figures=replace(true.figures, parameters=5))
    assert "other counts" in verdict(again, EASY, fewer).words


def test_another_machine_s_claim_holds_within_tolerance_and_says_so(changed_run, tmp_path):
    true = claim_of(changed_run, EASY)
    foreign = replace(true, fingerprint="0" * 16, machine="arm64, NumPy 1.0")
    found = verdict(repeated(tmp_path, true), EASY, foreign)
    assert found.kind == "close"
    assert "arm64" in found.words
    far = {"validation": 0.999, "test": 0.999}
    assert verdict(changed_run, EASY, replace(foreign, figures=replace(true.figures, accuracy=far))).kind == "refused"


def test_a_claim_for_another_challenge_or_against_a_lock_is_refused_at_once(changed_run):
    claim = claim_of(changed_run, EASY)
    assert "another challenge" in refusal(replace(EASY, goal=Goal(accuracy=0.31)), claim)
    strict = replace(EASY, locked=("optimizer.learning_rate",))
    assert "optimizer.learning_rate" in refusal(
        strict, replace(claim, challenge=strict.mark)
    )  # changed while it trained


@pytest.mark.parametrize(
    "change",
    [
        {"a": None},
        {"a": [float("nan"), 0.5]},
        {"a": [0.5, 1.5]},
        {"a": [-0.1, 0.5]},
        {"a": ["0.5", "0.5"]},
        {"a": [True, True]},
        {"n": [1, 2.0, -3, 4]},
        {"n": [1, 2.0, 3.5, 4]},
        {"m": {"x": 1}},
        {"w": 7},
        {"p": [[7, {"seed": 5}]]},
        {"p": [[7, {"batch_size": 10}], [5, {"batch_size": 20}]]},
        {"p": [[10**6, {"batch_size": 10}]]},
        {"p": [["7", {"batch_size": 10}]]},
        {"n": [1, 2]},
        {"n": [1, 2.0, 3, 10**12]},
        {"p": [[1, {"optimizer.speed": 1}]]},
        {"p": [5]},
        {"s": link_of("data.personal", "x")},
        {"n": [1, float("1e400"), 3, 4]},
    ],
)
def test_codes_that_this_page_did_not_make_are_refused(changed_run, change):
    data = coding.unpack(encode_claim(claim_of(changed_run, EASY)), "code")
    with pytest.raises(ChallengeError):
        decode_claim(packed(data | change))


def test_a_run_that_was_stopped_cannot_be_claimed(tmp_path):
    run = trained(tmp_path, TINY, Control(wish="stopped"))
    with pytest.raises(ChallengeError, match="own end"):
        claim_of(run, EASY)


def test_tolerance_grows_as_images_get_fewer():
    assert replay.tolerance(0.97, 10_000) == pytest.approx(0.01)  # 3 sqrt(0.97 * 0.03 / 10,000) = 0.0051
    assert replay.tolerance(0.5, 100) == pytest.approx(0.15)  # 3 sqrt(0.25 / 100)
    assert replay.tolerance(0.5, 0) > 1


def test_a_code_without_accuracies_meets_nothing(changed_run):
    true = claim_of(changed_run, EASY)
    data = coding.unpack(encode_claim(true), "code")
    claim = decode_claim(packed(data | {"a": [None, None]}))
    assert "not known" in refusal(EASY, claim)
    assert (
        verdict(changed_run, EASY, replace(claim, machine="arm64, NumPy 1.0", fingerprint="0" * 16)).kind == "refused"
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_accuracy_that_is_no_number_never_agrees(changed_run, value):
    true = claim_of(changed_run, EASY)
    claim = replace(
        true,
        figures=replace(true.figures, accuracy={"validation": value, "test": value}),
        machine="arm64, NumPy 1.0",
        fingerprint="0" * 16,
    )
    assert verdict(changed_run, EASY, claim).kind == "refused"


@pytest.mark.parametrize("machine", [None, "arm64, NumPy 1.0"])
@pytest.mark.parametrize("missed", [{"goal": Goal(accuracy=0.999)}, {"budget": Budget(steps=3)}])
def test_the_repeated_run_itself_must_meet_the_challenge_on_every_machine(changed_run, machine, missed):
    hard, true = replace(EASY, **missed), claim_of(changed_run, EASY)
    foreign = true if machine is None else replace(true, machine=machine, fingerprint="0" * 16)
    found = verdict(changed_run, hard, foreign)
    assert found.kind == "refused"
    assert "does not meet the challenge" in found.words


def test_other_bits_on_the_same_kind_of_machine_are_refused(changed_run):
    found = verdict(changed_run, EASY, replace(claim_of(changed_run, EASY), fingerprint="0" * 16))
    assert found.kind == "refused"
    assert "other weights" in found.words


def test_a_lock_that_is_broken_for_some_steps_only_is_broken(changed_run):
    locked = replace(EASY, locked=("batch_size",))
    there_and_back = ((3, {"batch_size": 5}), (9, {"batch_size": 20}))
    claim = replace(claim_of(changed_run, EASY), challenge=locked.mark, planned=there_and_back)
    assert refusal(locked, claim) == "It changed what is locked: batch_size."
    assert refusal(locked, replace(claim, planned=())) == ""


def test_a_plan_too_large_for_this_installation_is_refused_before_anything_is_trained(changed_run, monkeypatch):
    code = encode_claim(replace(claim_of(changed_run, EASY), planned=((1, {"batch_size": 4096}),)))
    assert decode_claim(code).planned == ((1, {"batch_size": 4096}),)
    monkeypatch.setenv("INKLING_MEMORY_BYTES", "8M")
    with pytest.raises(ChallengeError, match=r"cannot be trained here.*INKLING_MEMORY_BYTES"):
        decode_claim(code)


def test_words_in_a_code_are_printable_and_short(changed_run):
    true = claim_of(changed_run, EASY)
    data = coding.unpack(encode_claim(replace(true, name="Ada\n\x1b[1m" + "x" * 500)), "code")
    claim = decode_claim(packed(data | {"m": "\u202earm64\x00" * 100}))
    assert claim.name.startswith("Ada\\n\\x1b[1mxx")
    for text, most in ((claim.name, 60), (claim.machine, 100)):
        assert text.isprintable()
        assert len(text) == most


def test_a_run_whose_settings_were_changed_by_hand_is_repeated_exactly(tmp_path, monkeypatch):
    """There and back, and before the first step: as a person does who moves controls while it trains."""
    monkeypatch.setattr(wishes, "CONTROL_SECONDS", 0.0)  # or so short a run is over before it looks

    def by_hand(settings):
        return lambda run: run.write_control(Control(settings=settings))

    faster = {"optimizer.learning_rate": 0.1}
    moved = {
        0: by_hand({"optimizer.learning_rate": 0.02}),
        6: by_hand(faster | {"batch_size": 10, "augmentation": [{"kind": "Shift", "pixels": 1.0}]}),
        15: by_hand(faster | {"epochs": 3}),
        21: by_hand({}),
        25: by_hand({"penalty.l2": 0.001}),
    }
    run = trained(tmp_path / "one", TINY, at=moved)
    claim = decode_claim(encode_claim(claim_of(run, EASY)))
    assert len(claim.planned) == len(moved)
    assert claim.planned[2][1] == {"batch_size": 20, "augmentation": [], "epochs": 3}
    found = verdict(repeated(tmp_path / "two", claim), EASY, claim)
    assert found.kind == "exact", found.words
    assert verdict(repeated(tmp_path / "three", replace(claim, planned=())), EASY, claim).kind == "refused"


@pytest.mark.parametrize("settings", [{"seed": 5}, {"batch_size": 4096}, {"optimizer.speed": 1}, {"epochs": 0}])
def test_a_planned_change_that_cannot_be_made_does_not_end_the_run(tmp_path, monkeypatch, capsys, settings):
    monkeypatch.setenv("INKLING_MEMORY_BYTES", "8M")
    run = trained(tmp_path, TINY, Control(planned=((5, settings),)))
    assert run.final.exists()
    assert "ignored: " in capsys.readouterr().err
    assert claim_of(run, EASY).planned == ()
