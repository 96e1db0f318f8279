"""Challenges: what is sent comes back, what is claimed is checked, and what is made up is caught."""

import base64
import json
import zlib
from dataclasses import replace

import pytest

from engine import link
from engine.challenge import (
    FAULTS,
    SHIPPED,
    Budget,
    Challenge,
    ChallengeError,
    Figures,
    Goal,
    claim_of,
    coding,
    decode_challenge,
    decode_claim,
    encode_challenge,
    encode_claim,
    refusal,
    replay,
    verdict,
)
from engine.checkpoint import read_checkpoint
from engine.config import DataConfig, TrainingConfig
from engine.fingerprint import fingerprint
from engine.layers import Dense, Flatten
from engine.optimizers import SGD, Momentum
from engine.rundir import Control, RunFolder
from engine.worker import Session

TINY = TrainingConfig(
    data=DataConfig(source="mnist16", train_images=300, validation_images=100),
    layers=(Flatten(), Dense(units=10)),
    optimizer=Momentum(learning_rate=0.05),
    batch_size=20,
    epochs=2,
)
EASY = Challenge(
    name="Quick", text="", start=TINY, goal=Goal(accuracy=0.3), budget=Budget(epochs=3), locked=("optimizer.momentum",)
)


def trained(root, config, control=None):
    """A finished run."""
    run = RunFolder.create(root, config, fill=lambda run: run.write_control(control or Control()))
    run.claim()
    for _ in Session(run).events():
        pass
    return run


def repeated(root, claim):
    return trained(root, claim.config, Control(planned=claim.planned))


@pytest.fixture(scope="module")
def changed_run(tmp_path_factory):
    """A run whose learning rate was raised at step 7 and whose momentum was lowered at step 22."""
    planned = ((7, {"optimizer.learning_rate": 0.1}), (22, {"optimizer.learning_rate": 0.02, "batch_size": 10}))
    return trained(tmp_path_factory.mktemp("runs"), TINY, Control(planned=planned))


def test_planned_changes_apply_at_exactly_their_steps(changed_run):
    events = [json.loads(line) for line in changed_run.events_file.read_text().splitlines() if line.strip()]
    changes = {event["step"]: event["changes"] for event in events if event["event"] == "SettingsChanged"}
    assert changes == {
        7: {"optimizer.learning_rate": [0.05, 0.1]},
        22: {"optimizer.learning_rate": [0.1, 0.02], "batch_size": [20, 10]},
    }


def test_settings_of_a_control_are_those_planned_so_far_and_the_hand_s_over_them():
    control = Control(settings={"a": 9}, planned=((0, {"a": 1, "b": 1}), (5, {"b": 2})))
    assert control.settings_at(4) == {"a": 9, "b": 1}
    assert control.settings_at(5) == {"a": 9, "b": 2}


@pytest.mark.parametrize("planned", [5, [5], [[1]], [[-1, {}]], [["x", {}]], [[1, 2]]])
def test_a_plan_that_is_none_is_refused(planned):
    with pytest.raises(ValueError, match="planned must be a list"):
        Control.from_json({"wish": "running", "planned": planned})


def test_a_challenge_comes_back_as_it_was_sent():
    assert decode_challenge(encode_challenge(EASY)) == EASY


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_challenges_fit_into_a_link_and_can_be_trained(name):
    challenge = SHIPPED[name]
    text = encode_challenge(challenge)
    assert decode_challenge(text) == challenge
    assert len(text) < 1000
    assert challenge.start.summary((28, 28, 1))[-1].output_shape == (10,)
    assert not challenge.fault or FAULTS[challenge.fault].mends


def test_text_broken_over_lines_is_read():
    text = encode_challenge(EASY)
    assert decode_challenge(f" {text[:30]}\n {text[30:]}\n") == EASY


LINK = link.encode(TINY)


def link_of(path, value):
    """A link with a setting that `encode` would never write."""
    content = link._digest(TINY) + link._packed("lenet", [(path, value)])
    return "1." + base64.urlsafe_b64encode(link._crc(content) + content).decode().rstrip("=")


