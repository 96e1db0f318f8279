"""The exported page answers as the engine does, whatever the network, and is a good drawing pad."""

import base64
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from inkling_browser import wait

from engine import load_checkpoint
from engine.checkpoint import Model
from engine.drawing import find_digits, prepare_drawing
from engine.export.html import html_page
from tests.engine.exported import ALL_LAYERS, NETWORKS, covered, made_up_model, some_images

CONVNET = Path(__file__).resolve().parents[2] / "checkpoints" / "pretrained" / "convnet.npz"
TOLERANCE = 1e-4

PREDICT = """encoded => {
    const bytes = Uint8Array.from(atob(encoded), letter => letter.charCodeAt(0));
    const area = network.size * network.size, shares = [];
    for (let start = 0; start < bytes.length; start += area) {
        shares.push([...network.predict(bytes.subarray(start, start + area))]);
    }
    return shares;
}"""
FIND = """([encoded, width, height, size]) => {
    const rgba = Uint8ClampedArray.from(atob(encoded), letter => letter.charCodeAt(0));
    return findDigits(rgba, width, height, size).map(({ image, box }) =>
        [[...image.data], [box.left, box.top, box.width, box.height]]);
}"""


def opened(tab: Any, model: Model, folder: Path, name: str = "A network") -> None:
    """The page, from a file as people open it."""
    file = folder / "page.html"
    file.write_bytes(html_page(model, name))
    tab.goto("about:blank")
    tab.route("**/*", lambda route: route.continue_() if route.request.url == file.as_uri() else route.abort())
    tab.goto(file.as_uri())
    tab.locator("#bars li").first.wait_for()


