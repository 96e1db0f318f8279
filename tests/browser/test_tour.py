"""The tour on a first visit: it is offered, it notices what is really done, and it does not come again."""

from inkling_browser import Server, draw, tile, wait


def test_the_tour_is_offered_once_and_follows_what_is_done(browser, tmp_path):
    with Server(tmp_path, tour=True) as server:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
        tab = context.new_page()
        tab.set_default_timeout(30_000)
        tab.goto(server.url)
        tab.get_by_role("button", name="Take the tour").click()
        tab.get_by_text("Let it learn").wait_for()
        tab.get_by_role("button", name="Train", exact=True).click()
        tab.get_by_text("Watch the curves").first.wait_for()
        wait(tab, lambda: tile(tab, "Validation accuracy") >= 80, 120)
        tab.get_by_text("Draw a digit with the mouse").wait_for()
        draw(tab, 3)
        tab.get_by_text("Change the learning rate").wait_for()
        tab.get_by_role("button", name="End the tour").click()
        tab.get_by_text("Change the learning rate").wait_for(state="detached")
        again = context.new_page()
        again.goto(server.url)
        again.get_by_role("button", name="Stop").wait_for()
        again.wait_for_timeout(2000)  # there is nothing to wait for: it must not appear
        assert again.get_by_role("button", name="Take the tour").count() == 0
        context.close()
    assert "Traceback" not in server.log, server.log[-2000:]
