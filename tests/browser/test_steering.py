"""Steering a run and rewinding it, in a real browser."""

from typing import Any

from inkling_browser import Server, draw, ink, stop, tile, wait

from engine.config import DataConfig, TrainingConfig
from engine.layers import Dense, Flatten, ReLU
from engine.rundir import RunFolder, runs

CONFIG = TrainingConfig(
    data=DataConfig(train_images=6400, validation_images=500),
    layers=(Flatten(), Dense(units=16), ReLU(), Dense(units=10)),
    epochs=2,
)
VEILS = """() => document.querySelector('.st-key-loss .live-chart').layout.shapes
    .filter(shape => shape.type === 'rect').map(shape => shape.x0)"""


def button(tab: Any, key: str) -> Any:
    return tab.locator(f".st-key-{key} button").first


def sentence(tab: Any) -> str:
    return str(tab.locator(".ink-sentence").inner_text())


def moment(tab: Any) -> str:
    """What the time machine's slider says."""
    return str(tab.locator(".time-slider output").inner_text())


def slow_down(tab: Any, run: RunFolder) -> Any:
    """Turn the speed dial, which is returned, to 10 steps a second."""
    dial = tab.locator(".st-key-control-bar [class*=st-key-speed] input")
    for speed in (100, 30, 10):
        dial.press("ArrowLeft")
        wait(tab, lambda speed=speed: run.control().steps_per_second == speed)
    return dial


def trained(tab: Any, server: Server, name: str) -> RunFolder:
    """A short run, trained to its end in the page."""
    run = RunFolder.create(server.runs, CONFIG, name)
    tab.goto(f"{server.url}/?run={name}")
    button(tab, "main-continue").click()
    wait(tab, lambda: run.status().state == "ended")
    button(tab, "main-train").wait_for()
    return run


def test_one_epoch_reset_and_new_seed_wait_where_they_promise(tab: Any, server: Server) -> None:
    first = trained(tab, server, "steered")
    draw(tab, 3)
    drawn = ink(tab)
    button(tab, "reset").click()
    tab.get_by_text("Ready at step 0").wait_for()
    again = runs(server.runs)[0]
    assert again.id != first.id
    assert again.config() == first.config()
    assert button(tab, "main-resume").inner_text().endswith("Train")

    button(tab, "epoch").click()
    wait(tab, lambda: again.status().state == "paused" and tile(tab, "Epoch") == 1.0)

    button(tab, "new-seed").click()
    wait(tab, lambda: runs(server.runs)[0].id != again.id)
    tab.get_by_text("Ready at step 0").wait_for()
    seeded = runs(server.runs)[0]
    assert seeded.config().seed != first.config().seed
    seed = tab.locator("[class*=st-key-form--seed] input").first
    wait(tab, lambda: seed.input_value() == str(seeded.config().seed))

    wait(tab, lambda: button(tab, "reset").is_disabled())  # it is at its start already
    button(tab, "new-seed").click()
    wait(tab, lambda: not seeded.path.exists())  # nothing was trained: nobody would miss it
    assert ink(tab) == drawn


# In each frame: where things are, and how large. A slow processor makes frames last until one is seen.
PLACES = """selectors => {
    const look = () => {
        for (const selector of selectors) {
            const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
            window.places[selector].add(JSON.stringify([x, y, width, height].map(Math.round)));
        }
        requestAnimationFrame(look);
    };
    window.places = Object.fromEntries(selectors.map(selector => [selector, new Set()]));
    look();
}"""
SEEN = "Object.values(window.places).map(found => [...found])"


