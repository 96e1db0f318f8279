"""An answer in words, frames around digits, and what is remembered of answers."""

import re

import cv2
import numpy as np
import pytest

from dashboard.drawing.answer import boxes, in_words
from dashboard.drawing.readers import pretrained
from dashboard.drawing.reading import MOST_ANSWERS, answers, digits, ink_of, remembered
from dashboard.session import Photo, Sketch
from engine import load_checkpoint
from engine.drawing import PrepareSettings


def shares(first: float, digit: int = 8, second: int = 3) -> np.ndarray:  # type: ignore[type-arg]
    found = np.full(10, (1 - first) / 20)
    found[digit], found[second] = first, (1 - first) * 0.6
    return found


@pytest.mark.parametrize(
    ("share", "least", "digit", "words"),
    [
        (0.999, 0.5, "8", "An eight, more than 99 % sure."),
        (0.93, 0.5, "8", "An eight, 93 % sure."),
        (0.7, 0.5, "8", "Probably an eight (70 %), perhaps a three."),
        (0.55, 0.5, "8", "Not sure: an eight (55 %), or a three?"),
        (0.45, 0.5, "?", "I don't know: an eight (45 %), or a three (33 %)?"),
        (0.93, 0.95, "?", "I don't know: an eight (93 %), or a three (4 %)?"),
    ],
)
def test_the_words_say_how_sure_it_is(share: float, least: float, digit: str, words: str) -> None:
    assert in_words(shares(share), least) == (digit, words)


def two_strokes() -> Sketch:
    """Bars at x = 60 and x = 240 of 300, from y = 90 to y = 210, 20 wide; the second one at the upper edge."""
    image = np.zeros((300, 300, 4), np.uint8)
    image[..., 3] = 255
    cv2.rectangle(image, (50, 90), (69, 209), (255, 255, 255, 255), -1)
    cv2.rectangle(image, (230, 0), (249, 119), (255, 255, 255, 255), -1)
    return Sketch([], image)


def places(html: str) -> list[list[float]]:
    """Left, top, width and height of each frame, from left to right."""
    return sorted(
        [float(each) for each in re.findall(r":(-?[\d.]+)%", frame)] for frame in re.findall('style="left.*?>', html)
    )


def test_frames_lie_where_the_digits_are_in_percent_of_the_sheet() -> None:
    html = boxes(two_strokes(), 28, np.stack([shares(0.9, 1), shares(0.4, 7)]), 0.5)
    # 50 / 300 = 16.7 %, 90 / 300 = 30 %, 20 / 300 = 6.7 %, 120 / 300 = 40 %
    assert np.allclose(places(html), [[16.67, 30, 6.67, 40], [76.67, 0, 6.67, 40]], atol=0.5)
    assert html.count('class="low"') == 1  # no room above the one at the edge
    assert re.findall("<b>(.)</b>", html) == ["1", "?"] or re.findall("<b>(.)</b>", html) == ["?", "1"]


def test_on_a_canvas_of_another_shape_frames_lie_where_the_drawing_lies() -> None:
    html = boxes(two_strokes(), 28, np.stack([shares(0.9, 1)] * 2), 0.5, aspect=2)
    # twice as wide as high: the square drawing takes its left half
    assert np.allclose(places(html), [[8.33, 30, 3.33, 40], [38.33, 0, 3.33, 40]], atol=0.5)


def test_a_photograph_and_a_drawing_go_through_one_door() -> None:
    drawn = two_strokes()
    paper = (230 - 200 * (drawn.image[..., :3] / 255.0)).astype(np.uint8)
    found = digits(Photo(paper, b""), 28)
    assert len(found) == len(digits(drawn, 28)) == 2
    assert np.abs(found[0].image.astype(int) - digits(drawn, 28)[0].image).mean() < 8
    assert ink_of(drawn) is ink_of(drawn)


def test_steps_that_are_left_out_make_another_image() -> None:
    drawn = two_strokes()
    plain = digits(drawn, 28, PrepareSettings(crop=False, scale=False, centre=False))
    assert plain[0].image.shape == (28, 28)
    assert not np.array_equal(plain[0].image, digits(drawn, 28)[0].image)


def test_what_is_remembered_is_worked_out_once_and_bounded() -> None:
    memory: dict[str, object] = {}
    asked: list[int] = []

    def ask(number: int) -> int:
        return remembered(memory, f"reader {number}", (number,), lambda: asked.append(number) or number)

    assert [ask(1), ask(1), ask(2), ask(1)] == [1, 1, 2, 1]
    assert asked == [1, 2]
    for number in range(3, 3 + MOST_ANSWERS):
        ask(1)
        ask(number)
    assert len(memory) == MOST_ANSWERS
    assert asked.count(1) == 1
    assert remembered(memory, "reader 1", ("other weights",), lambda: 5) == 5


def test_answers_to_another_drawing_are_let_go() -> None:
    memory: dict[str, object] = {"pins": (("not of a drawing",), 1)}
    model = load_checkpoint(pretrained()[0].path)
    first, second = two_strokes(), two_strokes()
    for name in ("one", "another"):
        answers(memory, name, model, first)
    assert set(memory) == {"pins", "one", "another"}
    assert len(answers(memory, "one", model, second)) == 2
    assert set(memory) == {"pins", "one"}