def packed(data):
    return "1." + base64.urlsafe_b64encode(zlib.compress(json.dumps(data).encode())).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this is no challenge"),
        ("hello", "this is no challenge"),
        ("1." + "A" * 9000, "this is no challenge"),
        ("7.AAAA", "of version 7"),
        ("1.AAAA", "damaged"),
        (encode_challenge(EASY)[:-6], "damaged"),
        (packed([1, 2]), "damaged"),
        (packed({"start": 5}), "no settings"),
        (packed({"start": "hello"}), "settings in this challenge cannot be read"),
        (packed({"start": link_of("optimizer.speed", 5)}), "does not know"),
        (packed({"start": link_of("data.source", "/etc/passwd")}), "no file"),
        (packed({"start": link_of("start_from", "/etc/passwd")}), "no file"),
        (packed({"start": LINK, "goal": {"accuracy": 7}}), "must be from 0.01 to 1"),
        (packed({"start": LINK, "name": "x" * 500}), "at most 80 characters"),
        (packed({"start": LINK, "locked": ["x"] * 500}), "at most 40 names"),
        (packed({"start": LINK, "nonsense": 1}), "unknown name"),
    ],
)
def test_what_is_no_challenge_says_so(text, says):
    with pytest.raises(ChallengeError, match=says):
        decode_challenge(text)


def test_a_text_that_would_unpack_to_gigabytes_is_refused():
    bomb = "1." + base64.urlsafe_b64encode(zlib.compress(b"[" * 3_000_000, 9)).decode().rstrip("=")
    assert len(bomb) < coding.LONGEST
    with pytest.raises(ChallengeError, match="damaged"):
        decode_challenge(bomb)


def test_goal_and_budget_name_all_that_is_missed():
    challenge = Challenge(goal=Goal(accuracy=0.97), budget=Budget(parameters=100, epochs=2, steps=10, images=50))
    missed = challenge.missed(Figures({"validation": 0.9, "test": 1.0}, 101, 2.5, 11, 51))
    assert len(missed) == 5
    assert missed[-1] == "Its validation accuracy is 90.00 %; 97 % are asked for."
    assert challenge.missed(Figures({"validation": 0.97, "test": None}, 100, 2.0, 10, 50)) == []
    assert "not known" in challenge.missed(Figures({}, 1, 1.0, 1, 1))[0]


def test_a_lock_holds_for_what_lies_below_it_and_for_nothing_else():
    challenge = replace(EASY, locked=("optimizer", "data.train_images"), hidden=("seed",))
    assert challenge.broken_locks(TINY) == []
    assert challenge.broken_locks(replace(TINY, optimizer=SGD())) == ["optimizer"]
    assert challenge.broken_locks(replace(TINY, seed=5)) == ["seed"]
    assert challenge.broken_locks(replace(TINY, epochs=1)) == []
    assert replace(challenge, fault="rate").broken_locks(replace(TINY, seed=5)) == []  # hidden, so that it be found


def test_a_lock_of_what_another_optimizer_lacks_is_not_broken():
    assert EASY.broken_locks(replace(TINY, optimizer=SGD())) == []


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
    same_kind = verdict(changed_run, EASY, replace(true, fingerprint="0" * 16))
    assert same_kind.kind == "close"
    assert "not to the same bits" in same_kind.words
    far = {"validation": 0.999, "test": 0.999}
    assert verdict(changed_run, EASY, replace(foreign, figures=replace(true.figures, accuracy=far))).kind == "refused"


def test_a_claim_for_another_challenge_or_against_a_lock_is_refused_at_once(changed_run):
    claim = claim_of(changed_run, EASY)
    assert "another challenge" in refusal(replace(EASY, goal=Goal(accuracy=0.31)), claim)
    strict = replace(EASY, locked=("optimizer.learning_rate",))
    assert "optimizer.learning_rate" in refusal(
        strict, replace(claim, challenge=strict.mark)
    )  # changed while it trained


def test_the_mark_of_a_challenge_is_not_that_of_its_words():
    assert replace(EASY, name="Other", text="words").mark == EASY.mark
    assert replace(EASY, goal=Goal(accuracy=0.31)).mark != EASY.mark


@pytest.mark.parametrize(
    "change",
    [
        {"a": None},
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
    text = "1." + base64.urlsafe_b64encode(zlib.compress(json.dumps(data | change).encode())).decode().rstrip("=")
    with pytest.raises(ChallengeError):
        decode_claim(text)


def test_a_run_that_was_stopped_cannot_be_claimed(tmp_path):
    run = trained(tmp_path, TINY, Control(wish="stopped"))
    with pytest.raises(ChallengeError, match="own end"):
        claim_of(run, EASY)


def test_tolerance_grows_as_images_get_fewer():
    assert replay.tolerance(0.97, 10_000) == pytest.approx(0.01)  # 3 sqrt(0.97 * 0.03 / 10,000) = 0.0051
    assert replay.tolerance(0.5, 100) == pytest.approx(0.15)  # 3 sqrt(0.25 / 100)
    assert replay.tolerance(0.5, 0) > 1
