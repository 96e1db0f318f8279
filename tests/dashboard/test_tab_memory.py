"""What a tab keeps over a reload comes back as it was, and nothing that a browser may send breaks the page."""

import json

import numpy as np
import pytest

from dashboard.drawing.pin_curves import Pin
from dashboard.drawing.tab_memory import MOST_CHARACTERS, packed, unpacked
from dashboard.session import Sketch


def sketch() -> Sketch:
    image = np.zeros((300, 300, 4), np.uint8)
    image[..., 3] = 255
    image[100:120, 50:200, :3] = 255
    return Sketch([{"type": "Path", "path": [["M", 1, 2]], "left": 5.5}], image)


def pin(number: int, label: int) -> Pin:
    return Pin(number, label, np.random.default_rng(number).integers(0, 256, (60, 40), np.uint8))


def test_a_drawing_and_pins_come_back_as_they_were() -> None:
    drawn, pins = sketch(), [pin(3, 7), pin(4, 0)]
    back, found = unpacked(packed(drawn, pins))
    assert back is not None
    assert back.objects == drawn.objects
    assert np.array_equal(back.image, drawn.image)
    assert [(each.number, each.label) for each in found] == [(3, 7), (4, 0)]
    assert all(np.array_equal(one.ink, other.ink) for one, other in zip(pins, found, strict=True))


def test_an_empty_pad_comes_back_empty() -> None:
    assert unpacked(packed(None, [])) == (None, [])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{",
        "x" * (MOST_CHARACTERS + 1),
        '{"drawn": 1, "pinned": []}',
        '{"drawn": {"objects": 5, "image": ""}, "pinned": []}',
        '{"drawn": {"objects": [], "image": "AAAA"}, "pinned": []}',
        '{"drawn": null, "pinned": [{"number": 0, "label": 12, "ink": ""}]}',
        '{"drawn": null, "pinned": [{"number": 0}]}',
        "[" * 100_000,
    ],
)
def test_what_is_wrong_is_left_out(text: str) -> None:
    assert unpacked(text) == (None, [])


@pytest.mark.parametrize(("numbers", "labels"), [((0, 0), (1, 2)), ((0, 1), (1, 10)), (range(11), range(11))])
def test_pins_that_cannot_be_are_left_out(numbers: tuple[int, ...], labels: tuple[int, ...]) -> None:
    items = [pin(number, label) for number, label in zip(numbers, labels, strict=True)]
    assert unpacked(packed(None, items))[1] == []


def test_a_picture_that_is_too_large_is_left_out() -> None:
    big = Sketch([], np.zeros((2100, 2100, 4), np.uint8))
    assert unpacked(packed(big, [])) == (None, [])


def test_a_drawing_with_endless_strokes_is_not_kept_but_the_pins_are() -> None:
    drawn = Sketch([{"path": list(range(500_000))}], sketch().image)
    kept = json.loads(packed(drawn, [pin(1, 5)]))
    assert kept["drawn"] is None
    assert len(kept["pinned"]) == 1


def test_a_number_beyond_all_numbers_is_left_out():
    """JSON can say 1e999, which Python reads as infinity; found by tests/fuzz, tab 2434."""
    assert unpacked('{"drawn": null, "pinned": [{"number": 1e999, "label": 1, "ink": ""}]}') == (None, [])
