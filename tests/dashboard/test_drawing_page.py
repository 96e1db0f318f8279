"""The Draw page without a browser: reading, switching steps off, pictures, pinned digits."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.drawing import pins
from dashboard.drawing.preparation import STEPS
from dashboard.drawing.reader_menu import SHOWN, choices, chosen
from tests.dashboard.shown import checked, html

Strokes = list[list[tuple[float, float]]]
SEVEN: Strokes = [[(0.2, 0.1), (0.75, 0.1), (0.45, 0.9)]]
ONE: Strokes = [[(0.5, 0.1), (0.5, 0.9)]]


@pytest.fixture
def drawing_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The page by itself, with a folder for runs of its own."""
    monkeypatch.setenv("INKLING_RUNS", str(tmp_path))
    session.runs.clear()

    def script():  # type: ignore[no-untyped-def]  # only its body goes into the page
        from dashboard import session
        from dashboard.views import draw

        session.follow_address("draw")
        draw.render()

    yield checked(AppTest.from_function(script, default_timeout=30).run())
    session.runs().close()
    session.runs.clear()


def pad(*digits: tuple[Strokes, float], side: int = 340, brush: int = 16) -> np.ndarray[Any, Any]:
    """A canvas, uint8 (side, side, 4), with digits beside each other, each in a third of it, at its left edge."""
    image = np.zeros((side, side, 4), np.uint8)
    image[..., 3] = 255
    for strokes, left in digits:
        for stroke in strokes:
            points = np.array([((left + x / 3) * side, (0.25 + y / 2) * side) for x, y in stroke], np.int32)
            cv2.polylines(image, [points.reshape(-1, 1, 2)], False, (255, 255, 255, 255), brush)
    return image


def draw(at: AppTest, image: np.ndarray[Any, Any]) -> AppTest:
    """Put on the pad what the canvas component would send."""
    png = base64.b64encode(encoded(image)).decode()
    raw = {"objects": [{"type": "Path", "left": float(image.sum()), "top": 2}]}
    value = {"drawing": {"raw": raw, "data": f"data:image/png;base64,{png}"}, "backgroundFit": None}
    at.session_state[f"canvas{at.session_state['drawing'].mounts}"] = value
    return checked(at.run())


def encoded(image: np.ndarray[Any, Any], kind: str = ".png") -> bytes:
    code = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return bytes(cv2.imencode(kind, cv2.cvtColor(image, code))[1].tobytes())


def test_a_digit_is_read_by_the_network_that_ships(drawing_page: AppTest) -> None:
    assert "Nothing is drawn yet. The answer will come from the pretrained network" in html(drawing_page)
    draw(drawing_page, pad((SEVEN, 0.3)))
    assert "<b>7</b>" in html(drawing_page)


def test_several_digits_are_read_in_order_and_framed(drawing_page: AppTest) -> None:
    draw(drawing_page, pad((SEVEN, 0.02), (ONE, 0.34), (SEVEN, 0.65)))
    assert "<b>717</b>" in html(drawing_page)
    assert html(drawing_page).count('ink-boxes"') == 1
    assert html(drawing_page).count("<div style=") == 3


def test_below_the_confidence_that_was_set_the_answer_is_i_do_not_know(drawing_page: AppTest) -> None:
    drawing_page.session_state["desk"].least = 1.01
    draw(drawing_page, pad((SEVEN, 0.3)))
    assert "<b>?</b>" in html(drawing_page)
    assert "I don't know: a seven" in html(drawing_page).replace("&#x27;", "'")


@pytest.mark.parametrize("name", STEPS)
def test_each_step_has_a_switch_that_changes_what_the_network_sees(drawing_page: AppTest, name: str) -> None:
    draw(drawing_page, pad((SEVEN, 0.0), brush=5))
    before = html(drawing_page)
    assert "without: " in before
    assert drawing_page.toggle(f"prepare-{name}").value
    checked(drawing_page.toggle(f"prepare-{name}").set_value(False).run())
    assert drawing_page.session_state["desk"].left_out == {name}
    assert "with: " in html(drawing_page)
    assert 'class="off"' in html(drawing_page)


def photograph(kind: str = ".jpg") -> bytes:
    """Dark ink on grey paper in a falling light."""
    ink = pad((SEVEN, 0.1), (ONE, 0.55))[..., :1] / 255.0
    light = np.linspace(1, 0.6, ink.shape[1])[None, :, None]
    return encoded(((220 - 180 * ink) * light).astype(np.uint8).repeat(3, axis=2), kind)


@pytest.mark.parametrize("kind", [".jpg", ".png"])
def test_a_picture_goes_through_the_same_door(drawing_page: AppTest, kind: str) -> None:
    checked(drawing_page.segmented_control("source").set_value("file").run())
    checked(
        drawing_page.file_uploader("photo-file").upload(f"sheet{kind}", photograph(kind), f"image/{kind[1:]}").run()
    )
    assert "<b>71</b>" in html(drawing_page)
    assert "ink-boxes" in html(drawing_page)
    checked(drawing_page.segmented_control("source").set_value("pad").run())
    assert "Nothing is drawn yet" in html(drawing_page)