@pytest.fixture
def tab(browser: Any) -> Any:
    """A tab that is offline and must not complain."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=True, has_touch=True)
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.set_default_timeout(15_000)
    yield tab
    context.close()
    assert complaints == []


def text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def in_page(tab: Any, images: np.ndarray) -> np.ndarray:
    return np.array(tab.evaluate(PREDICT, text(images)))


def test_every_layer_is_among_the_networks() -> None:
    assert covered() == ALL_LAYERS


@pytest.mark.parametrize("name", NETWORKS)
def test_the_page_answers_as_the_engine_does(tab: Any, tmp_path: Path, name: str) -> None:
    model = made_up_model(name)
    opened(tab, model, tmp_path)
    images = some_images(model, 1000)
    expected = model.predict(images)
    assert expected.std(axis=0).max() > 1e-3  # the network makes a difference between images
    np.testing.assert_allclose(in_page(tab, images), expected, rtol=0, atol=TOLERANCE)


def drawn(count: int) -> list[np.ndarray]:
    """Scribbles in one to four places, RGBA, on pads of several sizes and colours, some with a dot beside them."""
    rng = np.random.default_rng(5)
    colours = [
        ((255, 255, 255, 255), (11, 13, 18, 255)),
        ((20, 20, 40, 255), (250, 250, 250, 255)),
        ((0, 0, 0, 255), (0, 0, 0, 0)),
        ((255, 255, 0, 128), (0, 0, 0, 0)),
    ]
    pictures = []
    for number in range(count):
        width, height = [(448, 448), (280, 280), (340, 300), (120, 90)][number % 4]
        ink, paper = colours[number // 4 % 4]
        image = np.full((height, width, 4), paper, np.uint8)
        for _ in range(1 if number % 2 else rng.integers(2, 5)):
            size = rng.uniform(0.1, 0.9 if number % 2 else 0.4)
            corner = rng.random(2) * (1 - size)
            turns = rng.random((rng.integers(2, 6), 2)) * size + corner
            points = np.stack([np.interp(np.linspace(0, 1, 40), np.linspace(0, 1, len(turns)), c) for c in turns.T], 1)
            wide = int(rng.integers(2, max(3, width // 14)))
            cv2.polylines(image, [(points * [width, height] * 16).astype(np.int32)], False, ink, wide, cv2.LINE_AA, 4)
        if number % 3 == 0:
            cv2.circle(image, (width // 8, height // 8), int(rng.integers(1, 9)), ink, -1, cv2.LINE_AA)
        pictures.append(image)
    return pictures


def test_drawings_are_cut_and_prepared_as_by_the_engine(tab: Any, tmp_path: Path) -> None:
    opened(tab, made_up_model("dense"), tmp_path)
    blank = np.zeros((40, 40, 4), np.uint8)
    counts = set()
    for number, image in enumerate([*drawn(80), blank]):
        size = (28, 16, 64)[number % 3]
        expected = find_digits(image, image_size=size)
        found = tab.evaluate(FIND, [text(image), image.shape[1], image.shape[0], size])
        assert [tuple(box) for _, box in found] == [each.box for each in expected], number
        counts.add(len(found))
        for (pixels, _), each in zip(found, expected, strict=True):
            # not 0: OpenCV's own rounding differs from one processor to the next
            assert np.abs(np.array(pixels) - each.image.ravel()).max() <= 3, number
    assert counts >= {0, 1, 2, 3}


def draw(tab: Any, strokes: list[list[tuple[float, float]]]) -> None:
    box = tab.locator("#pad").bounding_box()
    for stroke in strokes:
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for point in points[1:]:
            tab.mouse.move(*point, steps=4)
        tab.mouse.up()


SEVEN = [[(0.3, 0.25), (0.7, 0.25), (0.6, 0.45), (0.5, 0.65), (0.43, 0.82)]]


def shown_bars(tab: Any) -> list[float]:
    """The ten probabilities as the page writes them, in percent."""
    texts = tab.locator("#bars b").all_inner_texts()
    return [float(each.split()[0]) for each in texts if each]


def test_a_drawing_on_the_pad_gets_the_engines_answer(tab: Any, tmp_path: Path) -> None:
    model = load_checkpoint(CONVNET)
    opened(tab, model, tmp_path, name='</script><b id="evil">"Ink" & co\u2028{{weights}}')
    assert tab.locator("#evil").count() == 0
    assert tab.locator("h1").inner_text() == '</script><b id="evil">"Ink" & co {{weights}}'
    draw(tab, SEVEN)
    wait(tab, lambda: tab.locator("#digit").inner_text() == "7", 15)
    tab.wait_for_timeout(300)
    side = tab.evaluate("PAD_SIDE")
    pixels = tab.evaluate("btoa(Array.from(pad.pixels, value => String.fromCharCode(value)).join(''))")
    rgba = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(side, side, 4)
    prepared = prepare_drawing(rgba)
    assert prepared is not None
    seen = tab.evaluate("[...element('prepared').getContext('2d').getImageData(0, 0, 28, 28).data]")[::4]
    assert np.abs(np.array(seen) - prepared.ravel()).max() <= 3
    expected = 100 * model.predict(prepared[None])[0]
    np.testing.assert_allclose(shown_bars(tab), expected, atol=0.06 + 100 * TOLERANCE)


def test_several_digits_are_read_as_a_number_and_each_can_be_looked_at(tab: Any, tmp_path: Path) -> None:
    opened(tab, load_checkpoint(CONVNET), tmp_path)
    one = [[(0.5, 0.2), (0.5, 0.8)]]
    for strokes, left in ((SEVEN, 0.0), (one, 0.3), (SEVEN, 0.55)):
        draw(tab, [[(left + 0.45 * x, 0.25 + 0.5 * y) for x, y in stroke] for stroke in strokes])
    wait(tab, lambda: tab.locator("#digit").inner_text() == "717", 15)
    assert tab.locator("#frames div").count() == 3
    assert tab.locator("#words").inner_text().startswith("A seven")
    tab.get_by_role("button", name="Digit 2").click()
    assert tab.locator("#which").inner_text().strip() == "Digit 2 of 3:"
    assert tab.locator("#words").inner_text().startswith("A one")
    assert tab.locator("#bars .top span").inner_text() == "1"
    tab.get_by_role("button", name="Undo").click()
    wait(tab, lambda: tab.locator("#digit").inner_text() == "71", 15)


def test_the_shipped_network_reads_mnist_as_in_the_engine(tab: Any, tmp_path: Path) -> None:
    model = load_checkpoint(CONVNET)
    opened(tab, model, tmp_path)
    with np.load(CONVNET.parents[2] / "engine" / "datasets" / "mnist.npz") as file:
        images = file["test_images"][:1000]
    np.testing.assert_allclose(in_page(tab, images), model.predict(images), rtol=0, atol=TOLERANCE)


def test_strokes_are_undone_and_cleared_and_a_finger_does_not_move_the_page(tab: Any, tmp_path: Path) -> None:
    opened(tab, made_up_model("dense"), tmp_path)
    tab.set_viewport_size({"width": 400, "height": 420})  # less than the page needs: it could scroll
    draw(tab, [*SEVEN, [(0.2, 0.5), (0.8, 0.5)]])
    assert tab.evaluate("pad.strokes.length") == 2
    tab.get_by_role("button", name="Undo").click()
    assert tab.evaluate("pad.strokes.length") == 1
    tab.keyboard.press("Control+z")
    assert tab.evaluate("pad.empty")
    tab.locator("#invitation").wait_for()
    wait(tab, lambda: shown_bars(tab) == [], 15)

    before = tab.evaluate("scrollY")
    box = tab.locator("#pad").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = tab.context.new_cdp_session(tab)
    fingers.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y + 90}]})
    for step in range(10):
        place = {"x": x, "y": y + 90 - 20 * step}
        fingers.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait(tab, lambda: tab.evaluate("pad.strokes.length === 1 && pad.strokes[0].points.length > 5"), 15)
    assert tab.evaluate("scrollY") == before
    tab.get_by_role("button", name="Clear").click()
    assert tab.evaluate("pad.empty")
