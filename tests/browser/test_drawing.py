"""Drawing in a real browser: the answer follows strokes and weights, and what is drawn and pinned stays."""

from typing import Any

import cv2
import numpy as np
from inkling_browser import STROKES, Server, draw, ink, stop
from test_main_job import answer, press, shown, wait


def open_draw_page(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    tab.get_by_role("link", name="Draw", exact=True).click()
    tab.locator(".st-key-source").wait_for()
    # for a moment the old page's pad is there too
    wait(tab, lambda: tab.locator(".st-key-pad canvas.upper-canvas").count() == 1, 20)
    tab.wait_for_timeout(700)  # until nothing moves any more


def draw_small(tab: Any, digit: int, left: float) -> None:
    """A digit 0.4 of the pad's side wide, with its left edge at `left`."""
    box = tab.locator(".st-key-pad canvas.upper-canvas").bounding_box()
    for stroke in STROKES[digit]:
        points = [
            (box["x"] + (left + 0.4 * x) * box["width"], box["y"] + (0.3 + 0.5 * y) * box["height"]) for x, y in stroke
        ]
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for point in points[1:]:
            tab.mouse.move(*point, steps=4)
        tab.mouse.up()


def test_several_digits_are_framed_and_read_as_a_number(tab: Any, server: Server) -> None:
    open_draw_page(tab, server)
    draw_small(tab, 3, 0.0)
    draw_small(tab, 7, 0.3)
    draw_small(tab, 1, 0.62)
    wait(tab, lambda: answer(tab) == "371", 15)
    wait(tab, lambda: tab.locator(".ink-boxes b").all_inner_texts() == ["3", "7", "1"], 15)
    pad = tab.locator(".st-key-pad canvas.upper-canvas").bounding_box()
    for frame in tab.locator(".ink-boxes div").all():
        box = frame.bounding_box()
        assert pad["x"] <= box["x"] <= box["x"] + box["width"] <= pad["x"] + pad["width"] + 1
        assert pad["y"] <= box["y"] <= box["y"] + box["height"] <= pad["y"] + pad["height"] + 1
    drawn = ink(tab)
    draw_small(tab, 1, 0.72)  # the pen goes through the frames
    wait(tab, lambda: ink(tab) > drawn and answer(tab) not in ("", "371"), 15)


def test_a_step_is_switched_off_and_the_answer_changes(tab: Any, server: Server) -> None:
    open_draw_page(tab, server)
    draw_small(tab, 7, 0.0)
    wait(tab, lambda: answer(tab) == "7", 15)
    before = tab.locator(".ink-answer img").get_attribute("src")
    tab.locator(".st-key-step-crop label").first.click()
    wait(tab, lambda: tab.locator(".ink-answer img").get_attribute("src") != before, 15)
    tab.locator(".st-key-step-crop .off").wait_for()
    assert ink(tab) > 300  # what is drawn was left alone


def test_drawing_and_pins_survive_a_reload_and_are_seen_in_this_tab_only(
    tab: Any, server: Server, browser: Any
) -> None:
    open_draw_page(tab, server)
    draw(tab, 3)
    wait(tab, lambda: answer(tab) == "3", 15)
    press(tab, "Pin")
    tab.locator(".ink-pin").wait_for()
    drawn = ink(tab)
    tab.wait_for_function("(sessionStorage.getItem('inkling-tab') || '').includes('ink')")
    tab.goto(server.url)
    wait(tab, lambda: ink(tab) > 0.5 * drawn and tab.locator(".ink-pin").count() == 1, 20)
    wait(tab, lambda: answer(tab) == "3", 15)
    other = browser.new_context().new_page()
    other.goto(server.url)
    other.locator(".st-key-pad canvas.upper-canvas").wait_for()
    other.wait_for_timeout(1000)
    assert (ink(other), other.locator(".ink-pin").count()) == (0, 0)
    other.context.close()


def test_a_first_visit_makes_the_page_once(tab: Any, server: Server) -> None:
    """A second run of all while the browser is still at the first one holds up the pad."""
    sent: list[Any] = []
    tab.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    tab.goto(server.url)
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    tab.wait_for_timeout(1500)
    assert len(sent) == 1
    draw(tab, 3)
    wait(tab, lambda: answer(tab) == "3", 15)
    assert len(sent) > 1


def test_a_cleared_pad_is_empty_after_a_reload(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    draw(tab, 3)
    tab.wait_for_function("(sessionStorage.getItem('inkling-tab') || '').includes('objects')")
    press(tab, "Clear")
    tab.wait_for_function("!sessionStorage.getItem('inkling-tab').includes('objects')")
    tab.reload()
    tab.locator(".st-key-pad canvas.upper-canvas").wait_for()
    tab.wait_for_timeout(1500)
    assert ink(tab) == 0


def test_answers_follow_the_weights_without_a_new_stroke_and_a_pin_has_its_curve(tab: Any, server: Server) -> None:
    open_draw_page(tab, server)
    draw(tab, 7)
    wait(tab, lambda: answer(tab) == "7", 15)
    press(tab, "Pin")
    tab.get_by_role("link", name="Train", exact=True).click()
    shown(tab, "Train").wait_for()
    press(tab, "Train")
    shown(tab, "Pause").wait_for(timeout=30_000)
    tab.get_by_role("link", name="Draw", exact=True).click()
    tab.locator(".st-key-source").wait_for()
    bars = tab.locator(".st-key-answer .ink-bars")
    seen: set[str] = set()
    wait(tab, lambda: len(seen.add(bars.inner_html()) or seen) >= 3, 40)
    line = tab.locator(".st-key-pin-curves .scatterlayer .trace .js-line").first  # a long curve has no dots
    wait(tab, lambda: (line.get_attribute("d") or "").count("L") >= 4, 30)
    assert ink(tab) > 1000
    tab.get_by_role("link", name="Train", exact=True).click()
    stop(tab)


def test_a_photograph_is_read_and_what_is_no_picture_is_said_to_be_none(tab: Any, server: Server) -> None:
    paper = np.full((300, 500, 3), 215, np.uint8)
    for digit, left in ((7, 30), (1, 250)):
        for stroke in STROKES[digit]:
            points = np.array([(left + 220 * x, 40 + 220 * y) for x, y in stroke], np.int32).reshape(-1, 1, 2)
            cv2.polylines(paper, [points], False, (60, 40, 40), 12)
    photo = cv2.imencode(".jpg", paper)[1].tobytes()
    open_draw_page(tab, server)
    draw(tab, 3)
    wait(tab, lambda: answer(tab) == "3", 15)
    tab.get_by_role("radio", name="Picture").click()
    files = tab.locator("input[type=file]")
    files.set_input_files({"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": photo})
    wait(tab, lambda: answer(tab) == "71", 20)
    wait(tab, lambda: tab.locator(".st-key-photo-picture .ink-boxes div").count() == 2, 15)
    picture = tab.locator(".st-key-photo-picture img").bounding_box()
    frame = tab.locator(".st-key-photo-picture .ink-boxes div").first.bounding_box()
    assert picture["y"] < frame["y"] < frame["y"] + frame["height"] < picture["y"] + picture["height"]
    files.set_input_files({"name": "sheet.png", "mimeType": "image/png", "buffer": b"no picture"})
    tab.get_by_text("neither a PNG nor a JPEG").wait_for()
    tab.get_by_role("radio", name="Pad").click()
    wait(tab, lambda: answer(tab) == "3" and ink(tab) > 1000, 15)


def test_on_a_telephone_the_pad_fits_and_the_page_does_not_scroll_while_drawing(browser: Any, server: Server) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, reduced_motion="reduce"
    )
    tab = context.new_page()
    tab.goto(f"{server.url}/draw")
    canvas = tab.locator(".st-key-pad canvas.upper-canvas")
    canvas.wait_for()
    tab.wait_for_timeout(1000)
    box = canvas.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    top = "document.querySelector('[data-testid=stMain]').scrollTop"
    before = tab.evaluate(top)
    touch = context.new_cdp_session(tab)
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] * 0.85}
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [place]})
    for _ in range(10):
        place["y"] -= box["height"] * 0.07
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait(tab, lambda: answer(tab) == "1", 15)
    assert tab.evaluate(top) == before
    assert tab.locator(".st-key-answer").bounding_box()["y"] < 844  # the answer is seen without scrolling
    context.close()