@pytest.mark.parametrize("data", [b"", b"not a picture", photograph()[:200]])
def test_a_file_that_is_no_picture_is_said_to_be_none(drawing_page: AppTest, data: bytes) -> None:
    checked(drawing_page.segmented_control("source").set_value("file").run())
    checked(drawing_page.file_uploader("photo-file").upload("sheet.png", data, "image/png").run())
    assert len(drawing_page.error) == 1
    assert "No picture is there yet" in html(drawing_page)


def pin_as(at: AppTest) -> Any:
    """The box for the label; each drawing has a new one."""
    return next(each for each in at.text_input if each.key.startswith("pin-as"))


def test_a_digit_is_pinned_as_what_it_is_taken_for_and_removed(drawing_page: AppTest) -> None:
    draw(drawing_page, pad((SEVEN, 0.3)))
    assert pin_as(drawing_page).value == "7"
    checked(drawing_page.button("pin").click().run())
    assert [pin.label for pin in drawing_page.session_state["pins"].items] == [7]
    assert "A 7, " in html(drawing_page)
    checked(drawing_page.button("unpin-0").click().run())
    assert drawing_page.session_state["pins"].items == []


def test_the_label_of_a_pin_can_be_changed_and_holds_for_this_drawing_only(drawing_page: AppTest) -> None:
    draw(drawing_page, pad((SEVEN, 0.3)))
    checked(pin_as(drawing_page).set_value("1").run())
    checked(drawing_page.button("pin").click().run())
    assert [pin.label for pin in drawing_page.session_state["pins"].items] == [1]
    assert "A 1, taken for 7" in html(drawing_page)
    draw(drawing_page, pad((SEVEN, 0.3), (ONE, 0.7)))
    assert pin_as(drawing_page).value == "71"
    checked(drawing_page.button("pin").click().run())
    assert [pin.label for pin in drawing_page.session_state["pins"].items] == [1, 7, 1]


@pytest.mark.parametrize(
    ("text", "count", "room", "message"),
    [
        ("", 1, 10, "Say which digits"),
        ("x", 1, 10, "Say which digits"),
        ("³", 1, 10, "Say which digits"),
        ("37", 1, 10, "is 1 digit"),
        ("3", 2, 10, "are 2 digits"),
        ("123", 3, 2, "room for 2 more"),
    ],
)
def test_what_cannot_be_pinned_is_refused_in_words(text: str, count: int, room: int, message: str) -> None:
    assert message in pins.problem(text, count, room)


def test_what_can_be_pinned_is_not_refused() -> None:
    assert pins.problem("371", 3, 3) == ""


@pytest.mark.parametrize("name", ["blank", "pixel", "full", "clear", "noise", "tiny", "lines"])
def test_absurd_drawings_get_an_answer_or_a_sentence(drawing_page: AppTest, name: str) -> None:
    draw(drawing_page, absurd(name))
    assert "Nothing is drawn" in html(drawing_page) or "ink-answer" in html(drawing_page)
    assert "nan" not in html(drawing_page)


def absurd(name: str) -> np.ndarray[Any, Any]:
    image = np.zeros((340, 340, 4), np.uint8)
    image[..., 3] = 255
    if name == "pixel":
        image[100, 200] = 255
    elif name == "full":
        image[:] = 255
    elif name == "clear":
        image[:] = 0
    elif name == "noise":
        image = np.random.default_rng(1).integers(0, 256, image.shape, np.uint8)
    elif name == "tiny":
        image = image[:1, :1]
    elif name == "lines":
        image[::4] = 255
    return image


def test_the_menu_of_readers_falls_back_on_what_is_there(drawing_page: AppTest) -> None:
    assert choices(None)[0].label.startswith("the pretrained network")
    assert drawing_page.multiselect("readers").value == [choices(None)[0].key]
    checked(drawing_page.multiselect("readers").set_value([]).run())
    assert "by the pretrained network" in html(draw(drawing_page, pad((SEVEN, 0.3))))
    assert chosen([]) == []
    assert SHOWN not in [each.label for each in choices(None)]


def test_a_photograph_is_kept_small_for_the_browser() -> None:
    from dashboard.drawing.photo import photo

    big = np.full((2000, 3000, 3), 200, np.uint8)
    taken = photo(encoded(big, ".jpg"))
    assert taken.image.shape == (683, 1024, 3)
    assert len(taken.encoded) < 100_000
    assert cv2.imdecode(np.frombuffer(io.BytesIO(taken.encoded).read(), np.uint8), cv2.IMREAD_COLOR).shape[1] == 1024


def test_the_panels_below_are_there_to_be_opened(drawing_page: AppTest) -> None:
    assert [each.label for each in drawing_page.expander] == ["Why this answer?", "Learn my hand"]