def test_no_button_moves_under_the_mouse_while_a_run_is_paused_and_goes_on(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    button(tab, "main-train").click()
    button(tab, "main-pause").wait_for()
    tab.wait_for_timeout(1000)
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tab.evaluate(PLACES, [".st-key-stop button", ".st-key-control-bar"])
    for _ in range(3):
        button(tab, "main-pause").click()
        button(tab, "main-resume").click()
        button(tab, "main-pause").wait_for()
        tab.wait_for_timeout(500)
    assert [len(found) for found in tab.evaluate(SEEN)] == [1, 1], tab.evaluate(SEEN)
    stop(tab)


def test_no_button_moves_under_the_mouse_while_the_pad_is_cleared(tab: Any, server: Server) -> None:
    tab.goto(server.url)
    draw(tab, 1)
    wait(tab, lambda: not button(tab, "pad-clear").is_disabled())
    tab.wait_for_timeout(1000)
    tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": 4})
    tab.evaluate(PLACES, [".st-key-pad-clear button", ".st-key-pad"])
    button(tab, "pad-clear").click()
    wait(tab, lambda: ink(tab) == 0)
    tab.wait_for_timeout(1000)
    assert [len(found) for found in tab.evaluate(SEEN)] == [1, 1], tab.evaluate(SEEN)


# The next look finds that the page is old, so many milliseconds after a click.
STALE_AFTER_A_CLICK = """milliseconds => {
    const ask = window.fetch;
    window.fetch = (address, options) => !String(address).includes("inkling/live") ? ask(address, options)
        : new Promise(answer => document.addEventListener("click", () => setTimeout(() => {
            window.fetch = ask;
            answer(new Response(JSON.stringify({stale: true})));
        }, milliseconds), {once: true}));
}"""


def watched_training(tab: Any, server: Server, name: str) -> None:
    """A page with a run that goes on and on."""
    run = RunFolder.create(server.runs, CONFIG.with_values({"epochs": 1000}), name)
    tab.goto(f"{server.url}/?run={run.id}")
    button(tab, "main-continue").click()
    button(tab, "main-pause").wait_for()
    wait(tab, lambda: "accuracy" in sentence(tab))


def test_a_page_that_asks_to_be_made_anew_does_not_take_a_click_on_another_page_back(tab: Any, server: Server) -> None:
    watched_training(tab, server, "left")
    tab.evaluate(STALE_AFTER_A_CLICK, 5)
    tab.wait_for_timeout(500)
    tab.get_by_role("link", name="Runs", exact=True).click()
    tab.locator(".st-key-new-race").wait_for()
    tab.wait_for_timeout(500)
    assert tab.locator(".st-key-new-race").count() == 1
    tab.get_by_role("link", name="Train", exact=True).click()
    stop(tab)


def test_a_page_that_asks_to_be_made_anew_does_not_swallow_a_click(tab: Any, server: Server) -> None:
    watched_training(tab, server, "cleared")
    for milliseconds in (0, 1, 2, 3, 5):
        draw(tab, 1)
        wait(tab, lambda: not button(tab, "pad-clear").is_disabled())
        tab.evaluate(STALE_AFTER_A_CLICK, milliseconds)
        tab.wait_for_timeout(500)
        button(tab, "pad-clear").click()
        wait(tab, lambda: ink(tab) == 0, 5)
    stop(tab)


def test_the_speed_dial_slows_a_run_down_and_lets_it_go(tab: Any, server: Server) -> None:
    run = RunFolder.create(server.runs, CONFIG, "slow")
    tab.goto(f"{server.url}/?run=slow")
    dial = slow_down(tab, run)
    button(tab, "main-continue").click()
    wait(tab, lambda: 0 < tile(tab, "Images per second") < 15 * CONFIG.batch_size)
    for speed in (30, 100, 0):
        dial.press("ArrowRight")
        wait(tab, lambda speed=speed: run.control().steps_per_second == speed)
    wait(tab, lambda: run.status().state == "ended")


def test_a_live_change_is_undone_with_one_click_and_the_sidebar_follows(tab: Any, server: Server) -> None:
    run = RunFolder.create(server.runs, CONFIG, "undone")
    tab.goto(f"{server.url}/?run=undone")
    slow_down(tab, run)
    button(tab, "main-continue").click()
    wait(tab, lambda: "accuracy" in sentence(tab))
    rate = tab.locator("[class*=st-key-form--optimizer-learning_rate] input").first
    rate.press("ArrowRight")
    tab.get_by_text("learning rate 0.001 → 0.0015").last.wait_for()
    button(tab, "changes").click()
    wait(tab, lambda: run.control().settings == {"optimizer.learning_rate": 0.001})
    wait(tab, lambda: rate.get_attribute("aria-valuetext") == "0.001")
    tab.get_by_text("learning rate 0.0015 → 0.001").last.wait_for()
    button(tab, "stop").click()
    button(tab, "main-train").wait_for()


def test_the_time_machine_rewinds_curves_answer_and_figures_and_goes_on_from_there(tab: Any, server: Server) -> None:
    run = trained(tab, server, "rewound")
    draw(tab, 7)
    wait(tab, lambda: tab.locator(".ink-answer b").count() == 1)
    drawn = ink(tab)
    slider = tab.locator(".time-slider input")
    slider.press("Home")
    wait(tab, lambda: "At step 0 (rewound)" in sentence(tab))
    assert moment(tab).startswith("step 0 ")
    wait(tab, lambda: tab.evaluate(VEILS) == [0])
    assert "at step 0" in tab.locator(".ink-answer").inner_text()

    for _ in range(2):
        slider.press("ArrowRight")
    step = int(moment(tab).split()[1].replace(",", ""))
    assert step > 0
    wait(tab, lambda: f"At step {step} (rewound)" in sentence(tab) and tab.evaluate(VEILS) == [step])

    tab.get_by_text("Look inside at this step").click()
    tab.get_by_text(f"Step {step}, on validation images").wait_for()
    assert tab.locator(".ink-kernels img").count() == 16

    button(tab, "continue-from").click()
    wait(tab, lambda: runs(server.runs)[0].id != run.id)
    forked = runs(server.runs)[0]
    wait(tab, lambda: forked.id in tab.url and forked.status().state == "ended")
    tab.get_by_text("forked from rewound").first.wait_for()
    assert tab.evaluate(VEILS) == []
    assert moment(tab).startswith("now")
    assert ink(tab) == drawn


def test_the_chosen_moment_stays_while_the_run_trains_on(tab: Any, server: Server) -> None:
    run = RunFolder.create(server.runs, CONFIG, "going")
    tab.goto(f"{server.url}/?run=going")
    slow_down(tab, run)
    button(tab, "main-continue").click()
    slider = tab.locator(".time-slider input")
    places = lambda: int(slider.get_attribute("max") or 0) if slider.count() else 0  # noqa: E731
    wait(tab, lambda: places() > 5)
    slider.press("Home")
    slider.press("ArrowRight")
    chosen, known = moment(tab), places()
    assert chosen.startswith("step 1 ")
    wait(tab, lambda: places() > known)
    assert moment(tab) == chosen
    assert "At step 1 (rewound)" in sentence(tab)
    button(tab, "back-to-now").click()
    wait(tab, lambda: moment(tab).startswith("now") and "rewound" not in sentence(tab))
    button(tab, "stop").click()
    button(tab, "main-train").wait_for()


def test_the_bar_is_one_line_where_there_is_room_and_never_wider_than_the_window(tab: Any, server: Server) -> None:
    RunFolder.create(server.runs, CONFIG, "tidy")
    tab.goto(f"{server.url}/?run=tidy")
    for width, most in ((1440, 60), (1100, 60), (420, 110)):
        tab.set_viewport_size({"width": width, "height": 900})
        button(tab, "main-continue").wait_for()
        wait(tab, lambda most=most: tab.locator(".st-key-top").bounding_box()["height"] <= most, 5)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
