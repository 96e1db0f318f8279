"""Messages for people: always one line that can be shown, stored and sent, whatever was put into them."""

import pytest

from engine.problems import LONGEST, PlainError, printable, shown, strict_json, why_no_json


@pytest.mark.parametrize("text", ["a\nb", "\0", "\x1b[31m", "\ud800", "\u202e", "x" * 10**6, "\n" * 10**6])
def test_a_message_is_one_line_of_bounded_length_that_can_be_sent(text):
    message = str(PlainError(f"expected a name; got {text}"))
    assert message.startswith("expected a name; got ")
    assert message.isprintable()
    assert len(message) <= LONGEST
    message.encode()


def test_what_can_be_shown_stays_as_it_is():
    assert printable("Größe 28×28: 7 – “gut”") == "Größe 28×28: 7 – “gut”"


def test_what_was_received_is_shown_shortly_however_long_or_deep_it_is():
    deep = []
    for _ in range(500):
        deep = [deep]
    for value in ("a" * 10**6, 10**9999, list(range(10**5)), {str(n): n for n in range(999)}, deep):
        assert 0 < len(shown(value)) <= 60


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "too many digits"),
        ("[NaN]", "NaN in it is no finite number"),
        ("[-Infinity]", "no finite number"),
        ("[1e999]", "1e999 in it is no finite number"),
        (b"\xff", "not text in UTF-8"),
        ('{"a": }', "line 1, column 7"),
    ],
)
def test_it_is_said_what_is_wrong_with_json(text, said):
    with pytest.raises((ValueError, RecursionError)) as error:
        strict_json(text)
    assert said in why_no_json(error.value)
