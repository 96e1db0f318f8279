"""Why this answer, and learn my hand, in a real browser."""

from typing import Any

from inkling_browser import Server, draw

from engine.datasets.personal import HandFile

MAIN = "document.querySelector('[data-testid=stMain]')"


def open_panel(tab: Any, server: Server, name: str) -> None:
    """The Draw page with a 7 on the pad, and one of its panels."""
    tab.goto(server.url)
    tab.get_by_role("link", name="Draw").first.click()
    tab.locator(".st-key-draw-pad").wait_for()
    draw(tab, 7)
    tab.locator(".ink-answer b", has_text="7").first.wait_for()
    tab.get_by_text(name, exact=True).click()


def test_why_an_answer_in_each_view_and_a_morph_under_its_slider(tab: Any, server: Server) -> None:
    open_panel(tab, server, "Why this answer?")
    tab.get_by_text("speaks for 7").wait_for()
    views = tab.locator("[class*=st-key-why-view]")
    views.get_by_text("Feature maps").click()
    tab.get_by_text("Conv, layer 7").wait_for()
    views.get_by_text("Most like it").click()
    tab.get_by_text("The training images that are most like").wait_for(timeout=60_000)
    assert tab.locator(".st-key-why-figure .ink-why.strip figure").count() == 9
    views.get_by_text("What would change its mind").click()
    words = tab.locator(".morph output")
    words.wait_for(timeout=60_000)
    assert not words.inner_text().startswith("7")
    last = tab.locator(".morph .now").get_attribute("src")
    slider = tab.locator(".morph input")
    slider.focus()
    tab.keyboard.press("Home")
    assert words.inner_text().startswith("7")
    assert tab.locator(".morph .now").get_attribute("src") != last
    tab.get_by_role("button", name="Play").click()
    tab.locator(".morph button", has_text="Stop").wait_for()
    tab.locator(".morph button", has_text="Play").wait_for()
    assert tab.locator(".morph .now").get_attribute("src") == last
    assert tab.locator(".st-key-pad canvas.upper-canvas").count() == 1


def test_a_drawing_is_kept_found_in_the_gallery_corrected_and_deleted(tab: Any, server: Server) -> None:
    file = HandFile(server.folder / "my_hand.npz")
    open_panel(tab, server, "Learn my hand")
    tab.get_by_role("button", name="Right, it is a 7").first.click()
    tab.get_by_text("Kept as a 7.").wait_for()
    assert file.read().labels.tolist() == [7]
    picture = tab.locator(".hand button")
    picture.click()
    tab.locator(".hand button[aria-pressed=true]").wait_for()
    tab.locator("[class*=st-key-hand-relabel]").get_by_text("2", exact=True).click()
    tab.get_by_text("Drawing 1 is a 2 now.").wait_for()
    assert file.read().labels.tolist() == [2]
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Take along").first.click()
        tab.get_by_role("button", name="my_hand.zip").first.click()
    assert download.value.suggested_filename == "my_hand.zip"
    tab.keyboard.press("Escape")
    tab.get_by_role("button", name="Delete it").first.click()
    tab.get_by_text("Drawing 1 is deleted.").wait_for()
    assert len(file.read()) == 0


def test_the_panels_fit_into_a_narrow_window(tab: Any, server: Server) -> None:
    open_panel(tab, server, "Why this answer?")
    tab.get_by_text("speaks for 7").wait_for()
    tab.locator("[class*=st-key-why-view]").get_by_text("What would change its mind").click()
    tab.locator(".morph output").wait_for(timeout=60_000)
    tab.get_by_text("Learn my hand", exact=True).click()
    tab.get_by_text("My drawings").or_(tab.get_by_text("Take along")).first.wait_for()
    tab.set_viewport_size({"width": 420, "height": 900})
    tab.wait_for_timeout(500)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 420
    assert tab.evaluate(f"{MAIN}.scrollWidth <= {MAIN}.clientWidth")
