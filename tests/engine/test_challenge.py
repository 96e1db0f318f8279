"""Challenges: what is sent comes back, what is claimed is checked, and what is made up is caught."""

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
    coding,
    decode_challenge,
    encode_challenge,
)
from engine.coding import sealed, squeezed
from engine.optimizers import SGD
from engine.problems import PlainError
from engine.rundir import Control
from tests.engine.challenging import EASY, TINY, link_of, packed


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


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "this challenge cannot be read: expected the version"),
        ("hello", "expected the version"),
        ("1." + "A" * 9000, "9,002 characters long"),
        ("7.AAAA", "has version 7"),
        ("1.AAAA", "lost or changed"),
        (encode_challenge(EASY)[:-6], "lost or changed"),
        (sealed(b"nonsense"), "cannot be unpacked"),
        (packed([1, 2]), "incomplete"),
        (packed({"goal": {"accuracy": float("nan")}}), "NaN in it is no finite number"),
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
    bomb = sealed(squeezed(b"[" * 3_000_000))
    assert len(bomb) < coding.LONGEST
    with pytest.raises(ChallengeError, match="more than the 100,000 characters"):
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


def test_the_mark_of_a_challenge_is_not_that_of_its_words():
    assert replace(EASY, name="Other", text="words").mark == EASY.mark
    assert replace(EASY, goal=Goal(accuracy=0.31)).mark != EASY.mark


def test_what_a_text_put_into_an_error_can_be_shown():
    with pytest.raises(PlainError) as caught:
        decode_challenge(packed({"start": LINK, "goal": {"figure": "\x1b[31m" * 500}}))
    assert isinstance(caught.value, ChallengeError)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 700


def test_settings_that_name_files_make_no_challenge(digits_file):
    for config in (
        TINY.with_values({"data.source": str(digits_file)}),
        TINY.with_values({"data.personal": "hand.npz"}),
        TINY.with_values({"start_from": "x.npz"}),
    ):
        with pytest.raises(ChallengeError, match="depends on files"):
            encode_challenge(replace(EASY, start=config))
