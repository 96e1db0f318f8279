"""The map of the hidden space, one step by hand and the microscope in a real browser."""

from typing import Any

from inkling_browser import Server, wait

from tests.dashboard.inside_pages import five_steps


def ink_of(map_paper: Any) -> int:
    """Points of the canvas that are not clear."""
    count = """canvas => {
        const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0;
        for (let at = 3; at < data.length; at += 4) sum += data[at] > 40;
        return sum;
    }"""
    return int(map_paper.evaluate(count))


def test_a_person_looks_at_the_space_a_unit_and_a_weight(server: Server, tab: Any) -> None:
    run = five_steps(server.runs)
    tab.goto(f"{server.url}/?run={run.id}")
    tab.get_by_role("link", name="Inside", exact=True).click()
    tab.get_by_text("Hidden space", exact=True).click()
    paper = tab.locator("canvas.space-paper[data-drawn='1']")
    paper.wait_for()
    assert paper.get_attribute("data-points") == "120"
    paper.scroll_into_view_if_needed()
    near = ink_of(paper)
    assert near > 2000
    box = paper.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    card = tab.locator(".space-card")
    for at in range(-200, 200, 7):  # somewhere along this line there is a digit
        tab.mouse.move(x + at, y)
        if card.is_visible():
            break
    assert "% sure" in card.inner_text()
    tab.locator(".space-in").click()
    tab.locator(".space-in").click()
    assert ink_of(paper) != near
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(x + 60, y + 40, steps=4)
    tab.mouse.up()
    tab.locator(".space-all").click()
    tab.mouse.move(0, 0)
    assert abs(ink_of(paper) - near) < near / 50
    tab.locator(".space-legend button").first.click()  # one class of ten
    assert ink_of(paper) < near / 2  # the others are pale

    tab.get_by_text("By hand", exact=True).click()
    tab.locator(".st-key-formula-forward .katex").wait_for()
    tab.locator(".ink-terms").first.wait_for()
    tab.get_by_role("button", name="Check the gradients").click()
    tab.get_by_text("gradients agree").wait_for(timeout=60_000)

    tab.get_by_text("Optimizer", exact=True).click()
    tab.locator(".st-key-formula-step-2 .katex").wait_for(timeout=60_000)
    gradient = tab.locator(".ink-tile", has_text="gradient").first
    before = gradient.inner_text()
    tab.get_by_text("Largest weight", exact=True).click()
    wait(tab, lambda: gradient.inner_text() != before)
